/* A connected, non-blocking socket with or without TLS on it, read and written in the same way. */
#pragma once

#include "base/bytes.h"
#include "http/tls_session.h"

struct stream {
	int fd;
	struct tls_session *tls; /* NULL: plain */
};

enum stream_result stream_read(struct stream *stream, unsigned char *into, size_t max,
			       size_t *ret_len);
enum stream_result stream_write(struct stream *stream, struct bytes octets, size_t *ret_len);
/* Says close_notify and ends our direction; TLS state is given back. What still arrives is no
 * longer understood, only thrown away by stream_discard(). */
enum stream_result stream_end(struct stream *stream);
/* Throws away what has arrived, up to `max` octets. */
enum stream_result stream_discard(struct stream *stream, size_t max, size_t *ret_len);
void stream_close(struct stream *stream);
