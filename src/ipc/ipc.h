/* Frames between the processes of a node, over SOCK_SEQPACKET socket pairs whose both ends the
 * supervisor keeps, so that a process that comes back finds its lines as they were.
 *
 * Frame: u8 version, u8 kind, u8 flags, u64 id, payload. A message longer than a frame's payload
 * travels in several frames of one id; the receiver puts it together within IPC_MESSAGE_MAX. A
 * snapshot travels as a sealed memory file whose descriptor comes with the frame: nothing is copied
 * per edge. */
#pragma once

#include <event2/event.h>

#include "base/bytes.h"
#include "base/error.h"

#define IPC_VERSION 1
#define IPC_FRAME_MAX 65536
#define IPC_MESSAGE_MAX (16 * 1024 * 1024)

enum ipc_kind {
	IPC_HELLO,    /* authority to all: I am here (again); whatever you asked before is lost */
	IPC_SNAPSHOT, /* authority to edge, with a descriptor: packed struct snapshot */
	IPC_EST,      /* edge to authority: packed est_request; reply: packed est_reply */
	IPC_EVENT,    /* edge to authority, no reply: packed struct event, a refusal that the edge
			 decided */
	IPC_MANAGE,   /* admin to authority: packed {actor string, JSON text}; reply: JSON text */
	IPC_LINE,   /* supervisor to authority, with a descriptor: a new process's line; payload u8
		       role, string name */
	IPC_RETIRE, /* supervisor to edge: stop accepting, serve what is open, then exit */
	IPC_READY,  /* any to supervisor: serving */
	IPC_LISTENER_CONFIG, /* supervisor to edge at start */
	IPC_KIND_COUNT,
};

struct ipc_frame {
	enum ipc_kind kind;
	bool is_reply, more; /* more: further frames of this id follow */
	uint64_t id;
	struct bytes payload;
};
void ipc_frame_pack(const struct ipc_frame *frame, struct buffer *to);
MUST_CHECK bool ipc_frame_unpack(struct bytes packet, struct ipc_frame *ret,
				 struct error *err); /* REASON_PROTOCOL */

/* A non-blocking, close-on-exec SOCK_SEQPACKET pair with buffers as large as the system lets them
 * be. */
MUST_CHECK bool ipc_pair(int ret_fds[2], struct error *err);

/* -- the asking side, on an event loop (edges, admin) -- */
struct ipc_client;
struct ipc_client_options {
	struct event_base *base;
	int fd; /* stays open for the process's life */
	void *context;
	/* A message that is no reply to a call. `descriptor` is -1 or the callee's to close. */
	void (*on_message)(void *context, enum ipc_kind kind, struct bytes payload, int descriptor);
};
MUST_CHECK bool ipc_client_new(const struct ipc_client_options *options, struct ipc_client **ret,
			       struct error *err);
void ipc_client_free(struct ipc_client *client);
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
struct ipc_server_options {
	unsigned int workers;
	void *context;
	/* Called on a worker thread. For kinds that want a reply, what is appended to *reply is
	 * sent. */
	void (*on_message)(void *context, enum ipc_kind kind, struct bytes payload,
			   struct buffer *reply);
	/* A line was added (at start or by IPC_LINE): say hello, send it the snapshot if it is an
	 * edge. */
	void (*on_line)(void *context, size_t line, unsigned int role, const char *name);
};
MUST_CHECK bool ipc_server_new(const struct ipc_server_options *options, struct ipc_server **ret,
			       struct error *err);
MUST_CHECK bool ipc_server_add_line(struct ipc_server *server, int fd, unsigned int role,
				    const char *name, struct error *err);
/* Sends to every line of this role. `payload` travels as a sealed memory file when `as_file`.
 * Thread-safe. */
void ipc_server_broadcast(struct ipc_server *server, unsigned int role, enum ipc_kind kind,
			  struct bytes payload, bool as_file);
/* Reads frames until ipc_server_stop(); then lets workers finish what they hold. */
void ipc_server_run(struct ipc_server *server);
void ipc_server_stop(struct ipc_server *server); /* async-signal-safe */
void ipc_server_free(struct ipc_server *server);
