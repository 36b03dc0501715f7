#include "test.h"

#include <string.h>

#include "est/via.h"

#define OWN "bestow-ra-00000001"

static struct error err;

TEST(ra_06_a_request_that_was_here_is_refused)
{
	char into[VIA_MAX];

	EXPECT_REFUSED(via_add("1.1 " OWN, OWN, into, &err), err, REASON_UPSTREAM_LOOP);
	EXPECT_REFUSED(via_add("1.0 fred, 1.1 bestow-ra-00000002,1.1 " OWN " (x)", OWN, into, &err),
		       err, REASON_UPSTREAM_LOOP);
}

TEST(ra_06_too_many_proxies_are_refused)
{
	char into[VIA_MAX];

	EXPECT_OK(via_add("1.1 bestow-ra-a, 1.1 bestow-ra-b, 1.1 bestow-ra-c", OWN, into, &err),
		  err);
	EXPECT_REFUSED(via_add("1.1 bestow-ra-a, 1.1 bestow-ra-b, 1.1 bestow-ra-c, 1.1 bestow-ra-d",
			       OWN, into, &err),
		       err, REASON_UPSTREAM_LOOP);
	EXPECT_REFUSED(
		via_add("1.1 bestow-ra-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", OWN, into, &err),
		err, REASON_UPSTREAM_LOOP);
}

TEST(proxies_of_our_kind_are_carried_on)
{
	char into[VIA_MAX];

	EXPECT_OK(via_add(NULL, OWN, into, &err), err);
	assert_string_equal(into, "1.1 " OWN);
	EXPECT_OK(via_add("1.1 squid, 1.1 bestow-ra-2\r\nX: y", OWN, into, &err), err);
	assert_string_equal(into, "1.1 bestow-ra-2, 1.1 " OWN);
}

TEST(the_longest_that_is_taken_fits)
{
	char into[VIA_MAX];
	static const char longest[] = "1.1 bestow-ra-aaaaaaaaaaaaaaaaaaaaa, 1.1 "
				      "bestow-ra-bbbbbbbbbbbbbbbbbbbbb, 1.1 "
				      "bestow-ra-ccccccccccccccccccccc";

	EXPECT_OK(via_add(longest, "bestow-ra-ddddddddddddddddddddd", into, &err), err);
	assert_non_null(strstr(into, "ccccc, 1.1 bestow-ra-ddddddddddddddddddddd"));
}

TEST(names_differ)
{
	char a[VIA_NAME_MAX], b[VIA_NAME_MAX];

	EXPECT_OK(via_make_name(a, &err), err);
	EXPECT_OK(via_make_name(b, &err), err);
	assert_string_not_equal(a, b);
	assert_int_equal(strncmp(a, "bestow-ra-", 10), 0);
}

TEST_MAIN(RUN(ra_06_a_request_that_was_here_is_refused), RUN(ra_06_too_many_proxies_are_refused),
	  RUN(proxies_of_our_kind_are_carried_on), RUN(the_longest_that_is_taken_fits),
	  RUN(names_differ))
