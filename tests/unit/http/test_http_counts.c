/* Connections per address, and log lines per second. */
#include "test.h"

#include <string.h>

#include "http/address_count.h"
#include "http/log_budget.h"

#define ADDRESSES 300

static struct address address_of(const char *text)
{
	struct address address;
	struct error err;

	EXPECT_OK(address_parse(text, &address, &err), err);
	return address;
}

static struct address_count *table_for(uint32_t addresses)
{
	struct address_count *table = NULL;
	struct error err;

	EXPECT_OK(address_count_new(addresses, &table, &err), err);
	return table;
}

TEST(ld_02_an_address_gets_its_share_and_no_more)
{
	struct address_count *table = table_for(8);
	struct address a = address_of("192.0.2.1"), b = address_of("192.0.2.2");

	assert_true(address_count_add(table, &a, 2));
	assert_true(address_count_add(table, &a, 2));
	assert_false(address_count_add(table, &a, 2));
	assert_true(address_count_add(table, &b, 2));
	address_count_drop(table, &a);
	assert_true(address_count_add(table, &a, 2));
	assert_false(address_count_add(table, &a, 2));
	address_count_free(table);
}

TEST(ipv6_counts_by_its_network_and_ipv4_singly)
{
	struct address_count *table = table_for(8);
	struct address a = address_of("2001:db8::1"), same = address_of("2001:db8::ffff:1"),
		       other = address_of("2001:db8:0:1::1");

	assert_true(address_count_add(table, &a, 1));
	assert_false(address_count_add(table, &same, 1));
	assert_true(address_count_add(table, &other, 1));
	address_count_free(table);
}

/* Against a plain array, with a table as full as it gets. */
TEST(many_addresses_that_come_and_go)
{
	struct address_count *table = table_for(ADDRESSES);
	uint32_t counts[ADDRESSES] = { 0 };
	uint32_t seed = 1;

	for (int i = 0; i < 200000; i++) {
		seed = seed * 1103515245u + 12345u;
		size_t which = (seed >> 8) % ADDRESSES;
		struct address address = address_of("10.0.0.0");
		address.bytes[14] = (unsigned char)(which >> 8);
		address.bytes[15] = (unsigned char)which;
		if ((seed >> 24) % 2 == 0) {
			bool added = address_count_add(table, &address, 3);
			assert_int_equal(added, counts[which] < 3);
			counts[which] += added ? 1 : 0;
		} else if (counts[which] > 0) {
			address_count_drop(table, &address);
			counts[which]--;
		}
	}
	address_count_free(table);
}

TEST(a_kind_of_line_has_its_budget_per_second)
{
	struct log_budget budget = { 0 };
	uint32_t withheld = 0;

	for (int i = 0; i < LOG_BUDGET_PER_SECOND; i++)
		assert_true(log_budget_take(&budget, "a", 5000, &withheld));
	assert_int_equal(withheld, 0);
	for (int i = 0; i < 3; i++)
		assert_false(log_budget_take(&budget, "a", 5999, &withheld));
	assert_true(log_budget_take(&budget, "b", 5999, &withheld));
	assert_int_equal(withheld, 0);
	assert_true(log_budget_take(&budget, "a", 6000, &withheld));
	assert_int_equal(withheld, 3);
}

TEST_MAIN(RUN(ld_02_an_address_gets_its_share_and_no_more),
	  RUN(ipv6_counts_by_its_network_and_ipv4_singly), RUN(many_addresses_that_come_and_go),
	  RUN(a_kind_of_line_has_its_budget_per_second))
