/* The seam: on one side the ways in (EST over HTTPS), on the other those who answer (our RA,
 * another process, an upstream server). */
#pragma once

#include "base/address.h"
#include "base/bytes.h"
#include "base/error.h"
#include "model/operation.h"

#define REQUEST_ID_LEN 16
#define CLIENT_CHAIN_MAX 8
#define EST_VIA_MAX 160

/* How the connection can be named for channel binding: the base64 text that a client would put into
 * its CSR. */
struct channel_binding {
	char tls_unique[65];   /* TLS 1.2 with extended master secret; "" otherwise (RFC 5929) */
	char tls_exporter[65]; /* "" when it could not be had (RFC 9266) */
	bool proxied;          /* TLS ended before us, so nothing can be compared */
};

/* What one side asks. Views are borrowed for the call. The CSR's own signature was verified by the
 * asker; so were the possession of the leaf's key in the handshake and the peer's address. Nothing
 * else was. */
struct est_request {
	char request_id[REQUEST_ID_LEN + 1];
	enum est_operation
		operation; /* one that needs an authority: not EST_CACERTS or EST_CSRATTRS */
	int64_t profile_id;
	struct address peer;
	struct bytes csr; /* DER; for EST_SERVERKEYGEN its key and signature count for
			     nothing; for EST_FULLCMC the whole message */
	struct bytes client_chain[CLIENT_CHAIN_MAX]; /* DER, leaf first */
	size_t client_chain_count;
	bool has_authorization;
	struct bytes authorization; /* the header's value, unparsed: a secret */
	struct channel_binding binding;
	char tls_version[8];   /* "TLSv1.3" */
	char via[EST_VIA_MAX]; /* for a proxy: the field to send on; "" elsewhere */
	/* whoever asks will ask again when something is busy, so that need not be told to the
	 * operator; not part of the message */
	bool is_patient;
	/* asks what became of a request that waits for an operator: one that does not is not made
	 * to; not part of the message */
	bool is_query;
	/* this thread may wait for a slow token; where it may not, est_reply.is_slow; not part of
	 * the message */
	bool may_block;
};

/* What the other answers: a certificate, or a refusal with its kind of caller. Zero-initialised is
 * empty. */
struct est_reply {
	struct buffer certificate; /* DER of the leaf */
	struct buffer chain; /* DER certificates one after the other, if the profile includes them;
				may be empty */
	/* EST_SERVERKEYGEN: PKCS#8 DER, or CMS EnvelopedData around it; wiped in the end */
	struct buffer private_key;
	bool key_is_enveloped;
	struct buffer cmc;  /* EST_FULLCMC: the Full PKI Response, and nothing else */
	bool authenticated; /* a refused caller had proven who it is, so it may read why */
	bool repeated;      /* the certificate was issued before, to the same request */
	bool is_slow; /* not answered: ask where waiting is allowed; not part of the message */
};
void est_reply_done(struct est_reply *reply);

struct est_service;
struct est_service_ops {
	/* Blocks until answered, which is not yet until durable: a certificate may leave this
	 * process once the store is settled. False with *err for a refusal; ret->authenticated is
	 * set either way. Thread-safe. */
	bool (*answer)(struct est_service *service, const struct est_request *request,
		       struct est_reply *ret, struct error *err);
};
struct est_service {
	const struct est_service_ops *ops;
};

/* The same seam for a caller that must not block: an edge's event loop. */
struct event;
struct fetch;
/* What became of a request. */
struct est_outcome {
	enum est_operation operation;  /* EST_OPERATION_COUNT: none that there is */
	const char *account, *profile; /* their names; "": of none */
	unsigned int status;           /* of HTTP */
	enum reason reason;            /* REASON_NONE: it got what it asked for */
	bool is_repeated;              /* what an earlier one has got already */
	uint64_t us;                   /* from its first octet to the answer */
};

struct est_asker {
	/* `done` is called exactly once, never from within ask(): with a reply (refusal NULL) or a
	 * refusal; the reply is then only there for `authenticated`. */
	void (*ask)(struct est_asker *asker, const struct est_request *request,
		    void (*done)(void *context, const struct est_reply *reply,
				 const struct error *refusal),
		    void *context);
	/* Reports a refusal that was decided on this side. Best effort. */
	void (*tell)(struct est_asker *asker, const struct event *event);
	/* Somebody fetched /cacerts while a rollover is under way. Best effort. */
	void (*fetched)(struct est_asker *asker, const struct fetch *fetch);
	/* An answer leaves. NULL: nobody counts. */
	void (*answered)(struct est_asker *asker, const struct est_outcome *outcome);
};

/* The message forms. Unpacking copies nothing: views point into the message. */
void est_request_pack(const struct est_request *request, struct buffer *to);
MUST_CHECK bool est_request_unpack(struct bytes message, struct est_request *ret,
				   struct error *err);
/* `refusal` NULL means success. */
void est_reply_pack(const struct est_reply *reply, const struct error *refusal, struct buffer *to);
/* True with *ret; false with *err as the other side set it, or REASON_PROTOCOL. */
MUST_CHECK bool est_reply_unpack(struct bytes message, struct est_reply *ret, struct error *err);
