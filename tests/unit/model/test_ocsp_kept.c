#include "test.h"

#include "model/ocsp_kept.h"

#define NOW 1000000

static struct change_board *board;

static int open_board(void **state)
{
	struct error err;

	(void)state;
	return change_board_new(&board, &err) ? 0 : -1;
}

static int close_board(void **state)
{
	(void)state;
	change_board_free(board);
	return 0;
}

static struct kept *kept_of(size_t room)
{
	struct kept *kept = NULL;
	struct error err = { 0 };

	EXPECT_OK(kept_new(board, room, &kept, &err), err);
	return kept;
}

static struct bytes serial_of(const uint32_t *number)
{
	return (struct bytes){ (const unsigned char *)number, sizeof *number };
}

/* The CertID is the serial itself here: nothing in it is looked at. */
static void put(struct kept *kept, uint32_t number, const char *text)
{
	struct bytes id = serial_of(&number);
	const struct ocsp_reply reply = { .is_keepable = true,
					  .seen = change_board_look(board, change_board_slot(id)),
					  .this_update = NOW,
					  .next_update = NOW + 100,
					  .der = bytes_of_string(text) };

	kept_put(kept, id, id, &reply);
}

static struct kept_answer *find(struct kept *kept, uint32_t number, int64_t now)
{
	return kept_find(kept, serial_of(&number), now);
}

TEST(nothing_is_found_that_was_not_put)
{
	CLEANUP(kept_freep) struct kept *kept = kept_of(KEPT_ROOM);

	assert_null(find(kept, 1, NOW));
	put(kept, 1, "one");
	assert_null(find(kept, 2, NOW));
	assert_true(bytes_equal(find(kept, 1, NOW)->der, BYTES_LITERAL("one")));
	assert_int_equal(find(kept, 1, NOW)->stale_at, NOW + 50);
}

TEST(an_answer_ends_with_its_time)
{
	CLEANUP(kept_freep) struct kept *kept = kept_of(KEPT_ROOM);

	put(kept, 1, "one");
	assert_non_null(find(kept, 1, NOW + 99));
	assert_null(find(kept, 1, NOW + 100));
	assert_int_equal(kept_count(kept), 0);
}

TEST(oc_05_an_answer_ends_with_a_change_of_its_certificate)
{
	CLEANUP(kept_freep) struct kept *kept = kept_of(KEPT_ROOM);
	uint32_t one = 1;

	put(kept, 1, "one");
	put(kept, 2, "two");
	change_board_raise(board, change_board_slot(serial_of(&one)));
	assert_null(find(kept, 1, NOW));
	assert_non_null(find(kept, 2, NOW));
	put(kept, 1, "again");
	assert_true(bytes_equal(find(kept, 1, NOW)->der, BYTES_LITERAL("again")));
}

/* What was made before the change and arrives after it is never given out. */
TEST(oc_05_a_late_answer_is_not_used)
{
	CLEANUP(kept_freep) struct kept *kept = kept_of(KEPT_ROOM);
	uint32_t one = 1;
	struct bytes id = serial_of(&one);
	size_t slot = change_board_slot(id);
	const struct ocsp_reply late = { .seen = change_board_look(board, slot),
					 .this_update = NOW,
					 .next_update = NOW + 100,
					 .der = BYTES_LITERAL("good") };

	change_board_raise(board, slot);
	kept_put(kept, id, id, &late);
	assert_null(find(kept, 1, NOW));
}

TEST(a_newer_answer_takes_the_place_of_the_older)
{
	CLEANUP(kept_freep) struct kept *kept = kept_of(KEPT_ROOM);

	put(kept, 1, "old");
	char before[KEPT_ETAG_MAX];
	snprintf(before, sizeof before, "%s", find(kept, 1, NOW)->etag);
	put(kept, 1, "new");
	assert_int_equal(kept_count(kept), 1);
	assert_true(bytes_equal(find(kept, 1, NOW)->der, BYTES_LITERAL("new")));
	assert_string_not_equal(find(kept, 1, NOW)->etag, before);
}

TEST(the_longest_unused_goes_when_the_room_is_full)
{
	size_t one = sizeof(struct kept_answer) + sizeof(uint32_t) + 3;
	CLEANUP(kept_freep) struct kept *kept = kept_of(10 * one);

	for (uint32_t i = 0; i < 10; i++)
		put(kept, i, "123");
	assert_int_equal(kept_count(kept), 10);
	assert_non_null(find(kept, 0, NOW)); /* used now: 1 is the oldest */
	put(kept, 10, "123");
	assert_int_equal(kept_count(kept), 10);
	assert_null(find(kept, 1, NOW));
	assert_non_null(find(kept, 0, NOW));
	for (uint32_t i = 100; i < 5000; i++)
		put(kept, i, "123");
	assert_int_equal(kept_count(kept), 10);
	char long_text[8192];
	snprintf(long_text, sizeof long_text, "%*s", (int)sizeof long_text - 1, "");
	put(kept, 1, long_text);
	assert_null(find(kept, 1, NOW));
	assert_true(kept_count(kept) <= 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(nothing_is_found_that_was_not_put),
		RUN(an_answer_ends_with_its_time),
		RUN(oc_05_an_answer_ends_with_a_change_of_its_certificate),
		RUN(oc_05_a_late_answer_is_not_used),
		RUN(a_newer_answer_takes_the_place_of_the_older),
		RUN(the_longest_unused_goes_when_the_room_is_full),
	};

	return cmocka_run_group_tests(tests, open_board, close_board);
}
