/* The words that certificates are found by, entered behind the writes: the transaction that issues
 * does nothing for them, and what is not entered yet is compared row by row. A word that very many
 * certificates have is entered no further: a list down the ids soon meets them. */
#pragma once

#include "store/store.h"

/* As many matches as are named by their ids; a word with more is common. */
#define SEARCH_FEW_MAX 4000

/* Enters up to `limit` certificates made by `settled` (seconds) that are not yet, oldest first.
 * *ret_count tells how many; *ret_newest the id of the newest certificate there is. */
MUST_CHECK bool store_search_enter(struct store *store, int64_t settled, unsigned int limit,
				   unsigned int *ret_count, int64_t *ret_newest, struct error *err);
