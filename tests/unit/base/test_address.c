#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/address.h"
#include "test.h"

static struct address address(const char *text)
{
	struct address parsed;
	struct error err = { 0 };

	EXPECT_OK(address_parse(text, &parsed, &err), err);
	return parsed;
}

static void refused(const char *text, enum reason reason)
{
	struct address_range range;
	struct error err;

	EXPECT_REFUSED(address_range_parse(text, &range, &err), err, reason);
}

static void understood(const char *text, const char *expected)
{
	char written[ADDRESS_RANGE_TEXT_MAX];
	struct address_range range;
	struct error err = { 0 };

	EXPECT_OK(address_range_parse(text, &range, &err), err);
	assert_string_equal(address_range_to_text(&range, written), expected);
}

static struct address_set set_of(const char *const *texts, size_t count)
{
	struct address_range ranges[16];
	struct address_set set = { 0 };
	struct error err = { 0 };

	assert_true(count <= ARRAY_LEN(ranges));
	for (size_t i = 0; i < count; i++)
		EXPECT_OK(address_range_parse(texts[i], &ranges[i], &err), err);
	EXPECT_OK(address_set_make(ranges, count, &set, &err), err);
	return set;
}

#define SET(...)                                                                                   \
	set_of((const char *const[]){ __VA_ARGS__ },                                               \
	       ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })))

static bool holds(const struct address_set *set, const char *text)
{
	struct address asked = address(text);

	return address_set_holds(set, &asked);
}

