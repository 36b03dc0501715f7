#include "store/search_text.h"

#include <ctype.h>
#include <string.h>

/* One by one replaced in SQL too. ',' divides values and stays. */
static const char dividers[] = "=-.:/@_+\\";
/* An entry does not go on behind these: what stands before them names what stands behind. */
static const char ends[] = "=:,";

static char fold(char c)
{
	return strchr(dividers, c) ? ' ' : (char)tolower((unsigned char)c);
}

void search_text_sql(struct buffer *to)
{
	size_t count = strlen(dividers);

	buffer_append_text(to, "' ' || ");
	for (size_t i = 0; i < count; i++)
		buffer_append_text(to, "replace(");
	buffer_append_text(to, "lower(subject || ', ' || san)");
	for (size_t i = 0; i < count; i++)
		buffer_printf(to, ", '%c', ' ')", dividers[i]);
}

static void append_folded(const char *text, struct buffer *to)
{
	for (; *text; text++)
		buffer_append_byte(to, (unsigned char)fold(*text));
}

void search_text_fold(const char *subject, const char *san, struct buffer *to)
{
	buffer_append_byte(to, ' ');
	append_folded(subject, to);
	buffer_append_text(to, ", ");
	append_folded(san, to);
}

/* -- entries -- */

/* The character before folding: `folded` is a space, the subject, ", " and the SAN. */
static char raw_at(const char *subject, size_t subject_len, const char *san, size_t at)
{
	if (at == 0)
		return ' ';
	if (at - 1 < subject_len)
		return subject[at - 1];
	at -= 1 + subject_len;
	return at < 2 ? ", "[at] : san[at - 2];
}

static bool begins_with(struct bytes text, struct bytes part)
{
	return part.len <= text.len && memcmp(text.data, part.data, part.len) == 0;
}

/* An entry that another one begins with is found by that one. */
static size_t add_entry(struct bytes entry, struct bytes entries[SEARCH_ENTRIES_MAX], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (begins_with(entries[i], entry))
			return count;
		if (begins_with(entry, entries[i])) {
			entries[i] = entry;
			return count;
		}
	}
	if (count < SEARCH_ENTRIES_MAX)
		entries[count++] = entry;
	return count;
}

size_t search_text_entries(const char *subject, const char *san, struct bytes folded,
			   struct bytes ret[SEARCH_ENTRIES_MAX])
{
	size_t subject_len = strlen(subject), count = 0;

	for (size_t at = 1; at < folded.len; at++) {
		size_t len = 0;

		if (folded.data[at] == ' ' || folded.data[at - 1] != ' ')
			continue;
		while (at + len < folded.len && len < SEARCH_WORD_MAX &&
		       !strchr(ends, raw_at(subject, subject_len, san, at + len)))
			len++;
		if (len)
			count = add_entry((struct bytes){ folded.data + at, len }, ret, count);
	}
	return count;
}

/* -- what was typed -- */

static size_t skip_dividers(const char *term, size_t from, size_t to)
{
	while (from < to && fold(term[from]) == ' ')
		from++;
	return from;
}

bool search_term_holds_word(const char *term, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (fold(term[i]) != ' ' && term[i] != ',')
			return true;
	return false;
}

/* Behind the last '=', ':' or ',' that has something behind it. */
static void find_begin(const char *term, size_t len, size_t *ret_from, size_t *ret_to)
{
	size_t to = len, from;

	for (;;) {
		from = to;
		while (from > 0 && !strchr(ends, term[from - 1]))
			from--;
		*ret_from = skip_dividers(term, from, to);
		*ret_to = to;
		if (*ret_from < to || from == 0)
			return;
		to = from - 1;
	}
}

bool search_term_read(const char *term, size_t len, struct buffer *ret_pattern,
		      struct buffer *ret_begin, struct error *err)
{
	size_t first = skip_dividers(term, 0, len), from, to;

	find_begin(term + first, len - first, &from, &to);
	if (from == to)
		return error_set(err, REASON_INVALID, "a search text needs a letter or a digit");
	buffer_append_text(ret_pattern, "% ");
	for (size_t i = first; i < len; i++) {
		if (term[i] == '%')
			buffer_append_byte(ret_pattern, '\\');
		buffer_append_byte(ret_pattern, (unsigned char)fold(term[i]));
	}
	buffer_append_byte(ret_pattern, '%');
	for (size_t i = from; i < to && i - from < SEARCH_WORD_MAX; i++)
		buffer_append_byte(ret_begin, (unsigned char)fold(term[first + i]));
	return (buffer_cstring(ret_pattern) && buffer_cstring(ret_begin)) ||
	       error_set(err, REASON_NO_MEMORY, "search");
}
