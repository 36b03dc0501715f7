#include "model/pattern.h"

#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* regcomp() writes an element that must repeat out as often as its count says, and one with a '+'
 * twice, so that ((((a+)+)+)+ doubles with each level and "a{255}" within "{255}" is 65,025
 * elements: a few dozen characters would be all the memory there is. So what a pattern would come
 * to is reckoned first, by its nesting. */
#define ELEMENTS_MAX 512
#define GROUPS_MAX 32 /* within each other */

struct reckoning {
	unsigned long whole[GROUPS_MAX + 1]; /* of the group at each depth, so far */
	unsigned long last[GROUPS_MAX + 1];  /* of its last element: what a count would repeat */
	size_t depth;
	bool is_too_much;
};

static void add_element(struct reckoning *r, unsigned long size)
{
	r->whole[r->depth] += size;
	r->last[r->depth] = size;
	r->is_too_much |= r->whole[r->depth] > ELEMENTS_MAX;
}

static void repeat_element(struct reckoning *r, unsigned long count)
{
	unsigned long last = r->last[r->depth];

	if (count > ELEMENTS_MAX || last * count > ELEMENTS_MAX) {
		r->is_too_much = true;
		return;
	}
	r->whole[r->depth] -= last;
	add_element(r, last * count);
}

static void open_group(struct reckoning *r)
{
	if (r->depth == GROUPS_MAX) {
		r->is_too_much = true;
		return;
	}
	r->depth++;
	r->whole[r->depth] = r->last[r->depth] = 0;
}

/* One too many is regcomp()'s to judge. */
static void close_group(struct reckoning *r)
{
	unsigned long size = r->whole[r->depth] + 1;

	if (r->depth > 0)
		r->depth--;
	add_element(r, size);
}

/* What "{n}", "{n,}" or "{n,m}" at text comes to; 1 when it is none of them. */
static unsigned long count_of(const char *text)
{
	char *end;
	unsigned long least = strtoul(text + 1, &end, 10);
	bool is_open = end[0] == ',' && end[1] == '}';
	unsigned long most = *end == ',' && !is_open ? strtoul(end + 1, &end, 10) : least;
	unsigned long count = most > least ? most : least;

	return count + is_open > count ? count + 1 : count ? count : 1;
}

/* Behind "[…]" at text, whose first "]" may be one of its characters. */
static const char *skip_bracket(const char *text)
{
	const char *at = text + 1;

	at += *at == '^';
	at += *at == ']';
	while (*at && *at != ']') {
		bool is_class = at[0] == '[' && at[1] && strchr(":.=", at[1]);
		const char *inner = is_class ? strchr(at + 2, ']') : at;

		at = inner ? inner + 1 : at + 1;
	}
	return *at ? at : at - 1;
}

/* Returns its last character. */
static const char *reckon_one(struct reckoning *r, const char *at)
{
	switch (*at) {
	case '\\':
		add_element(r, 1);
		return at[1] ? at + 1 : at;
	case '[':
		add_element(r, 1);
		return skip_bracket(at);
	case '(':
		open_group(r);
		return at;
	case ')':
		close_group(r);
		return at;
	case '+':
		repeat_element(r, 2);
		return at;
	case '{':
		repeat_element(r, count_of(at));
		return at;
	case '*':
	case '?':
		return at;
	default:
		add_element(r, 1);
		return at;
	}
}

static bool is_back_reference(const char *at)
{
	return at[0] == '\\' && at[1] >= '1' && at[1] <= '9';
}

static bool check_costs(const char *pattern, struct error *err)
{
	struct reckoning r = { 0 };

	for (const char *at = pattern; *at; at++) {
		if (is_back_reference(at))
			return error_set(err, REASON_INVALID, "back reference \\%c", at[1]);
		at = reckon_one(&r, at);
		if (r.is_too_much)
			return error_set(err, REASON_INVALID,
					 "counts and groups multiply to more than %d elements",
					 ELEMENTS_MAX);
	}
	return true;
}

bool pattern_check(const char *pattern, struct error *err)
{
	regex_t compiled;
	char why[ERROR_DETAIL_MAX / 2];

	if (!*pattern)
		return error_set(err, REASON_INVALID, "empty pattern");
	if (strlen(pattern) > PATTERN_MAX)
		return error_set(err, REASON_INVALID, "longer than %d", PATTERN_MAX);
	if (!check_costs(pattern, err))
		return false;

	int failure = regcomp(&compiled, pattern, REG_EXTENDED);
	if (failure == 0) {
		regfree(&compiled);
		return true;
	}
	if (failure == REG_ESPACE)
		return error_set(err, REASON_NO_MEMORY, "pattern");
	regerror(failure, &compiled, why, sizeof why);
	return error_set(err, REASON_INVALID, "%s", why);
}

/* POSIX finds the leftmost match and of those the longest: if any match is the whole value, it is
 * that one. Wrapping in ^( )$ instead would let "a)|(b" out of its anchors. */
bool pattern_matches(const char *pattern, const char *value)
{
	regex_t compiled;
	regmatch_t match;

	/* one that was stored before this was looked at matches nothing */
	if (!check_costs(pattern, NULL) || regcomp(&compiled, pattern, REG_EXTENDED) != 0)
		return false;
	bool matches = regexec(&compiled, value, 1, &match, 0) == 0 && match.rm_so == 0 &&
		       (size_t)match.rm_eo == strlen(value);
	regfree(&compiled);
	return matches;
}
