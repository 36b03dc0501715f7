/* "Did you mean …?" */
#pragma once

#include <stddef.h>

/* Offers `candidate` as the word meant by `typed`; keeps the nearest one that is near enough.
 * Zero-initialised is empty. */
struct suggestion {
	const char *nearest;
	size_t distance;
};
void suggest(struct suggestion *suggestion, const char *typed, const char *candidate);
