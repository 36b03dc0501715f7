/* What libcurl's OpenSSL is told: our certificate, our judgement of the server's. SSL types stay
 * behind void pointers, as libcurl has them. */
#pragma once

#include "base/error.h"
#include "bestow/transport.h"

struct tls_verdict {
	const struct bestow_tls *tls;
	const char *host;
	bool failed;
	bool closed; /* the server said that nothing follows (close_notify) */
	struct bestow_error err;
};

/* Prepares an SSL_CTX; *verdict must live as long as it, is asked at each handshake and keeps what
 * became of the session. */
MUST_CHECK bool transport_tls_prepare(void *ssl_ctx, struct tls_verdict *verdict);
/* What ties a request to this SSL's session: RFC 5929 3.1, RFC 9266 4. */
void transport_tls_binding(void *ssl, struct bestow_session_binding *ret);
