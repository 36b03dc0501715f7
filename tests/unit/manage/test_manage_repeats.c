#include "test.h"

#include "manage/repeats.h"

static const struct repeat sample = { { (const unsigned char *)"ci", 2 },
				      { (const unsigned char *)"key", 3 },
				      { (const unsigned char *)"{}", 2 } };

static struct repeats *open_repeats(void)
{
	struct repeats *repeats = NULL;
	struct error err = { 0 };

	EXPECT_OK(repeats_new(&repeats, &err), err);
	return repeats;
}

static void expect_busy_or_conflict(struct repeats *repeats, const struct repeat *repeat,
				    int64_t now, enum reason reason)
{
	struct buffer reply = { 0 };
	struct error err = { 0 };
	bool known = false;

	assert_false(repeat_begin(repeats, repeat, now, &known, &reply, &err));
	assert_int_equal(err.reason, reason);
	buffer_done(&reply);
}

static bool begin(struct repeats *repeats, const struct repeat *repeat, int64_t now)
{
	struct buffer reply = { 0 };
	struct error err = { 0 };
	bool known = false;

	EXPECT_OK(repeat_begin(repeats, repeat, now, &known, &reply, &err), err);
	if (known)
		assert_true(bytes_equal(buffer_view(&reply), BYTES_LITERAL("answer")));
	buffer_done(&reply);
	return known;
}

TEST(what_is_under_way_waits_and_another_request_is_refused)
{
	struct repeats *repeats = open_repeats();
	struct repeat other = sample;

	assert_false(begin(repeats, &sample, 1000));
	expect_busy_or_conflict(repeats, &sample, 1001, REASON_BUSY);
	other.request = BYTES_LITERAL("[]");
	expect_busy_or_conflict(repeats, &other, 1001, REASON_CONFLICT);
	repeats_free(repeats);
}

TEST(an_answer_is_given_again_until_its_time_is_over)
{
	struct repeats *repeats = open_repeats();
	struct repeat others = sample;

	assert_false(begin(repeats, &sample, 1000));
	repeat_end(repeats, &sample, true, BYTES_LITERAL("answer"));
	assert_true(begin(repeats, &sample, 1000 + REPEAT_SECONDS - 1));
	others.asker = BYTES_LITERAL("other");
	assert_false(begin(repeats, &others, 1000));
	assert_false(begin(repeats, &sample, 1000 + REPEAT_SECONDS));
	repeats_free(repeats);
}

TEST(a_refusal_is_not_kept)
{
	struct repeats *repeats = open_repeats();

	assert_false(begin(repeats, &sample, 1000));
	repeat_end(repeats, &sample, false, BYTES_LITERAL("answer"));
	assert_false(begin(repeats, &sample, 1001));
	repeats_free(repeats);
}

TEST(what_is_kept_is_bounded)
{
	struct repeats *repeats = open_repeats();
	unsigned char number[2];
	struct repeat one = sample;

	one.key = (struct bytes){ number, sizeof number };
	for (unsigned int i = 0; i < REPEATS_KEPT; i++) {
		unsigned char asker = (unsigned char)(i / REPEATS_PER_ASKER);

		one.asker = (struct bytes){ &asker, 1 };
		number[0] = (unsigned char)(i >> 8);
		number[1] = (unsigned char)i;
		assert_false(begin(repeats, &one, 1000));
		repeat_end(repeats, &one, true, BYTES_LITERAL("answer"));
	}
	number[0] = 0xff;
	one.asker = BYTES_LITERAL("one more");
	expect_busy_or_conflict(repeats, &one, 1000, REASON_BUSY);
	assert_false(begin(repeats, &one, 1000 + REPEAT_SECONDS));
	repeats_free(repeats);
}

/* Nobody is refused because somebody else asks much, nor because of having asked much before. */
TEST(who_asks_much_takes_no_place_of_others)
{
	struct repeats *repeats = open_repeats();
	unsigned char number[2];
	struct repeat much = sample, first = sample, other = sample;

	first.key = BYTES_LITERAL("\0\0");
	much.key = (struct bytes){ number, sizeof number };
	for (unsigned int i = 0; i < REPEATS_KEPT + 1; i++) {
		number[0] = (unsigned char)(i >> 8);
		number[1] = (unsigned char)i;
		assert_false(begin(repeats, &much, 1000 + i));
		repeat_end(repeats, &much, true, BYTES_LITERAL("answer"));
	}
	assert_true(begin(repeats, &much, 1000 + REPEATS_KEPT));
	other.asker = BYTES_LITERAL("other");
	assert_false(begin(repeats, &other, 1000));
	assert_false(begin(repeats, &first, 1000));
	repeats_free(repeats);
}

TEST_MAIN(RUN(what_is_under_way_waits_and_another_request_is_refused),
	  RUN(an_answer_is_given_again_until_its_time_is_over), RUN(a_refusal_is_not_kept),
	  RUN(what_is_kept_is_bounded), RUN(who_asks_much_takes_no_place_of_others))
