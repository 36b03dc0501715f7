#include "base/log_line.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#define TAIL "\",\"cut\":\"yes\"}\n" /* the most that must still fit a line that is full */
#define ROOM (LOG_LINE_MAX - sizeof TAIL)
#define KEY_MAX 40

static const char *const level_texts[] = {
	[LOG_LEVEL_DEBUG] = "debug",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_ERROR] = "error",
};

/* -- appending within the bound -- */

static struct bytes take(struct bytes *text, size_t len)
{
	struct bytes taken = { text->data, len };

	text->data += len;
	text->len -= len;
	return taken;
}

/* Whole or not at all; after the first that did not fit nothing more comes. */
static bool put(struct log_line *line, struct bytes unit)
{
	if (line->cut || line->len > ROOM || unit.len > ROOM - line->len) {
		line->cut = true;
		return false;
	}
	memcpy(line->text + line->len, unit.data, unit.len);
	line->len += unit.len;
	return true;
}

/* For the ends that TAIL keeps room for. */
static void put_end(struct log_line *line, const char *text)
{
	size_t len = strlen(text);

	memcpy(line->text + line->len, text, len);
	line->len += len;
}

static bool put_text(struct log_line *line, const char *text)
{
	return put(line, bytes_of_string(text));
}

/* -- escaping: one character becomes one unit, legal in JSON and harmless on a terminal -- */

#define ESCAPED_MAX 16

static size_t escape_unprintable(uint32_t code_point, char into[ESCAPED_MAX])
{
	return (size_t)snprintf(into, ESCAPED_MAX, "\\u%04x", (unsigned int)code_point);
}

/* Takes a character off *text; in a quoted string `"` and `\` are escaped too. Every unprintable
 * one lies in the first plane, so that one \u suffices. */
static size_t escape_next(struct bytes *text, bool quoted, char into[ESCAPED_MAX])
{
	struct bytes before = *text;
	uint32_t code_point = utf8_take(text);
	size_t len = before.len - text->len;

	if (code_point == UTF8_INVALID) {
		memcpy(into, "\xef\xbf\xbd", 3); /* U+FFFD */
		return 3;
	}
	if (utf8_is_unprintable(code_point))
		return escape_unprintable(code_point, into);
	if (quoted && (code_point == '"' || code_point == '\\')) {
		into[0] = '\\';
		into[1] = (char)code_point;
		return 2;
	}
	memcpy(into, before.data, len);
	return len;
}

/* How many characters at the front stand for themselves, quoted or not: nearly all of any line. */
static size_t plain_len(struct bytes text)
{
	size_t len = 0;

	while (len < text.len && text.data[len] >= ' ' && text.data[len] < 0x7f &&
	       text.data[len] != '"' && text.data[len] != '\\')
		len++;
	return len;
}

/* As much as there is room for, for each character is a unit. */
static void put_plain(struct log_line *line, struct bytes text)
{
	size_t room = line->len < ROOM ? ROOM - line->len : 0;

	put(line, take(&text, text.len < room ? text.len : room));
	line->cut |= text.len > 0;
}

/* Takes what is plain off *text, or else one character. */
static void put_next(struct log_line *line, struct bytes *text, bool quoted)
{
	size_t plain = plain_len(*text);
	char unit[ESCAPED_MAX];

	if (plain) {
		put_plain(line, take(text, plain));
		return;
	}
	size_t len = escape_next(text, quoted, unit);
	put(line, (struct bytes){ (const unsigned char *)unit, len });
}

static void put_escaped(struct log_line *line, struct bytes text, bool quoted)
{
	while (text.len && !line->cut)
		put_next(line, &text, quoted);
}

const char *log_quote(const char *text, char *into, unsigned long size)
{
	struct bytes rest = bytes_of_string(text);
	char unit[ESCAPED_MAX];
	size_t len = 0;

	if (size < sizeof "\"\"") {
		if (size)
			into[0] = '\0';
		return into;
	}
	into[len++] = '"';
	while (rest.len) {
		size_t more = escape_next(&rest, true, unit);
		if (more > size - len - sizeof "\"")
			break;
		memcpy(into + len, unit, more);
		len += more;
	}
	memcpy(into + len, "\"", sizeof "\"");
	return into;
}

/* -- key=value pairs -- */

static bool is_hex(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!memchr("0123456789abcdefABCDEF", text.data[i], 22))
			return false;
	return true;
}

/* The length of the escape at the front: those that log_quote() writes; 0 when it is none. */
static size_t escape_len(struct bytes text)
{
	if (text.len >= 2 && text.data[0] == '\\' && (text.data[1] == '"' || text.data[1] == '\\'))
		return 2;
	if (text.len >= 6 && text.data[0] == '\\' && text.data[1] == 'u' &&
	    is_hex((struct bytes){ text.data + 2, 4 }))
		return 6;
	return 0;
}

