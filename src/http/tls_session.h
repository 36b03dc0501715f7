/* One connection's TLS. Non-blocking: every step says what it waits for. */
#pragma once

#include "base/bytes.h"
#include "http/tls.h"

enum stream_result {
	STREAM_OK, /* at least one octet moved; or the step is done */
	STREAM_WANT_READ,
	STREAM_WANT_WRITE,
	STREAM_ENDED, /* by the peer, in order or not: messages carry their own length */
	STREAM_FAILED,
};

struct tls_session;

MUST_CHECK bool tls_session_new(struct tls_context *context, int fd, struct tls_session **ret,
				struct error *err);
void tls_session_free(struct tls_session *session);

/* STREAM_FAILED comes with *err: REASON_NO_COMMON_TLS or REASON_INVALID, and OpenSSL's words. The
 * alert has been sent. */
enum stream_result tls_session_handshake(struct tls_session *session, struct error *err);
enum stream_result tls_session_read(struct tls_session *session, unsigned char *into, size_t max,
				    size_t *ret_len);
/* A call that said STREAM_WANT_WRITE must be repeated with the same octets, wherever they are. */
enum stream_result tls_session_write(struct tls_session *session, struct bytes octets,
				     size_t *ret_len);
enum stream_result tls_session_end(struct tls_session *session); /* close_notify */

const char *tls_session_version(const struct tls_session *session);
/* As http_client_chain() and http_channel_binding() say. */
size_t tls_session_client_chain(struct tls_session *session, struct bytes *ret, size_t max);
void tls_session_channel_binding(struct tls_session *session, char tls_unique[65],
				 char tls_exporter[65]);
