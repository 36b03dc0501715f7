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
/* What is written from now on waits for stream_end() or stream_close(), and leaves with the end in
 * as few packets as it can: the last answer, close_notify and FIN are mostly one. */
void stream_gather(struct stream *stream);
/* Says close_notify; TLS state is given back. What still arrives is no longer understood. */
enum stream_result stream_say_goodbye(struct stream *stream);
/* Ends our direction. */
MUST_CHECK bool stream_end(struct stream *stream);
/* Throws away what has arrived, up to `max` octets. */
enum stream_result stream_discard(struct stream *stream, size_t max, size_t *ret_len);
void stream_close(struct stream *stream);
