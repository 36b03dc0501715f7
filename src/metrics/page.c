#include "metrics/page.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The rest is for what is counted without a name: a few hundred at most, and strangers choose
 * none of it. */
#define NAMED_ROWS (PAGE_ROWS / 4 * 3)

/* FNV-1a. */
static uint32_t mix(uint32_t hash, const void *octets, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ ((const unsigned char *)octets)[i]) * 16777619u;
	return hash;
}

static size_t place_of(const struct row_key *key)
{
	uint32_t hash = 2166136261u;

	hash = mix(hash, &key->kind, sizeof key->kind);
	hash = mix(hash, &key->first, sizeof key->first);
	hash = mix(hash, &key->second, sizeof key->second);
	hash = mix(hash, key->name, strlen(key->name));
	return (hash ^ hash >> 16) % PAGE_ROWS;
}

static bool is_of(const struct page_row *row, const struct row_key *key)
{
	return counter_read(&row->kind) == (uint64_t)key->kind + 1 && row->first == key->first &&
	       row->second == key->second && strcmp(row->name, key->name) == 0;
}

/* One that was killed while it wrote a row has left it free. */
static void claim(struct page_row *row, const struct row_key *key)
{
	row->first = key->first;
	row->second = key->second;
	snprintf(row->name, sizeof row->name, "%s", key->name);
	atomic_store_explicit(&row->kind.value, (uint64_t)key->kind + 1, memory_order_release);
}

static bool may_claim(struct metrics_page *page, const struct row_key *key)
{
	if (!key->name[0] || strcmp(key->name, PAGE_OTHER) == 0)
		return true;
	if (counter_read(&page->named_rows) >= NAMED_ROWS)
		return false;
	counter_add(&page->named_rows, 1);
	return true;
}

/* NULL: the table is as full as it may get with such a row. */
static struct page_row *find_row(struct metrics_page *page, const struct row_key *key)
{
	size_t start = place_of(key);

	for (size_t i = 0; i < PAGE_ROWS; i++) {
		struct page_row *row = &page->rows[(start + i) % PAGE_ROWS];

		if (is_of(row, key))
			return row;
		if (counter_read(&row->kind) != 0)
			continue;
		if (!may_claim(page, key))
			return NULL;
		claim(row, key);
		return row;
	}
	return NULL;
}

void page_count(struct metrics_page *page, const struct row_key *key)
{
	char cut[PAGE_NAME_MAX + 1];
	struct row_key known = *key;

	known.name = key->name ? key->name : "";
	/* a longer one is cut, and must be found again */
	if (strlen(known.name) > PAGE_NAME_MAX) {
		snprintf(cut, sizeof cut, "%s", known.name);
		known.name = cut;
	}
	struct page_row *row = find_row(page, &known);
	if (!row && known.name[0]) {
		known.name = PAGE_OTHER;
		row = find_row(page, &known);
	}
	counter_add(row ? &row->count : &page->counters.rows_lost, 1);
}
