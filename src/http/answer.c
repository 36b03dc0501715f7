#include "http/answer.h"

#include "http/status.h"
#include "http/text.h"

static bool value_is_sound(const char *value)
{
	for (; *value; value++)
		if (!text_is_field_octet((unsigned char)*value))
			return false;
	return true;
}

bool answer_is_sound(const struct http_answer *answer)
{
	if (answer->content_type && !value_is_sound(answer->content_type))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(answer->headers) && answer->headers[i].name; i++)
		if (!text_is_token(answer->headers[i].name) ||
		    !value_is_sound(answer->headers[i].value))
			return false;
	return true;
}

bool answer_may_have_body(unsigned int status)
{
	return status != 204 && status != 304;
}

static void append_field(struct buffer *to, const char *name, const char *value)
{
	buffer_append_text(to, name);
	buffer_append_text(to, ": ");
	buffer_append_text(to, value);
	buffer_append_text(to, "\r\n");
}

static void append_own_fields(const struct http_answer *answer, struct buffer *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(answer->headers) && answer->headers[i].name; i++)
		append_field(ret, answer->headers[i].name, answer->headers[i].value);
}

static const char *const connection_words[] = {
	[ANSWER_KEEP] = NULL,
	[ANSWER_KEEP_HTTP10] = "keep-alive",
	[ANSWER_CLOSE] = "close",
};

void answer_encode_head(const struct http_answer *answer, enum answer_connection connection,
			bool asked_http10, struct buffer *ret)
{
	buffer_printf(ret, "HTTP/1.%c %u %s\r\n",
		      asked_http10 && answer->mirrors_http10 ? '0' : '1', answer->status,
		      status_phrase(answer->status));
	if (answer->content_type)
		append_field(ret, "Content-Type", answer->content_type);
	if (answer_may_have_body(answer->status))
		buffer_printf(ret, "Content-Length: %zu\r\n", answer->body.len);
	append_own_fields(answer, ret);
	if (connection_words[connection])
		append_field(ret, "Connection", connection_words[connection]);
	buffer_append_text(ret, "\r\n");
}

void answer_encode_feed_head(const struct http_answer *answer, bool is_chunked, struct buffer *ret)
{
	buffer_printf(ret, "HTTP/1.1 %u %s\r\n", answer->status, status_phrase(answer->status));
	if (answer->content_type)
		append_field(ret, "Content-Type", answer->content_type);
	append_own_fields(answer, ret);
	if (is_chunked)
		append_field(ret, "Transfer-Encoding", "chunked");
	append_field(ret, "Connection", connection_words[ANSWER_CLOSE]);
	buffer_append_text(ret, "\r\n");
}
