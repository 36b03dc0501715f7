#include "http/outgoing.h"

bool outgoing_set_body(struct outgoing *out, struct bytes body)
{
	size_t room = OUTGOING_FIRST_MAX > out->first.len ? OUTGOING_FIRST_MAX - out->first.len : 0;
	size_t len = body.len < room ? body.len : room;

	buffer_append(&out->first, (struct bytes){ body.data, len });
	if (len < body.len)
		out->rest = (struct bytes){ body.data + len, body.len - len };
	return buffer_ok(&out->first);
}

static enum stream_result write_all(struct bytes *view, struct stream *stream)
{
	while (view->len) {
		size_t sent = 0;
		enum stream_result result = stream_write(stream, *view, &sent);
		if (result != STREAM_OK)
			return result;
		view->data += sent;
		view->len -= sent;
	}
	return STREAM_OK;
}

enum stream_result outgoing_flush(struct outgoing *out, struct stream *stream)
{
	struct bytes first = { out->first.data + out->first_sent,
			       out->first.len - out->first_sent };
	enum stream_result result = write_all(&first, stream);

	out->first_sent = out->first.len - first.len;
	return result == STREAM_OK ? write_all(&out->rest, stream) : result;
}

bool outgoing_keep(struct outgoing *out)
{
	if (out->release || out->rest.len == 0)
		return true;
	buffer_append(&out->kept, out->rest);
	out->rest = buffer_view(&out->kept);
	return buffer_ok(&out->kept);
}

void outgoing_done(struct outgoing *out)
{
	buffer_wipe(&out->first);
	buffer_wipe(&out->kept);
	if (out->release)
		out->release(out->owner);
	*out = (struct outgoing){ 0 };
}
