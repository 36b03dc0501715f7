#include "http/address_count.h"

#include <string.h>

#include "base/random.h"

#define V6_NETWORK_LEN 8

struct slot {
	struct address address;
	uint32_t count; /* 0: free */
};

/* Open addressing, linear probing, at most half full. The seed keeps strangers from choosing
 * addresses that collide. */
struct address_count {
	uint64_t seed;
	size_t mask;
	struct slot slots[];
};

bool address_count_new(uint32_t addresses_max, struct address_count **ret, struct error *err)
{
	size_t size = 16;
	uint64_t seed;

	while (size < 2 * (size_t)addresses_max)
		size *= 2;
	if (!random_fill(&seed, sizeof seed, err))
		return false;
	struct address_count *table = calloc(1, sizeof *table + size * sizeof table->slots[0]);
	if (!table)
		return error_set(err, REASON_NO_MEMORY, "table of addresses");
	table->seed = seed;
	table->mask = size - 1;
	*ret = table;
	return true;
}

void address_count_free(struct address_count *table)
{
	free(table);
}

static struct address counted_as(const struct address *address)
{
	struct address key = *address;

	if (!address_is_v4(address))
		memset(key.bytes + V6_NETWORK_LEN, 0, sizeof key.bytes - V6_NETWORK_LEN);
	return key;
}

static uint64_t mixed(uint64_t value)
{
	value = (value ^ (value >> 33)) * UINT64_C(0xff51afd7ed558ccd);
	value = (value ^ (value >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
	return value ^ (value >> 33);
}

static size_t home_of(const struct address_count *table, const struct address *key)
{
	uint64_t halves[2];

	memcpy(halves, key->bytes, sizeof halves);
	return (size_t)mixed(mixed(halves[0] ^ table->seed) ^ halves[1]) & table->mask;
}

/* The key's slot, or the free one where it would go. */
static struct slot *find(struct address_count *table, const struct address *key)
{
	size_t at = home_of(table, key);

	while (table->slots[at].count && address_compare(&table->slots[at].address, key) != 0)
		at = (at + 1) & table->mask;
	return &table->slots[at];
}

bool address_count_add(struct address_count *table, const struct address *address, uint32_t limit)
{
	struct address key = counted_as(address);
	struct slot *slot = find(table, &key);

	if (slot->count >= limit)
		return false;
	slot->address = key;
	slot->count++;
	return true;
}

uint32_t address_count_of(struct address_count *table, const struct address *address)
{
	struct address key = counted_as(address);

	return find(table, &key)->count;
}

/* Moves up what would no longer be found past the hole. */
static void close_gap(struct address_count *table, size_t hole)
{
	for (size_t at = (hole + 1) & table->mask; table->slots[at].count;
	     at = (at + 1) & table->mask) {
		size_t home = home_of(table, &table->slots[at].address);
		bool reaches_over_hole = ((at - home) & table->mask) >= ((at - hole) & table->mask);
		if (reaches_over_hole) {
			table->slots[hole] = table->slots[at];
			table->slots[at].count = 0;
			hole = at;
		}
	}
}

void address_count_drop(struct address_count *table, const struct address *address)
{
	struct address key = counted_as(address);
	struct slot *slot = find(table, &key);

	if (slot->count > 0 && --slot->count == 0)
		close_gap(table, (size_t)(slot - table->slots));
}
