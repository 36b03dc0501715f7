/* While a CA is being replaced the authority wants to know who fetched /cacerts. Each is told once
 * between two changes of the configuration, as far as this much memory reaches, and only so many a
 * second: a flood costs the authority little, and what is counted is a lower bound. */
#pragma once

#include <stdint.h>

#define FETCHES_REMEMBERED 4096
#define FETCHES_A_SECOND 100

struct fetch_notes {
	uint64_t told[FETCHES_REMEMBERED]; /* by hash; of two that meet the last is remembered */
	uint64_t second;
	uint32_t used;
};

struct est_exchange;
void fetch_note(const struct est_exchange *exchange);
