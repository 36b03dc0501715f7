/* Frames between the processes of a node, over SOCK_SEQPACKET socket pairs whose both ends the
 * supervisor keeps, so that a process that comes back finds its lines as they were.
 *
 * Frame: u8 version, u8 kind, u8 flags (its upper five bits: how many questions are about to follow
 * this one), u64 id, payload. A message longer than a frame's payload travels in several frames of
 * one id, one message after another on a line; the receiver puts it together within
 * IPC_MESSAGE_MAX. A snapshot travels as a sealed memory file whose descriptor comes with the
 * frame: nothing is copied per edge.
 *
 * What a dead process left on a line does no harm to the next: ids begin at a random number, half
 * messages are dropped, and each side says IPC_HELLO first. */
#pragma once

#include <event2/event.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/meter.h"

#define IPC_VERSION 1
#define IPC_FRAME_MAX 65536
#define IPC_HEADER_LEN 11
#define IPC_PAYLOAD_MAX (IPC_FRAME_MAX - IPC_HEADER_LEN)
#define IPC_AWAITED_MAX 31
#define IPC_MESSAGE_MAX (16 * 1024 * 1024)
#define IPC_FILE_MAX (1024 * 1024 * 1024) /* a CRL of ten million entries is half of it */

enum ipc_kind {
	IPC_HELLO,    /* I am here (again); what you asked before is lost. Sent and taken by
			 ipc_client and ipc_server themselves */
	IPC_SNAPSHOT, /* authority to edge, with a descriptor: packed struct snapshot */
	IPC_EST,      /* edge to authority: packed est_request; reply: packed est_reply */
	IPC_EVENT,    /* edge to authority, no reply: packed struct event, a refusal that the edge
			 decided */
	IPC_MANAGE,   /* admin to authority: packed {actor string, JSON bytes}; reply: JSON text */
	IPC_LINE,     /* supervisor to authority, with a descriptor: a new process's line; payload
			 u8 role, string name */
	IPC_RETIRE,   /* supervisor to edge: stop accepting, serve what is open, then exit */
	IPC_READY,    /* any to supervisor: serving */
	IPC_REFUSED,  /* any to supervisor: cannot serve, and why: words */
	IPC_API,      /* admin to authority: packed api_request; reply: JSON text */
	IPC_PUBLICATION, /* authority to edge, with a descriptor: a packed struct publication */
	IPC_OCSP,        /* edge to authority: a DER OCSPRequest; reply: packed ocsp_reply. Waits
			    aside of the others, with a thread of its own that yields to theirs */
	IPC_FETCH,       /* edge to authority, no reply: packed struct fetch */
	IPC_METRICS,     /* monitor to service: u8 exposition format; reply: families of metrics */
	IPC_HEALTH,      /* monitor to service; reply: a line "NAME: WORDS" for each part that
			    cannot do its work */
	IPC_KIND_COUNT,
};

/* Who is at the other end of an authority's line; the supervisor says so, never the line itself. */
enum ipc_role {
	IPC_ROLE_SUPERVISOR,
	IPC_ROLE_EDGE,
	IPC_ROLE_ADMIN,
	IPC_ROLE_MONITOR,
	IPC_ROLE_COUNT
};

struct ipc_frame {
	enum ipc_kind kind;
	bool is_reply;
	bool more;       /* further frames of this id follow */
	bool continued;  /* not the first frame of this id */
	uint8_t awaited; /* how many more questions its sender is about to send */
	uint64_t id;
	struct bytes payload;
};
void ipc_frame_pack(const struct ipc_frame *frame, struct buffer *to);
MUST_CHECK bool ipc_frame_unpack(struct bytes packet, struct ipc_frame *ret,
				 struct error *err); /* REASON_PROTOCOL */

/* A non-blocking, close-on-exec SOCK_SEQPACKET pair with buffers as large as the system lets them
 * be. */
MUST_CHECK bool ipc_pair(int ret_fds[2], struct error *err);

/* Maps a received memory file, which must be sealed against change and no longer than
 * IPC_FILE_MAX. The descriptor stays the caller's and may be closed at once. */
MUST_CHECK bool ipc_map_file(int fd, struct bytes *ret, struct error *err);
void ipc_unmap_file(struct bytes mapped);

/* -- the asking side, on an event loop (edges, admin; also of the line to the supervisor) -- */
struct ipc_client;
struct ipc_client_options {
	struct event_base *base;
	int fd; /* stays open for the process's life */
	void *context;
	/* A message that is no reply to a call. `descriptor` is -1 or the callee's to close. */
	void (*on_message)(void *context, enum ipc_kind kind, struct bytes payload, int descriptor);
	/* How many calls are likely to follow the one that is made now, soon: who answers may wait
	 * for them. NULL: nobody knows of any. */
	uint32_t (*awaited)(void *context, uint32_t most);
};
/* Says IPC_HELLO at once, upon which an ipc_server calls on_line. */
MUST_CHECK bool ipc_client_new(const struct ipc_client_options *options, struct ipc_client **ret,
			       struct error *err);