/* What stands between two quotes; *text begins after the first and loses the second one too. */
static struct bytes take_quoted(struct bytes *text)
{
	struct bytes rest = *text;

	while (rest.len && rest.data[0] != '"') {
		size_t escape = escape_len(rest);
		take(&rest, escape ? escape : 1);
	}
	struct bytes inner = take(text, text->len - rest.len);
	take(text, text->len ? 1 : 0);
	return inner;
}

static size_t word_len(struct bytes text)
{
	const unsigned char *space = memchr(text.data, ' ', text.len);

	return space ? (size_t)(space - text.data) : text.len;
}

static bool may_stand_in_key(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '-';
}

/* The length of the key when a pair stands at the front, else 0. */
static size_t key_len(struct bytes text)
{
	size_t len = 0;

	while (len < text.len && may_stand_in_key(text.data[len]))
		len++;
	return len <= KEY_MAX && len < text.len && text.data[len] == '=' ? len : 0;
}

/* One word of a body: a pair, or without key a word for itself. */
struct word {
	struct bytes key, value;
	bool quoted;
};

/* False at the end. */
static bool take_word(struct bytes *body, struct word *ret)
{
	while (body->len && body->data[0] == ' ')
		take(body, 1);
	if (body->len == 0)
		return false;

	*ret = (struct word){ .key = take(body, key_len(*body)) };
	if (ret->key.len)
		take(body, 1);
	ret->quoted = ret->key.len && body->len && body->data[0] == '"';
	if (ret->quoted)
		take(body, 1);
	ret->value = ret->quoted ? take_quoted(body) : take(body, word_len(*body));
	return true;
}

/* -- members -- */

/* The opening is one unit, so that a cut leaves none half open. */
static bool open_member(struct log_line *line, struct bytes key, const char *suffix)
{
	size_t before = line->len;

	if (put_text(line, line->len == 1 ? "\"" : ",\"") && put(line, key) &&
	    put_text(line, suffix) && put_text(line, "\":\""))
		return true;
	line->len = before;
	return false;
}

static void put_member(struct log_line *line, const char *key, const char *value)
{
	if (!open_member(line, bytes_of_string(key), ""))
		return;
	put_escaped(line, bytes_of_string(value), true);
	put_end(line, "\"");
}

/* A value that came quoted keeps its escapes, so that none is escaped twice. */
static void put_quoted(struct log_line *line, struct bytes value)
{
	while (value.len && !line->cut) {
		size_t escape = escape_len(value);
		if (escape)
			put(line, take(&value, escape));
		else
			put_next(line, &value, true);
	}
}

/* What a pair must not pose as: the line's own members. */
static const char *suffix_for(struct bytes key)
{
	static const struct bytes reserved[] = { BYTES_LITERAL("ts"),      BYTES_LITERAL("level"),
						 BYTES_LITERAL("process"), BYTES_LITERAL("event"),
						 BYTES_LITERAL("msg"),     BYTES_LITERAL("cut") };

	for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
		if (bytes_equal(key, reserved[i]))
			return "_";
	return "";
}

/* False: there are words that are no pairs, too. */
static bool put_pairs(struct log_line *line, struct bytes body)
{
	struct word word;
	bool all = true;

	while (take_word(&body, &word)) {
		all &= word.key.len > 0;
		if (word.key.len == 0 || !open_member(line, word.key, suffix_for(word.key)))
			continue;
		if (word.quoted)
			put_quoted(line, word.value);
		else
			put_escaped(line, word.value, true);
		put_end(line, "\"");
	}
	return all;
}

static void put_words(struct log_line *line, struct bytes body)
{
	struct word word;
	bool open = false;

	while (take_word(&body, &word)) {
		if (word.key.len)
			continue;
		if (!put_text(line, open ? " " : ",\"msg\":\""))
			break;
		open = true;
		put_escaped(line, word.value, true);
	}
	if (open)
		put_end(line, "\"");
}

void log_line_json(struct log_line *line, const struct log_head *head, struct bytes body)
{
	put_text(line, "{");
	put_member(line, "ts", head->when);
	put_member(line, "level", level_texts[head->level]);
	put_member(line, "process", head->process);
	put_member(line, "event", head->event);
	if (!put_pairs(line, body))
		put_words(line, body);
	put_end(line, line->cut ? ",\"cut\":\"yes\"}\n" : "}\n");
}

void log_line_text(struct log_line *line, const struct log_head *head, struct bytes body)
{
	const char *const words[] = { head->when, level_texts[head->level], head->process,
				      head->event };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		put_text(line, i ? " " : "");
		put_escaped(line, bytes_of_string(words[i]), false);
	}
	put_text(line, body.len ? " " : "");
	put_escaped(line, body, false);
	put_end(line, line->cut ? " (cut)\n" : "\n");
}
