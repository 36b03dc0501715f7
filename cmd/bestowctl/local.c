#include "bestowctl/local.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/pack.h"
#include "base/secret.h"
#include "bestowctl/socket_path.h"

static const char *why_unreachable(int code)
{
	switch (code) {
	case ENOENT:
	case ECONNREFUSED:
		return "is bestowd running?";
	case EACCES:
	case EPERM:
		return "run bestowctl as root or as the node's user";
	default:
		return strerror(code);
	}
}

static bool connect_to(const char *path, int *ret, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timeval timeout = { .tv_sec = CLIENT_TIMEOUT_SECONDS };

	if (strlen(path) >= sizeof address.sun_path)
		return error_set(err, REASON_INVALID, "socket %s: the path is too long", path);
	memcpy(address.sun_path, path, strlen(path));

	CLEANUP(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) != 0)
		return error_set(err, REASON_INTERNAL, "socket: %s", strerror(errno));
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
		return error_set(err, REASON_BUSY, "the node cannot be reached at %s: %s", path,
				 why_unreachable(errno));
	*ret = fd;
	fd = -1;
	return true;
}

/* Who hangs up may have said why before: that is read next. */
static bool send_frame(int fd, struct bytes frame, struct error *err)
{
	struct error unsent = { 0 };

	if (fd_write_all(fd, frame, &unsent) || errno == EPIPE)
		return true;
	return error_set(err, REASON_BUSY, "the node does not take the request: %s", unsent.detail);
}

static bool write_request(int fd, const json_t *request, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer frame = { 0 };
	char *text = json_dumps(request, JSON_COMPACT);

	if (!text)
		return error_set(err, REASON_NO_MEMORY, "request");
	pack_bytes(&frame, bytes_of_string(text));
	memory_wipe(text, strlen(text));
	free(text);
	if (!buffer_ok(&frame))
		return error_set(err, REASON_NO_MEMORY, "request");
	if (frame.len > CLIENT_MESSAGE_MAX)
		return error_set(err, REASON_TOO_LARGE, "a request has at most %d bytes",
				 CLIENT_MESSAGE_MAX);
	return send_frame(fd, buffer_view(&frame), err);
}

static bool read_exactly(int fd, unsigned char *into, size_t len, struct error *err)
{
	while (len) {
		ssize_t got = read(fd, into, len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return error_set(err, REASON_BUSY, "the node did not answer within %d s",
					 CLIENT_TIMEOUT_SECONDS);
		if (got <= 0)
			return error_set(err, REASON_BUSY,
					 "the node ended the connection without an answer");
		into += got;
		len -= (size_t)got;
	}
	return true;
}

static bool read_reply(int fd, struct buffer *ret, struct error *err)
{
	unsigned char head[4];

	if (!read_exactly(fd, head, sizeof head, err))
		return false;

	struct unpacker unpacker = { .rest = { head, sizeof head } };
	uint32_t len = unpack_u32(&unpacker);
	if (len > CLIENT_MESSAGE_MAX)
		return error_set(err, REASON_PROTOCOL, "an answer of %u bytes", len);
	unsigned char *room = buffer_reserve(ret, len);
	if (!room)
		return error_set(err, REASON_NO_MEMORY, "answer");
	return read_exactly(fd, room, len, err);
}

static bool parse_reply(struct bytes text, struct answer *ret, struct error *err)
{
	json_auto_t *reply =
		json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	json_t *result = json_object_get(reply, "result");

	if (!result && !json_is_object(json_object_get(reply, "error")))
		return error_set(err, REASON_PROTOCOL, "the node's answer cannot be read");
	if (result)
		ret->result = json_incref(result);
	else
		ret->refusal = TAKE(reply);
	return true;
}

bool local_ask(const struct global_options *global, const char *verb, const json_t *params,
	       struct answer *ret, struct error *err)
{
	CLEANUP(fd_closep) int fd = -1;
	CLEANUP(freep) char *path = NULL;
	CLEANUP(buffer_wipe) struct buffer reply = { 0 };
	json_auto_t *request = json_pack("{s:s, s:s?, s:O}", "verb", verb, "account",
					 global->account, "params", params);

	if (!request)
		return error_set(err, REASON_INVALID, "the account's name is no UTF-8 text");
	return socket_path_find(global, &path, err) && connect_to(path, &fd, err) &&
	       write_request(fd, request, err) && read_reply(fd, &reply, err) &&
	       parse_reply(buffer_view(&reply), ret, err);
}
