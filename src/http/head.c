#include "http/head.h"

#include <string.h>
#include <strings.h>

#include "http/target.h"
#include "http/text.h"

#define EMPTY_LINES_MAX 2

/* A second one of these means that two readers could read two different requests. */
static const char *const single_fields[] = {
	"Authorization", "Content-Length", "Content-Type", "Expect", "Host", "Transfer-Encoding",
};

static const struct {
	const char *text;
	bool is_http10;
} versions[] = {
	{ "HTTP/1.1", false },
	{ "HTTP/1.0", true },
};

enum parse head_skip_empty_lines(struct bytes *text, unsigned int *lines, struct refusal *refusal)
{
	while (bytes_starts_with(*text, BYTES_LITERAL("\r\n"))) {
		if (++*lines > EMPTY_LINES_MAX) {
			*refusal = (struct refusal){ 400, "empty lines before the request" };
			return PARSE_REFUSED;
		}
		text->data += 2;
		text->len -= 2;
	}
	if (text->len == 0 || bytes_equal(*text, BYTES_LITERAL("\r")))
		return PARSE_MORE;
	return PARSE_DONE;
}

/* NULL when octet `at` may stand where it stands. */
static const char *octet_fault(const unsigned char *text, size_t at)
{
	unsigned char before = at > 0 ? text[at - 1] : '\0';

	if (at == 0)
		return text_is_capital(text[0]) ? NULL : "does not begin with a method";
	if (text[at] == '\n')
		return before == '\r' ? NULL : "a line ends in LF without CR";
	if (before == '\r')
		return "CR without LF";
	if (text[at] == '\r' || text_is_field_octet(text[at]))
		return NULL;
	return "a control character";
}

static bool ends_in_empty_line(const unsigned char *text, size_t len)
{
	return len >= 4 && memcmp(text + len - 4, "\r\n\r\n", 4) == 0;
}

enum parse head_scan(struct bytes text, size_t max, size_t *scanned, size_t *ret_len,
		     struct refusal *refusal)
{
	size_t end = text.len < max ? text.len : max;

	for (size_t i = *scanned; i < end; i++) {
		const char *fault = octet_fault(text.data, i);
		if (fault) {
			*refusal = (struct refusal){ 400, fault };
			return PARSE_REFUSED;
		}
		if (text.data[i] == '\n' && ends_in_empty_line(text.data, i + 1)) {
			*ret_len = i + 1;
			return PARSE_DONE;
		}
	}
	*scanned = end;
	if (end < max)
		return PARSE_MORE;

	bool in_request_line = !memchr(text.data, '\n', end);
	*refusal = in_request_line ? (struct refusal){ 414, "the request line is too long" }
				   : (struct refusal){ 431, "the head is too long" };
	return PARSE_REFUSED;
}

/* Cuts the next line off; an empty one ends the head. */
static char *take_line(char **rest)
{
	char *line = *rest, *end = strstr(line, "\r\n");

	if (!end) {
		*rest = line + strlen(line);
		return line;
	}
	*end = '\0';
	*rest = end + 2;
	return line;
}

/* Cuts the text up to the next space off; NULL when there is none. */
static char *take_word(char **rest)
{
	char *word = *rest, *space = strchr(word, ' ');

	if (!space)
		return NULL;
	*space = '\0';
	*rest = space + 1;
	return word;
}

static bool check_method(const char *method, struct refusal *refusal)
{
	size_t len = strlen(method);

	if (len == 0 || len > HEAD_METHOD_MAX)
		return refuse(refusal, 400, "no sensible method");
	for (size_t i = 0; i < len; i++)
		if (!text_is_capital((unsigned char)method[i]) && method[i] != '-')
			return refuse(refusal, 400, "a method is in capital letters");
	return true;
}

static bool parse_version(const char *text, struct head *ret, struct refusal *refusal)
{
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		if (strcmp(text, versions[i].text) == 0) {
			ret->is_http10 = versions[i].is_http10;
			return true;
		}
	}

	bool well_formed = strlen(text) == strlen("HTTP/1.1") && strncmp(text, "HTTP/", 5) == 0 &&
			   text_is_digit((unsigned char)text[5]) && text[6] == '.' &&
			   text_is_digit((unsigned char)text[7]);
	if (well_formed && text[5] != '0')
		return refuse(refusal, 505, "an HTTP version that we do not speak");
	return refuse(refusal, 400, "no HTTP version");
}

static bool parse_request_line(char *line, struct head *ret, struct refusal *refusal)
{
	const char *method = take_word(&line);
	char *target = method ? take_word(&line) : NULL;

	if (!target)
		return refuse(refusal, 400, "the request line has no three words");
	ret->method = method;
	return check_method(method, refusal) &&
	       target_parse(method, target, &ret->target, refusal) &&
	       parse_version(line, ret, refusal);
}

static bool is_single(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(single_fields); i++)
		if (strcasecmp(name, single_fields[i]) == 0)
			return true;
	return false;
}

/* RFC 9112 5.1 forbids the space before the colon, 5.2 lets us refuse the folded line: both have
 * made two readers disagree. */
static bool parse_field(char *line, struct head *ret, struct refusal *refusal)
{
	char *colon = strchr(line, ':');

	if (!colon)
		return refuse(refusal, 400, "a field without colon");
	*colon = '\0';
	if (!text_is_token(line))
		return refuse(refusal, 400, "a malformed field name");
	if (is_single(line) && head_field(ret, line))
		return refuse(refusal, 400, "a field twice that may come once");
	if (ret->field_count == HEAD_FIELDS_MAX)
		return refuse(refusal, 431, "too many fields");
	ret->fields[ret->field_count++] =
		(struct http_header){ .name = line, .value = text_trim(colon + 1) };
	return true;
}

bool head_parse(char *text, struct head *ret, struct refusal *refusal)
{
	ret->field_count = 0;
	if (!parse_request_line(take_line(&text), ret, refusal))
		return false;
	for (;;) {
		char *line = take_line(&text);
		if (*line == '\0')
			return true;
		if (!parse_field(line, ret, refusal))
			return false;
	}
}

const char *head_field(const struct head *head, const char *name)
{
	for (size_t i = 0; i < head->field_count; i++)
		if (strcasecmp(head->fields[i].name, name) == 0)
			return head->fields[i].value;
	return NULL;
}
