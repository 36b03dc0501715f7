/* How many connections each address has open. The table is as large as it will ever need to be,
 * made once; IPv6 counts by /64, which is what one subscriber gets. */
#pragma once

#include "base/address.h"

struct address_count;

MUST_CHECK bool address_count_new(uint32_t addresses_max, struct address_count **ret,
				  struct error *err);
/* False, and nothing is counted, when the address has `limit` already. */
MUST_CHECK bool address_count_add(struct address_count *table, const struct address *address,
				  uint32_t limit);
uint32_t address_count_of(struct address_count *table, const struct address *address);
void address_count_drop(struct address_count *table, const struct address *address);
void address_count_free(struct address_count *table);
