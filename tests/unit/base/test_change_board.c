#include "test.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/change_board.h"

static struct change_board *board_new(void)
{
	struct change_board *board = NULL;
	struct error err = { 0 };

	EXPECT_OK(change_board_new(&board, &err), err);
	return board;
}

TEST(whoever_only_reads_cannot_raise)
{
	CLEANUP(change_board_freep) struct change_board *board = board_new();

	change_board_only_read(board);
	change_board_raise(board, 7);
	change_board_raise_all(board);
	assert_int_equal(change_board_look(board, 7), 0);
}

TEST(a_slot_is_raised_alone_or_with_all)
{
	CLEANUP(change_board_freep) struct change_board *board = board_new();

	change_board_raise(board, 7);
	assert_int_equal(change_board_look(board, 7), 1);
	assert_int_equal(change_board_look(board, 8), 0);
	change_board_raise_all(board);
	assert_int_equal(change_board_look(board, 7), 2);
	assert_int_equal(change_board_look(board, CHANGE_BOARD_SLOTS - 1), 1);
}

/* Another process sees it at once, without a message. */
TEST(oc_05_what_is_raised_is_seen_by_the_others)
{
	CLEANUP(change_board_freep) struct change_board *board = board_new();
	pid_t child = fork();
	int status = -1;

	assert_true(child >= 0);
	if (child == 0) {
		change_board_raise(board, 3);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(change_board_look(board, 3), 1);
}

TEST(serials_are_spread_over_the_slots)
{
	static unsigned char seen[CHANGE_BOARD_SLOTS];
	size_t used = 0;

	for (uint32_t i = 0; i < 4 * CHANGE_BOARD_SLOTS; i++) {
		const unsigned char serial[] = { 1, (unsigned char)(i >> 16),
						 (unsigned char)(i >> 8), (unsigned char)i };
		size_t slot = change_board_slot((struct bytes){ serial, sizeof serial });
		assert_true(slot < CHANGE_BOARD_SLOTS);
		used += !seen[slot];
		seen[slot] = 1;
	}
	assert_true(used > CHANGE_BOARD_SLOTS / 2);
}

TEST_MAIN(RUN(whoever_only_reads_cannot_raise), RUN(a_slot_is_raised_alone_or_with_all),
	  RUN(oc_05_what_is_raised_is_seen_by_the_others), RUN(serials_are_spread_over_the_slots))
