#include "est_client/multipart_reader.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define BOUNDARY_MAX 70 /* RFC 2046 5.1.1 */
#define FIELD "content-type:"

struct boundary {
	char text[BOUNDARY_MAX + 3]; /* with the two dashes in front */
	size_t len;
};

static bool find_boundary(const char *content_type, struct boundary *ret)
{
	const char *at = strcasestr(content_type, "boundary=");
	size_t len;

	if (strncasecmp(content_type, "multipart/", strlen("multipart/")) != 0 || !at)
		return false;
	at += strlen("boundary=");
	if (*at == '"') {
		at++;
		len = strcspn(at, "\"");
	} else {
		len = strcspn(at, "; \t");
	}
	if (len == 0 || len > BOUNDARY_MAX)
		return false;
	memcpy(ret->text, "--", 2);
	memcpy(ret->text + 2, at, len);
	ret->len = len + 2;
	return true;
}

static struct bytes take_line(struct bytes *rest)
{
	const unsigned char *end = memchr(rest->data, '\n', rest->len);
	struct bytes line = { rest->data, end ? (size_t)(end - rest->data) : rest->len };
	size_t taken = line.len + (end ? 1 : 0);

	rest->data += taken;
	rest->len -= taken;
	while (line.len && strchr("\r \t", line.data[line.len - 1]))
		line.len--;
	return line;
}

enum line_kind { LINE_PLAIN, LINE_PART, LINE_END };

static enum line_kind kind_of(struct bytes line, const struct boundary *boundary)
{
	const struct bytes delimiter = { (const unsigned char *)boundary->text, boundary->len };

	if (!bytes_starts_with(line, delimiter))
		return LINE_PLAIN;
	if (line.len == delimiter.len)
		return LINE_PART;
	return line.len == delimiter.len + 2 && memcmp(line.data + delimiter.len, "--", 2) == 0
		       ? LINE_END
		       : LINE_PLAIN;
}

static void read_type(struct multipart_part *part, struct bytes line)
{
	size_t len = 0;

	if (line.len < strlen(FIELD) ||
	    strncasecmp((const char *)line.data, FIELD, strlen(FIELD)) != 0)
		return;
	for (size_t i = strlen(FIELD); i < line.len && len + 1 < sizeof part->content_type; i++)
		if (!isspace(line.data[i]))
			part->content_type[len++] = (char)tolower(line.data[i]);
	part->content_type[len] = '\0';
}

static void read_fields(struct multipart_part *part, struct bytes *rest)
{
	while (rest->len) {
		struct bytes line = take_line(rest);

		if (line.len == 0)
			return;
		read_type(part, line);
	}
}

/* The part's body, up to the next delimiter; LINE_PLAIN when there is none. */
static enum line_kind read_body(struct multipart_part *part, const struct boundary *boundary,
				struct bytes *rest)
{
	const unsigned char *begin = rest->data;

	while (rest->len) {
		const unsigned char *line_begin = rest->data;
		enum line_kind kind = kind_of(take_line(rest), boundary);

		if (kind != LINE_PLAIN) {
			part->body = (struct bytes){ begin, (size_t)(line_begin - begin) };
			return kind;
		}
	}
	return LINE_PLAIN;
}

static bool skip_preamble(const struct boundary *boundary, struct bytes *rest)
{
	while (rest->len)
		if (kind_of(take_line(rest), boundary) == LINE_PART)
			return true;
	return false;
}

bool multipart_parse(const char *content_type, struct bytes body, struct multipart *ret,
		     struct error *err)
{
	struct boundary boundary = { 0 };
	struct multipart multipart = { 0 };
	enum line_kind kind = LINE_PART;

	if (!find_boundary(content_type, &boundary))
		return error_set(err, REASON_SERVER_ANSWER, "no multipart with a boundary");
	if (!skip_preamble(&boundary, &body))
		return error_set(err, REASON_SERVER_ANSWER, "a multipart without parts");
	while (kind == LINE_PART) {
		if (multipart.count == MULTIPART_PARTS_MAX)
			return error_set(err, REASON_SERVER_ANSWER, "more than %d parts",
					 MULTIPART_PARTS_MAX);
		struct multipart_part *part = &multipart.parts[multipart.count++];
		read_fields(part, &body);
		kind = read_body(part, &boundary, &body);
	}
	if (kind != LINE_END)
		return error_set(err, REASON_SERVER_ANSWER, "a multipart without end");
	*ret = multipart;
	return true;
}
