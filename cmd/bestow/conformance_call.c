/* Requests as octets, and their answers. */
#include <string.h>

#include "base/base64.h"
#include "bestow/conformance.h"
#include "est_client/client_internal.h"

#define END_LINE "\r\n"

static const char *method_of(const struct call *call)
{
	if (call->method)
		return call->method;
	return call->content_type ? "POST" : "GET";
}

static void write_target(const struct est_url *url, const struct call *call, struct buffer *to)
{
	if (*call->operation == '/' || strncmp(call->operation, "https:", 6) == 0)
		buffer_append_text(to, call->operation);
	else
		buffer_printf(to, "%s/%s", url->path, call->operation);
}

static void write_host(const struct est_url *url, struct buffer *to)
{
	buffer_printf(to, url->is_ipv6 ? "Host: [%s]:%u" END_LINE : "Host: %s:%u" END_LINE,
		      url->host, url->port);
}

bool call_encode(const struct kit *kit, const struct call *call, struct buffer *ret,
		 struct error *err)
{
	const struct est_url *url = &kit->anonymous.client->url;

	buffer_printf(ret, "%s ", method_of(call));
	write_target(url, call, ret);
	buffer_printf(ret, " HTTP/%s" END_LINE, call->version ? call->version : "1.1");
	if (!call->fields || !strcasestr(call->fields, "host:"))
		write_host(url, ret);
	if (call->is_known)
		buffer_append(ret, buffer_view(&kit->authorization));
	if (call->content_type)
		buffer_printf(ret, "Content-Type: %s" END_LINE, call->content_type);
	if (call->content_type && !call->is_unframed)
		buffer_printf(ret, "Content-Length: %zu" END_LINE, call->body.len);
	buffer_append_text(ret, call->fields ? call->fields : "");
	buffer_append_text(ret, END_LINE);
	buffer_append(ret, call->body);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "request");
}

bool answer_next(struct probe *probe, struct buffer *stream, bool *ret_ended,
		 struct probe_answer *ret, struct error *err)
{
	for (;;) {
		switch (probe_answer_take(stream, *ret_ended, ret)) {
		case PROBE_WHOLE:
			return true;
		case PROBE_BROKEN:
			return error_set(err, REASON_SERVER_ANSWER, "%s",
					 *ret_ended && stream->len == 0
						 ? "the server hung up without an answer"
						 : "what came is no HTTP, or was cut off");
		case PROBE_MORE:
			break;
		}
		if (!probe_receive(probe, stream, ret_ended, err))
			return false;
	}
}

static bool open_for(const struct session *session, struct probe **ret, struct error *err)
{
	const struct probe_wish wish = { .client = session->client };

	return probe_open(&wish, ret, NULL, err);
}

bool kit_connect(const struct kit *kit, bool is_known, struct probe **ret, struct error *err)
{
	return open_for(is_known ? &kit->known : &kit->anonymous, ret, err);
}

bool kit_call_as(struct kit *kit, const struct session *session, const struct call *call,
		 struct probe_answer *ret, struct error *err)
{
	CLEANUP(probe_freep) struct probe *probe = NULL;
	CLEANUP(buffer_wipe) struct buffer request = { 0 };
	CLEANUP(buffer_done) struct buffer stream = { 0 };
	struct error unsent = { 0 };
	bool ended = false;

	if (!call_encode(kit, call, &request, err) || !open_for(session, &probe, err))
		return false;
	/* a server may answer, and hang up, before it has read everything */
	if (!probe_send(probe, buffer_view(&request), &unsent))
		ended = false;
	return answer_next(probe, &stream, &ended, ret, err);
}

bool kit_call(struct kit *kit, const struct call *call, struct probe_answer *ret, struct error *err)
{
	return kit_call_as(kit, call->is_known ? &kit->known : &kit->anonymous, call, ret, err);
}

bool answer_decode(const struct probe_answer *answer, struct buffer *ret, struct error *err)
{
	struct error why = { 0 };

	return base64_decode(buffer_view(&answer->body), ret, &why) ||
	       error_set(err, REASON_SERVER_ANSWER, "the body is no base64: %s", why.detail);
}

bool encode_line(struct bytes der, struct buffer *ret, struct error *err)
{
	base64_encode(der, 0, ret);
	if (!buffer_ok(ret))
		return error_set(err, REASON_NO_MEMORY, "base64");
	ret->len -= ret->len > 0;
	return true;
}

const char *answer_text(const struct probe_answer *answer, char into[160])
{
	size_t len = 0;

	while (len < answer->body.len && len < 100 && answer->body.data[len] >= ' ')
		len++;
	bool is_error = answer->status >= 400 && len;
	snprintf(into, 160, "%d%s%.*s", answer->status, is_error ? ": " : "",
		 is_error ? (int)len : 0, is_error ? (const char *)answer->body.data : "");
	return into;
}
