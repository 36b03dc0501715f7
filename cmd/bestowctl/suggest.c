#include "bestowctl/suggest.h"

#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"

#define WORD_MAX 40
#define FAR 1000

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Levenshtein's distance, row by row. */
static size_t distance(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b);
	size_t row[WORD_MAX + 1];

	if (a_len > WORD_MAX || b_len > WORD_MAX)
		return FAR;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];

			row[j] =
				least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_len];
}

static bool is_near(const char *typed, const char *candidate, size_t steps)
{
	size_t len = strlen(typed);

	return steps <= 1 + len / 4 || (len >= 2 && strncmp(typed, candidate, len) == 0);
}

void suggest(struct suggestion *suggestion, const char *typed, const char *candidate)
{
	size_t steps = distance(typed, candidate);

	if (!is_near(typed, candidate, steps))
		return;
	if (suggestion->nearest && suggestion->distance <= steps)
		return;
	*suggestion = (struct suggestion){ candidate, steps };
}
