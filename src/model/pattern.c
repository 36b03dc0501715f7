#include "model/pattern.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

/* (a{255}){255} would be copied out 65,025 times. */
#define REPEATS_MAX 256

/* The larger count of "{n}", "{n,}" or "{n,m}" at text; 1 when it is none of them. */
static unsigned long count_of(const char *text)
{
	char *end;
	unsigned long least = strtoul(text + 1, &end, 10);
	unsigned long most = *end == ',' ? strtoul(end + 1, &end, 10) : least;
	unsigned long count = most > least ? most : least;

	return count ? count : 1;
}

static bool check_costs(const char *pattern, struct error *err)
{
	unsigned long repeats = 1;

	for (const char *at = pattern; *at; at++) {
		if (at[0] == '\\' && at[1] >= '1' && at[1] <= '9')
			return error_set(err, REASON_INVALID, "back reference \\%c", at[1]);
		if (at[0] == '\\' && at[1])
			at++;
		else if (at[0] == '{')
			repeats *= count_of(at);
		if (repeats > REPEATS_MAX)
			return error_set(err, REASON_INVALID, "counts multiply to more than %d",
					 REPEATS_MAX);
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

	if (regcomp(&compiled, pattern, REG_EXTENDED) != 0)
		return false;
	bool matches = regexec(&compiled, value, 1, &match, 0) == 0 && match.rm_so == 0 &&
		       (size_t)match.rm_eo == strlen(value);
	regfree(&compiled);
	return matches;
}
