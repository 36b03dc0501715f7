#include "est_client/probe_answer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct bytes line_end = BYTES_LITERAL("\r\n");
static const struct bytes head_end = BYTES_LITERAL("\r\n\r\n");

/* -- fields -- */

static bool next_field(struct bytes *rest, struct bytes *ret_name, struct bytes *ret_value)
{
	const unsigned char *end =
		rest->len ? memmem(rest->data, rest->len, line_end.data, line_end.len) : NULL;
	const unsigned char *colon =
		end ? memchr(rest->data, ':', (size_t)(end - rest->data)) : NULL;

	if (!colon)
		return false;
	*ret_name = (struct bytes){ rest->data, (size_t)(colon - rest->data) };
	for (colon++; colon < end && (*colon == ' ' || *colon == '\t');)
		colon++;
	*ret_value = (struct bytes){ colon, (size_t)(end - colon) };
	while (ret_value->len && strchr(" \t", ret_value->data[ret_value->len - 1]))
		ret_value->len--;
	rest->len -= (size_t)(end - rest->data) + line_end.len;
	rest->data = end + line_end.len;
	return true;
}

bool probe_answer_field(const struct probe_answer *answer, const char *name, char *into,
			size_t size)
{
	struct bytes rest = buffer_view(&answer->fields), key, value;

	while (next_field(&rest, &key, &value)) {
		if (key.len != strlen(name) ||
		    strncasecmp((const char *)key.data, name, key.len) != 0)
			continue;
		size_t len = value.len < size ? value.len : size - 1;

		memcpy(into, value.data, len);
		into[len] = '\0';
		return true;
	}
	return false;
}

bool probe_answer_spells(const struct probe_answer *answer, const char *name)
{
	struct bytes rest = buffer_view(&answer->fields), key, value;

	while (next_field(&rest, &key, &value))
		if (bytes_equal(key, bytes_of_string(name)))
			return true;
	return false;
}

/* -- head -- */

static bool read_number(struct bytes text, int base, size_t max, size_t *ret)
{
	char digits[24];
	char *end;

	if (text.len == 0 || text.len >= sizeof digits || !isxdigit(*text.data))
		return false;
	memcpy(digits, text.data, text.len);
	digits[text.len] = '\0';
	unsigned long long number = strtoull(digits, &end, base);
	*ret = (size_t)number;
	return *end == '\0' && number <= max;
}

/* "HTTP/1.1 200 …" */
static bool read_status(struct bytes line, struct probe_answer *ret)
{
	size_t status = 0;

	if (line.len < 12 || memcmp(line.data, "HTTP/1.", 7) != 0 || line.data[8] != ' ' ||
	    !read_number((struct bytes){ line.data + 9, 3 }, 10, 999, &status))
		return false;
	ret->minor = (unsigned int)line.data[7] - '0';
	ret->status = (int)status;
	return ret->minor <= 9 && status >= 100;
}

static bool read_head(struct bytes head, struct probe_answer *ret)
{
	const unsigned char *end = memmem(head.data, head.len, line_end.data, line_end.len);

	if (!end || !read_status((struct bytes){ head.data, (size_t)(end - head.data) }, ret))
		return false;
	buffer_clear(&ret->fields);
	buffer_append(&ret->fields,
		      (struct bytes){ end + 2, head.len - (size_t)(end + 2 - head.data) });
	return buffer_ok(&ret->fields);
}

static enum probe_progress take_head(struct buffer *stream, struct probe_answer *ret)
{
	const unsigned char *end =
		stream->len ? memmem(stream->data, stream->len, head_end.data, head_end.len) : NULL;

	if (!end)
		return stream->len > PROBE_HEAD_MAX ? PROBE_BROKEN : PROBE_MORE;
	size_t len = (size_t)(end - stream->data) + line_end.len;
	if (!read_head((struct bytes){ stream->data, len }, ret))
		return PROBE_BROKEN;
	buffer_consume(stream, len + line_end.len);
	return PROBE_WHOLE;
}

/* -- body -- */

/* From `at` on; moves it behind the chunk. */
static enum probe_progress read_chunk(struct bytes stream, size_t *at, struct buffer *body,
				      bool *ret_last)
{
	struct bytes rest = { stream.data + *at, stream.len - *at };
	const unsigned char *end =
		rest.len ? memmem(rest.data, rest.len, line_end.data, line_end.len) : NULL;
	size_t size = 0;

	if (!end)
		return rest.len > 64 ? PROBE_BROKEN : PROBE_MORE;
	size_t line = (size_t)(end - rest.data);
	if (!read_number((struct bytes){ rest.data, strcspn((const char *)rest.data, ";\r") }, 16,
			 PROBE_BODY_MAX - body->len, &size))
		return PROBE_BROKEN;
	if (rest.len < line + 2 + size + 2)
		return PROBE_MORE;
	buffer_append(body, (struct bytes){ end + 2, size });
	*at += line + 2 + size + 2;
	*ret_last = size == 0;
	return buffer_ok(body) ? PROBE_WHOLE : PROBE_BROKEN;
}

static enum probe_progress take_chunks(struct buffer *stream, struct probe_answer *ret)
{
	size_t at = 0;
	bool last = false;

	buffer_clear(&ret->body);
	while (!last) {
		enum probe_progress progress =
			read_chunk(buffer_view(stream), &at, &ret->body, &last);

		if (progress != PROBE_WHOLE)
			return progress;
	}
	buffer_consume(stream, at);
	return PROBE_WHOLE;
}

static enum probe_progress take_octets(struct buffer *stream, size_t len, struct probe_answer *ret)
{
	if (stream->len < len)
		return PROBE_MORE;
	buffer_append(&ret->body, (struct bytes){ stream->data, len });
	buffer_consume(stream, len);
	return buffer_ok(&ret->body) ? PROBE_WHOLE : PROBE_BROKEN;
}

static bool has_no_body(int status)
{
	return status == 204 || status == 304;
}

static enum probe_progress take_body(struct buffer *stream, bool ended, struct probe_answer *ret)
{
	char text[64];
	size_t len = 0;

	ret->is_chunked = probe_answer_field(ret, "Transfer-Encoding", text, sizeof text);
	if (ret->is_chunked)
		return take_chunks(stream, ret);
	ret->has_length = probe_answer_field(ret, "Content-Length", text, sizeof text);
	if (ret->has_length && !read_number(bytes_of_string(text), 10, PROBE_BODY_MAX, &len))
		return PROBE_BROKEN;
	if (has_no_body(ret->status))
		return PROBE_WHOLE;
	if (ret->has_length)
		return take_octets(stream, len, ret);
	ret->runs_to_end = true;
	if (stream->len > PROBE_BODY_MAX)
		return PROBE_BROKEN;
	return ended ? take_octets(stream, stream->len, ret) : PROBE_MORE;
}

enum probe_progress probe_answer_take(struct buffer *stream, bool ended, struct probe_answer *ret)
{
	for (;;) {
		if (ret->status < 200) {
			enum probe_progress progress = take_head(stream, ret);

			if (progress != PROBE_WHOLE)
				return ended ? PROBE_BROKEN : progress;
		}
		if (ret->status >= 200)
			break;
		ret->was_continued |= ret->status == 100;
	}
	enum probe_progress progress = take_body(stream, ended, ret);

	return progress == PROBE_MORE && ended ? PROBE_BROKEN : progress;
}

void probe_answer_done(struct probe_answer *answer)
{
	buffer_done(&answer->fields);
	buffer_done(&answer->body);
	*answer = (struct probe_answer){ 0 };
}
