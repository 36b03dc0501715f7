/* One TLS connection of the conformance kit, which sends and sees what no client would: any octets,
 * any TLS version, and how each handshake went. Trust and certificate are a client's. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "bestow/client.h"

enum probe_version { PROBE_ANY, PROBE_TLS_1_0, PROBE_TLS_1_1, PROBE_TLS_1_2, PROBE_TLS_1_3 };

struct probe_wish {
	const struct bestow_client *client;
	enum probe_version version;
	const char *ciphers; /* of TLS 1.2, instead of the usual; NULL */
	bool offers_h2;      /* by ALPN, beside http/1.1 */
	void *ticket;        /* of an earlier connection, to be resumed; NULL */
};

/* What the handshake showed. */
struct probe_facts {
	bool hello_sent;     /* false: this side's own TLS would not even ask */
	bool asked_for_cert; /* CertificateRequest, and its octets */
	size_t cert_request_len;
	bool is_resumed, compresses, renegotiates_safely;
	char version[16], alpn[16];
};

struct probe;

/* Connects, and judges the server's certificate as the client would. *ret_facts is filled also when
 * it fails. REASON_SERVER_UNREACHABLE, REASON_SERVER_UNTRUSTED. */
MUST_CHECK bool probe_open(const struct probe_wish *wish, struct probe **ret,
			   struct probe_facts *ret_facts, struct error *err);
MUST_CHECK bool probe_send(struct probe *probe, struct bytes bytes, struct error *err);
/* Appends what comes next; *ret_end at the end of the connection. Fails once the client's timeout
 * has passed since the connection was opened, or was last given time. */
MUST_CHECK bool probe_receive(struct probe *probe, struct buffer *to, bool *ret_end,
			      struct error *err);
/* Lets later calls take as long again. */
void probe_give_time(struct probe *probe, unsigned int seconds);
/* Asks for a renegotiation (TLS 1.2); true if the server went along. */
bool probe_renegotiate(struct probe *probe);
/* The DER of the server's certificate, appended. */
MUST_CHECK bool probe_certificate(const struct probe *probe, struct buffer *ret, struct error *err);
/* What ties a request to this session. */
void probe_binding(const struct probe *probe, struct bestow_session_binding *ret);
/* For a later wish; freed by probe_ticket_free(). NULL when the server gave none. */
void *probe_ticket(const struct probe *probe);
void probe_ticket_free(void *ticket);
void probe_free(struct probe *probe);

static inline void probe_freep(struct probe **probe)
{
	probe_free(*probe);
}
