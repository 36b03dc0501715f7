#include "http/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static enum stream_result result_of(ssize_t len, enum stream_result when_blocked, size_t *ret_len)
{
	if (len > 0) {
		*ret_len = (size_t)len;
		return STREAM_OK;
	}
	if (len == 0)
		return STREAM_ENDED;
	return errno == EAGAIN || errno == EINTR ? when_blocked : STREAM_FAILED;
}

enum stream_result stream_read(struct stream *stream, unsigned char *into, size_t max,
			       size_t *ret_len)
{
	if (stream->tls)
		return tls_session_read(stream->tls, into, max, ret_len);
	return result_of(recv(stream->fd, into, max, 0), STREAM_WANT_READ, ret_len);
}

enum stream_result stream_write(struct stream *stream, struct bytes octets, size_t *ret_len)
{
	if (stream->tls)
		return tls_session_write(stream->tls, octets, ret_len);
	return result_of(send(stream->fd, octets.data, octets.len, MSG_NOSIGNAL), STREAM_WANT_WRITE,
			 ret_len);
}

void stream_gather(struct stream *stream)
{
	int on = 1;

	(void)setsockopt(stream->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

enum stream_result stream_say_goodbye(struct stream *stream)
{
	if (stream->tls && tls_session_end(stream->tls) == STREAM_WANT_WRITE)
		return STREAM_WANT_WRITE;
	tls_session_free(TAKE(stream->tls));
	return STREAM_OK;
}

bool stream_end(struct stream *stream)
{
	return shutdown(stream->fd, SHUT_WR) == 0;
}

/* MSG_TRUNC on TCP drops octets in the kernel, without a copy. */
enum stream_result stream_discard(struct stream *stream, size_t max, size_t *ret_len)
{
	return result_of(recv(stream->fd, NULL, max, MSG_TRUNC), STREAM_WANT_READ, ret_len);
}

void stream_close(struct stream *stream)
{
	tls_session_free(TAKE(stream->tls));
	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = -1;
}
