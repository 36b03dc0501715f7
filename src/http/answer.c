#include "http/answer.h"

#include <string.h>

#include "http/date.h"
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

/* RFC 9110 6.6.1. A handler may have told the time already, with what depends on it. */
static void append_date(const struct http_answer *answer, int64_t now, struct buffer *ret)
{
	char date[HTTP_DATE_MAX];

	for (size_t i = 0; i < ARRAY_LEN(answer->headers) && answer->headers[i].name; i++)
		if (strcmp(answer->headers[i].name, "Date") == 0)
			return;
	http_date(now, date);
	append_field(ret, "Date", date);
}

void answer_encode_head(const struct http_answer *answer, const struct answer_frame *frame,
			struct buffer *ret)
{
	buffer_printf(ret, "HTTP/1.%c %u %s\r\n",
		      frame->asked_http10 && answer->mirrors_http10 ? '0' : '1', answer->status,
		      status_phrase(answer->status));
	append_date(answer, frame->now, ret);
	if (answer->content_type)
		append_field(ret, "Content-Type", answer->content_type);
	if (answer_may_have_body(answer->status))
		buffer_printf(ret, "Content-Length: %zu\r\n", answer->body.len);
	append_own_fields(answer, ret);
	if (connection_words[frame->connection])
		append_field(ret, "Connection", connection_words[frame->connection]);
	buffer_append_text(ret, "\r\n");
}

void answer_encode_feed_head(const struct http_answer *answer, int64_t now, bool is_chunked,
			     struct buffer *ret)
{
	buffer_printf(ret, "HTTP/1.1 %u %s\r\n", answer->status, status_phrase(answer->status));
	append_date(answer, now, ret);
	if (answer->content_type)
		append_field(ret, "Content-Type", answer->content_type);
	append_own_fields(answer, ret);
	if (is_chunked)
		append_field(ret, "Transfer-Encoding", "chunked");
	append_field(ret, "Connection", connection_words[ANSWER_CLOSE]);
	buffer_append_text(ret, "\r\n");
}
