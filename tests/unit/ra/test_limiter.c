#include "test.h"

#include "ra/limiter.h"

#define HOUR ((uint64_t)60 * 60 * 1000)
#define NOW ((uint64_t)1000000)

static struct address peer_of(const char *text)
{
	struct address peer;

	assert_true(address_parse(text, &peer, NULL));
	return peer;
}

static struct limiter *make(void)
{
	struct limiter *limiter = NULL;
	struct error err = { 0 };

	EXPECT_OK(limiter_new(&limiter, &err), err);
	return limiter;
}

static unsigned int failures_until_refused(struct limiter *limiter,
					   const struct limiter_trial *trial, uint64_t now)
{
	unsigned int count = 0;

	for (; limiter_check(limiter, trial, now, NULL) && count < 10000; count++)
		limiter_count(limiter, trial, now);
	return count;
}

TEST(pp_08_a_guesser_waits_and_is_told_how_long)
{
	CLEANUP(limiter_freep) struct limiter *limiter = make();
	const struct address peer = peer_of("192.0.2.1");
	const struct limiter_trial trial = { &peer, 7, 4, HOUR };
	struct error err = { 0 };

	assert_int_equal(failures_until_refused(limiter, &trial, NOW), 4);
	assert_false(limiter_check(limiter, &trial, NOW + HOUR - 1, &err));
	assert_int_equal(err.reason, REASON_TOO_MANY_FAILURES);
	assert_int_equal(err.retry_after, 5);
	assert_false(limiter_check(limiter, &trial, NOW + HOUR / 2, &err));
	assert_int_equal(err.retry_after, HOUR / 2000);
	assert_int_equal(failures_until_refused(limiter, &trial, NOW + HOUR), 1);
	assert_int_equal(failures_until_refused(limiter, &trial, NOW + 9 * HOUR), 4);
}

TEST(pp_08_nobody_else_waits)
{
	CLEANUP(limiter_freep) struct limiter *limiter = make();
	const struct address guesser = peer_of("2001:db8::1"), same = peer_of("2001:db8::ffff"),
			     other = peer_of("2001:db8:0:1::1"), v4 = peer_of("192.0.2.1"),
			     next = peer_of("192.0.2.2");
	const struct limiter_trial trials[] = {
		{ &guesser, 7, 3, HOUR }, { &same, 7, 3, HOUR }, { &other, 7, 3, HOUR },
		{ &v4, 7, 3, HOUR },      { &next, 7, 3, HOUR }, { &guesser, 8, 3, HOUR },
	};

	assert_int_equal(failures_until_refused(limiter, &trials[0], NOW), 3);
	assert_int_equal(failures_until_refused(limiter, &trials[1], NOW), 0);
	for (size_t i = 2; i < ARRAY_LEN(trials); i++)
		assert_int_equal(failures_until_refused(limiter, &trials[i], NOW), 3);
}

TEST(pp_08_the_usual_pace)
{
	CLEANUP(limiter_freep) struct limiter *limiter = make();
	const struct address peer = peer_of("192.0.2.1");
	const struct limiter_trial trial = limiter_usual(&peer, 1);

	assert_int_equal(failures_until_refused(limiter, &trial, NOW), LIMITER_BURST);
	assert_int_equal(failures_until_refused(limiter, &trial, NOW + 2000),
			 2 * LIMITER_PER_SECOND);
}

TEST_MAIN(RUN(pp_08_a_guesser_waits_and_is_told_how_long), RUN(pp_08_nobody_else_waits),
	  RUN(pp_08_the_usual_pace))