TEST(ip_03_what_is_no_notation_is_refused)
{
	static const char *const texts[] = {
		"",
		" ",
		"any",
		"1.2.3",
		"1.2.3.4.5",
		"01.2.3.4",
		"1.2.3.04",
		"0x7f.1",
		"256.1.1.1",
		"1.2.3.4/",
		"1.2.3.4/5/6",
		"1.2.3.4/256",
		"1.2.3.4/999",
		"1.2.3.4/1000",
		"1.2.3.4/-1",
		"1.2.3.4/+40",
		"1.2.3.4/032",
		"1.2.3.4/ 40",
		"1.2.3.4/40x",
		"/40",
		"1.2.3.0/255.255.255.0",
		"cidr",
		"cidr 1.2.3.4",
		"cidr1.2.3.0/24",
		"cidr 1.2.3.0/33",
		"cidr 1.2.3.0/255",
		"cidr 1.2.3.0/024",
		"cidr cidr 1.2.3.0/24",
		"last-octet 1.2.3.4",
		"last-octet 1.2.3.4/256",
		"last-octet 2001:db8::/64",
		"octet 1.2.3.4/40",
		"CIDR 1.2.3.0/24",
		"1.2.3.4-",
		"-1.2.3.4",
		"1.2.3.4-1.2.3.9-1.2.3.12",
		"1.2.3.4-9",
		"1.2.3.4/40-1.2.3.9",
		"2001:db8::/129",
		"2001:db8::/064",
		"2001:db8:::1",
		"fe80::1%eth0",
		"example.com",
		"1.2.3.4\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		refused(texts[i], REASON_INVALID);
}

TEST(ip_03_a_last_octet_below_the_address_is_refused)
{
	refused("1.2.3.100/99", REASON_INVALID);
	refused("1.2.3.255/33", REASON_INVALID);
	refused("last-octet 1.2.3.10/9", REASON_INVALID);
	understood("1.2.3.100/100", "1.2.3.100");
}

TEST(a_range_runs_upwards_within_one_family)
{
	refused("1.2.3.9-1.2.3.4", REASON_INVALID);
	refused("1.2.3.4-2001:db8::1", REASON_INVALID);
	refused("::1-1.2.3.4", REASON_INVALID);
	refused("::/80", REASON_INVALID);
	refused("::fffe:0:0/95", REASON_INVALID);
}

TEST(host_bits_of_a_cidr_are_zero)
{
	refused("cidr 1.2.3.4/24", REASON_INVALID);
	refused("cidr 1.2.3.1/31", REASON_INVALID);
	refused("2001:db8::1/64", REASON_INVALID);
	refused("::ffff:1.2.3.4/64", REASON_INVALID);
}

TEST(text_longer_than_any_notation_is_refused)
{
	char text[600];

	memset(text, '1', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	refused(text, REASON_INVALID);
	memset(text, ' ', sizeof text - 2);
	refused(text, REASON_INVALID);
}

TEST(ip_04_a_number_up_to_32_without_its_word_is_ambiguous)
{
	struct address_range range;
	struct error err;
	char text[32];

	for (unsigned int number = 0; number <= 32; number++) {
		snprintf(text, sizeof text, "10.0.0.0/%u", number);
		refused(text, REASON_AMBIGUOUS_NOTATION);
	}
	refused("1.2.3.10/20", REASON_AMBIGUOUS_NOTATION);
	EXPECT_REFUSED(address_range_parse("143.11.129.0/24", &range, &err), err,
		       REASON_AMBIGUOUS_NOTATION);
	assert_string_equal(err.detail,
			    "\"cidr 143.11.129.0/24\" would be 143.11.129.0 - 143.11.129.255; "
			    "\"last-octet 143.11.129.0/24\" would be 143.11.129.0 - 143.11.129.24");
	EXPECT_REFUSED(address_range_parse("143.11.129.30/24", &range, &err), err,
		       REASON_AMBIGUOUS_NOTATION);
	assert_string_equal(err.detail, "\"cidr 143.11.129.30/24\" would be impossible; "
					"\"last-octet 143.11.129.30/24\" would be impossible");
}

TEST(ip_05_the_empty_set_holds_nobody)
{
	struct address_set set = { 0 };
	struct error err = { 0 };

	assert_false(holds(&set, "127.0.0.1"));
	EXPECT_OK(address_set_make(NULL, 0, &set, &err), err);
	assert_false(holds(&set, "127.0.0.1"));
	assert_false(holds(&set, "::"));
	address_set_done(&set);
}

TEST(a_set_refuses_a_range_that_runs_downwards)
{
	struct address_range range = { address("1.2.3.4"), address("1.2.3.3") };
	struct address_set set;
	struct error err;

	EXPECT_REFUSED(address_set_make(&range, 1, &set, &err), err, REASON_INVALID);
}

TEST(every_notation_is_understood_as_documented)
{
	understood("143.11.129.0/255", "143.11.129.0 - 143.11.129.255");
	understood("143.11.129.7/33", "143.11.129.7 - 143.11.129.33");
	understood("last-octet 143.11.129.0/24", "143.11.129.0 - 143.11.129.24");
	understood("last-octet 143.11.129.0/0", "143.11.129.0");
	understood("last-octet   1.2.3.0/200", "1.2.3.0 - 1.2.3.200");
	understood("cidr 143.11.129.0/24", "143.11.129.0 - 143.11.129.255");
	understood("cidr 10.0.0.0/8", "10.0.0.0 - 10.255.255.255");
	understood("cidr 1.2.3.4/32", "1.2.3.4");
	understood("cidr 128.0.0.0/1", "128.0.0.0 - 255.255.255.255");
	understood("143.11.129.10-143.11.129.20", "143.11.129.10 - 143.11.129.20");
	understood(" 1.2.3.4 - 1.2.4.0 ", "1.2.3.4 - 1.2.4.0");
	understood("\t1.2.3.4 ", "1.2.3.4");
	understood("2001:DB8::/32", "2001:db8:: - 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
	understood("cidr 2001:db8::/127", "2001:db8:: - 2001:db8::1");
	understood("2001:db8::1-2001:db8::ff", "2001:db8::1 - 2001:db8::ff");
	understood("::ffff:1.2.3.4", "1.2.3.4");
	understood("::ffff:1.2.3.0/120", "1.2.3.0 - 1.2.3.255");
}

TEST(what_is_written_is_read_back)
{
	char text[ADDRESS_RANGE_TEXT_MAX];
	struct address_range range = { address("1.2.3.4"), address("2.2.3.4") };

	understood(address_range_to_text(&range, text), "1.2.3.4 - 2.2.3.4");
}

TEST(ip_02_the_last_octet_form_is_exact)
{
	struct address_set set = SET("last-octet 192.0.2.10/20");

	assert_false(holds(&set, "192.0.2.9"));
	assert_true(holds(&set, "192.0.2.10"));
	assert_true(holds(&set, "192.0.2.20"));
	assert_false(holds(&set, "192.0.2.21"));
	assert_false(holds(&set, "192.0.3.15"));
	address_set_done(&set);
}

TEST(ip_06_everywhere_is_recognised)
{
	static const struct {
		const char *text;
		bool everywhere;
	} cases[] = {
		{ "0.0.0.0/0", true },
		{ "cidr 0.0.0.0/0", true },
		{ "::/0", true },
		{ "0.0.0.0-255.255.255.255", true },
		{ "0.0.0.0-255.255.255.254", false },
		{ "cidr 0.0.0.0/1", false },
		{ "::/1", false },
		{ "last-octet 0.0.0.0/0", false },
	};
	struct address_range range;
	struct error err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		EXPECT_OK(address_range_parse(cases[i].text, &range, &err), err);
		assert_int_equal(address_range_is_everywhere(&range), cases[i].everywhere);
	}
	refused("1.0.0.0/0", REASON_AMBIGUOUS_NOTATION);
}

TEST(ip_07_a_mapped_peer_matches_as_ipv4)
{
	struct sockaddr_in6 peer = { .sin6_family = AF_INET6 };
	struct address_set set = SET("192.0.2.0/255");
	struct address mapped;
	struct error err = { 0 };

	assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.1", &peer.sin6_addr), 1);
	EXPECT_OK(address_from_socket((struct sockaddr *)&peer, &mapped, &err), err);
	assert_true(address_is_v4(&mapped));
	assert_true(address_set_holds(&set, &mapped));
	address_set_done(&set);
}

TEST(ip_07_other_embedded_forms_are_not_ipv4)
{
	static const char *const texts[] = { "::ffff:0:192.0.2.1", "64:ff9b::192.0.2.1",
					     "::192.0.2.1", "::1:ffff:c000:201" };
	struct address_set set = SET("192.0.2.1", "0.0.0.0/0");

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_false(holds(&set, texts[i]));
	assert_true(holds(&set, "192.0.2.1"));
	address_set_done(&set);
}

TEST(all_of_ipv6_holds_no_ipv4_and_the_reverse)
{
	struct address_set v6 = SET("::/0"), v4 = SET("0.0.0.0/0"), both = SET("0.0.0.0/0", "::/0");

	assert_false(holds(&v6, "0.0.0.0"));
	assert_false(holds(&v6, "255.255.255.255"));
	assert_false(holds(&v6, "::ffff:8.8.8.8"));
	assert_true(holds(&v6, "::fffe:ffff:ffff"));
	assert_true(holds(&v6, "::1:0:0:0"));
	assert_true(holds(&v6, "::"));
	assert_true(holds(&v6, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
	assert_false(holds(&v4, "::"));
	assert_false(holds(&v4, "::1:0:0:0"));
	assert_true(holds(&both, "0.0.0.0"));
	assert_true(holds(&both, "::1"));

	/* the compiled form is a fixed point: it travels between processes */
	struct address_set again = { 0 };
	struct error err = { 0 };
	EXPECT_OK(address_set_make(both.ranges, both.count, &again, &err), err);
	assert_int_equal(again.count, both.count);
	assert_true(holds(&again, "8.8.8.8"));
	address_set_done(&again);
	address_set_done(&v6);
	address_set_done(&v4);
	address_set_done(&both);
}

TEST(neighbours_and_overlaps_become_one)
{
	struct address_set set = SET("10.0.0.5", "10.0.0.6-10.0.0.9", "10.0.0.0-10.0.0.20",
				     "10.0.0.21", "cidr 10.0.1.0/24", "10.0.0.255");

	assert_int_equal(set.count, 2);
	assert_true(holds(&set, "10.0.0.21"));
	assert_false(holds(&set, "10.0.0.22"));
	assert_true(holds(&set, "10.0.1.255"));
	address_set_done(&set);
}

TEST(sets_are_equal_when_they_hold_the_same)
{
	static const struct {
		const char *one, *other;
		bool equal;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.2", false },
		{ "192.0.2.1", "192.0.2.1-192.0.2.2", false },
		{ "192.0.2.1-192.0.2.2", "192.0.2.2", false },
		{ "192.0.2.1", "192.0.2.1, 2001:db8::1", false },
		{ "192.0.2.1, 2001:db8::1", "2001:db8::1,192.0.2.1", true },
		{ "192.0.2.0, 192.0.2.1", "cidr 192.0.2.0/31", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct address_set one = { 0 }, other = { 0 };
		struct error err;

		EXPECT_OK(address_list_parse(rows[i].one, &one, &err), err);
		EXPECT_OK(address_list_parse(rows[i].other, &other, &err), err);
		assert_int_equal(address_set_equal(&one, &other), rows[i].equal);
		assert_false(address_set_equal(&one, &(struct address_set){ 0 }));
		address_set_done(&one);
		address_set_done(&other);
	}
	assert_true(address_set_equal(&(struct address_set){ 0 }, &(struct address_set){ 0 }));
}

TEST(a_socket_of_another_family_is_refused)
{
	struct sockaddr peer = { .sa_family = AF_UNIX };
	struct address parsed;
	struct error err;

	EXPECT_REFUSED(address_from_socket(&peer, &parsed, &err), err, REASON_INVALID);
}

TEST(a_socket_of_ipv4_is_read)
{
	struct sockaddr_in peer = { .sin_family = AF_INET };
	char text[ADDRESS_TEXT_MAX];
	struct address parsed;
	struct error err = { 0 };

	peer.sin_addr.s_addr = htonl(0x0a010203);
	EXPECT_OK(address_from_socket((struct sockaddr *)&peer, &parsed, &err), err);
	assert_string_equal(address_to_text(&parsed, text), "10.1.2.3");
}

/* -- the compiled set against the obvious way -- */

static unsigned int seed;

static struct address random_address(void)
{
	/* few values per octet, so that ranges touch, overlap and repeat; half of it IPv4, and some
	 * just beside it */
	static const unsigned char kinds[][2] = {
		{ 0xff, 0xff }, { 0xff, 0xff }, { 0xff, 0xfe }, { 0, 0 }
	};
	size_t kind = (size_t)rand_r(&seed) % ARRAY_LEN(kinds);
	struct address made = { { [10] = kinds[kind][0], [11] = kinds[kind][1] } };

	if (rand_r(&seed) % 8 == 0)
		made.bytes[9] = 1;
	for (size_t i = 12; i < 16; i++)
		made.bytes[i] = (unsigned char)(rand_r(&seed) % 4 == 0 ? rand_r(&seed) % 3 + 254
								       : rand_r(&seed) % 3);
	return made;
}

static bool in_one_family(const struct address_range *range, const struct address *asked)
{
	bool v4 = address_is_v4(asked);

	return !v4 || (address_is_v4(&range->first) && address_is_v4(&range->last));
}

static bool naive_holds(const struct address_range *ranges, size_t count,
			const struct address *asked)
{
	for (size_t i = 0; i < count; i++)
		if (in_one_family(&ranges[i], asked) &&
		    address_compare(&ranges[i].first, asked) <= 0 &&
		    address_compare(asked, &ranges[i].last) <= 0)
			return true;
	return false;
}

static struct address_range random_range(void)
{
	struct address_range range = { random_address(), random_address() };

	if (address_compare(&range.first, &range.last) > 0)
		range = (struct address_range){ range.last, range.first };
	return range;
}

TEST(ip_09_the_compiled_set_agrees_with_the_obvious_way)
{
	seed = (unsigned int)time(NULL);
	print_message("seed %u\n", seed);
	for (int round = 0; round < 400; round++) {
		struct address_range ranges[12];
		size_t count = (size_t)rand_r(&seed) % ARRAY_LEN(ranges);
		struct address_set set = { 0 };
		struct error err = { 0 };
		for (size_t i = 0; i < count; i++)
			ranges[i] = random_range();
		EXPECT_OK(address_set_make(ranges, count, &set, &err), err);
		for (int i = 0; i < 1000; i++) {
			struct address asked = random_address();
			assert_int_equal(address_set_holds(&set, &asked),
					 naive_holds(ranges, count, &asked));
		}
		address_set_done(&set);
	}
}

TEST_MAIN(RUN(ip_03_what_is_no_notation_is_refused),
	  RUN(ip_03_a_last_octet_below_the_address_is_refused),
	  RUN(a_range_runs_upwards_within_one_family), RUN(host_bits_of_a_cidr_are_zero),
	  RUN(text_longer_than_any_notation_is_refused),
	  RUN(ip_04_a_number_up_to_32_without_its_word_is_ambiguous),
	  RUN(ip_05_the_empty_set_holds_nobody), RUN(a_set_refuses_a_range_that_runs_downwards),
	  RUN(every_notation_is_understood_as_documented), RUN(what_is_written_is_read_back),
	  RUN(ip_02_the_last_octet_form_is_exact), RUN(ip_06_everywhere_is_recognised),
	  RUN(ip_07_a_mapped_peer_matches_as_ipv4), RUN(ip_07_other_embedded_forms_are_not_ipv4),
	  RUN(all_of_ipv6_holds_no_ipv4_and_the_reverse), RUN(neighbours_and_overlaps_become_one),
	  RUN(sets_are_equal_when_they_hold_the_same), RUN(a_socket_of_another_family_is_refused),
	  RUN(a_socket_of_ipv4_is_read), RUN(ip_09_the_compiled_set_agrees_with_the_obvious_way))
