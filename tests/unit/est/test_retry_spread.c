/* LD-09: who was sent away comes back neither earlier than told nor all at once. */
#include "est/retry_spread.h"

#include "test.h"

TEST(ld_09_between_what_was_asked_for_and_twice_that)
{
	for (int i = 0; i < 1000; i++) {
		unsigned int seconds = retry_spread(600);

		assert_true(seconds >= 600 && seconds <= 1200);
	}
}

TEST(ld_09_not_all_at_once)
{
	unsigned int first = retry_spread(86400);
	bool differ = false;

	for (int i = 0; i < 1000 && !differ; i++)
		differ = retry_spread(86400) != first;
	assert_true(differ);
}

TEST(ld_09_at_most_two_days)
{
	assert_int_equal(retry_spread(RETRY_AFTER_MAX), RETRY_AFTER_MAX);
	assert_int_equal(retry_spread(UINT32_MAX), RETRY_AFTER_MAX);
	assert_int_equal(retry_spread(0), 0);
	for (int i = 0; i < 1000; i++)
		assert_true(retry_spread(RETRY_AFTER_MAX - 1) <= RETRY_AFTER_MAX);
}

TEST_MAIN(RUN(ld_09_between_what_was_asked_for_and_twice_that), RUN(ld_09_not_all_at_once),
	  RUN(ld_09_at_most_two_days))