/* Outstanding calls get their `done` with REASON_BUSY. */
void ipc_client_free(struct ipc_client *client);
DEFINE_CLEANUP(struct ipc_client *, ipc_client_free)
/* Exactly one call of `done` follows, never from within ipc_call: with the reply (err NULL), or
 * with err: REASON_BUSY when the authority went away, too much is in flight, or `timeout_ms`
 * passed. */
void ipc_call(struct ipc_client *client, enum ipc_kind kind, struct bytes payload,
	      uint32_t timeout_ms,
	      void (*done)(void *call_context, struct bytes reply, const struct error *err),
	      void *call_context);
/* Best effort; dropped when the line is full. */
void ipc_tell(struct ipc_client *client, enum ipc_kind kind, struct bytes payload);

/* -- the answering side, with worker threads that may block (authority, later upstream) -- */
struct ipc_server;
enum ipc_answer {
	IPC_ANSWER_NOW,
	IPC_ANSWER_SETTLED, /* not before on_settle() has made durable what it tells of */
	IPC_ASK_AGAIN,      /* not yet: on_message() comes with the same message in a moment */
	IPC_ASK_SLOWLY      /* it may take seconds: on_message() comes with the same message on a
			       thread that is for such */
};

/* What on_message() may answer besides a reply. */
struct ipc_turn {
	bool may_ask_again; /* IPC_ASK_AGAIN */
	bool may_block;     /* for seconds; where it may not, IPC_ASK_SLOWLY */
};

struct ipc_server_options {
	unsigned int workers;
	unsigned int slow_workers; /* so many for devices' requests that may take
				      seconds, and for verbs; 0: a worker does these too */
	void *context;
	/* Called on a worker thread. For kinds that want a reply (IPC_EST, IPC_MANAGE, IPC_OCSP),
	 * what is appended to *reply is sent, when the result says so. IPC_ASK_AGAIN is allowed for
	 * some seconds and a bounded number of messages. What waited too long for a slow worker is
	 * answered by on_overload(). Only kinds that the line's role may send arrive here: an
	 * edge's IPC_MANAGE never does. */
	enum ipc_answer (*on_message)(void *context, enum ipc_kind kind, struct bytes payload,
				      struct ipc_turn turn, struct buffer *reply);
	/* A worker takes several questions at once, so that their answers share one wait for the
	 * disk: on_batch() before the first of them, its result to on_settle() after the last.
	 * When that is false, on_unsettled() appends what is sent instead of each answer that
	 * waited for it. All three or none. */
	uint64_t (*on_batch)(void *context);
	bool (*on_settle)(void *context, uint64_t batch);
	void (*on_unsettled)(void *context, enum ipc_kind kind, struct buffer *reply);
	/* Called instead of on_message, on any thread, when a queue is full or too slow; appends
	 * the "busy" of that kind, and must not block. NULL: such a message is dropped and its
	 * caller's timeout tells. */
	void (*on_overload)(void *context, enum ipc_kind kind, struct buffer *reply);
	/* A process is at this line: the line was added (at start or by IPC_LINE), or its process
	 * came back. Send it the snapshot if it is an edge. Called on the thread that adds the
	 * line or on that of ipc_server_run(). */
	void (*on_line)(void *context, size_t line, enum ipc_role role, const char *name);
	/* Borrowed; NULL: nobody measures. How long messages waited for a thread, and how many were
	 * sent away because a queue was full or too slow. */
	struct meter *waits;
	struct counter *overloads;
};
MUST_CHECK bool ipc_server_new(const struct ipc_server_options *options, struct ipc_server **ret,
			       struct error *err);
/* Takes fd over in any case. What is queued on it was asked of an earlier process and is dropped.
 */
MUST_CHECK bool ipc_server_add_line(struct ipc_server *server, int fd, enum ipc_role role,
				    const char *name, struct error *err);
/* Sends to one line, as on_line names it. `payload` travels as a sealed memory file when
 * `as_file`. Best effort; thread-safe. */
void ipc_server_send(struct ipc_server *server, size_t line, enum ipc_kind kind,
		     struct bytes payload, bool as_file);
/* Sends to every line of this role. */
void ipc_server_broadcast(struct ipc_server *server, enum ipc_role role, enum ipc_kind kind,
			  struct bytes payload, bool as_file);
/* Reads frames until ipc_server_stop(); then lets workers finish what they hold. */
void ipc_server_run(struct ipc_server *server);
void ipc_server_stop(struct ipc_server *server); /* async-signal-safe */
void ipc_server_free(struct ipc_server *server);
DEFINE_CLEANUP(struct ipc_server *, ipc_server_free)
