#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "metrics/board.h"

static struct metrics_board *board_new(void)
{
	struct metrics_board *board = NULL;
	struct error err = { 0 };

	EXPECT_OK(metrics_board_new(&board, &err), err);
	return board;
}

static size_t take(struct metrics_board *board)
{
	struct error err = { 0 };
	size_t page = 0;

	EXPECT_OK(metrics_board_take(board, &page, &err), err);
	return page;
}

static int end_of(pid_t child)
{
	int status = -1;

	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void count(struct metrics_page *page, const char *name)
{
	page_count(page, &(struct row_key){ ROW_FETCH, 200, 0, name });
}

static uint64_t sum_of(const struct metrics_board *board, const char *name)
{
	struct metrics_sum sum = { 0 };
	struct error err = { 0 };
	uint64_t value = 0;

	EXPECT_OK(metrics_board_sum(board, &sum, &err), err);
	for (size_t i = 0; i < sum.row_count; i++)
		if (strcmp(sum.rows[i].name, name) == 0)
			value += counter_read(&sum.rows[i].count);
	metrics_sum_done(&sum);
	return value;
}

/* A process that strangers have taken over must not be able to touch what another counts. */
TEST(a_child_reaches_its_own_page_only)
{
	CLEANUP(metrics_board_freep) struct metrics_board *board = board_new();
	size_t own = take(board), other = take(board);
	struct metrics_page *others = metrics_board_page(board, other);
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		signal(SIGSEGV, SIG_DFL);
		counter_add(&metrics_board_keep(board, own)->counters.crls, 1);
		counter_add(&others->counters.crls, 1);
		_exit(0);
	}
	assert_int_not_equal(end_of(child), 0);
	assert_int_equal(counter_read(&metrics_board_page(board, own)->counters.crls), 1);
	assert_int_equal(counter_read(&others->counters.crls), 0);
}

TEST(who_only_reads_cannot_be_made_to_write)
{
	CLEANUP(metrics_board_freep) struct metrics_board *board = board_new();
	const struct page_node *node = metrics_board_node(board);
	void *start = (void *)((uintptr_t)node & ~(uintptr_t)4095);

	metrics_board_only_read(board);
	assert_int_not_equal(mprotect(start, 4096, PROT_READ | PROT_WRITE), 0);
}

/* An edge that is killed and comes back, or another in its place, goes on where it ended. */
TEST(sums_do_not_fall_when_a_process_ends)
{
	CLEANUP(metrics_board_freep) struct metrics_board *board = board_new();
	size_t page = take(board);

	count(metrics_board_page(board, page), "crl");
	counter_set(&metrics_board_page(board, page)->gauges.listens, 1);
	metrics_board_give_back(board, page);
	assert_int_equal(sum_of(board, "crl"), 1);
	assert_int_equal(counter_read(&metrics_board_page(board, page)->gauges.listens), 0);

	assert_int_equal(take(board), page);
	count(metrics_board_page(board, page), "crl");
	assert_int_equal(sum_of(board, "crl"), 2);
}

TEST(rows_of_the_same_labels_are_added_up)
{
	CLEANUP(metrics_board_freep) struct metrics_board *board = board_new();
	size_t first = take(board), second = take(board);

	count(metrics_board_page(board, first), "crl");
	count(metrics_board_page(board, second), "crl");
	count(metrics_board_page(board, second), "delta");
	assert_int_equal(sum_of(board, "crl"), 2);
	assert_int_equal(sum_of(board, "delta"), 1);
}

TEST(a_page_too_many_is_refused)
{
	CLEANUP(metrics_board_freep) struct metrics_board *board = board_new();
	struct error err = { 0 };
	size_t page;

	for (size_t i = 1; i < BOARD_PAGES; i++)
		(void)take(board);
	EXPECT_REFUSED(metrics_board_take(board, &page, &err), err, REASON_BUSY);
}

/* Whoever makes up labels without end gets one for all of them, and nobody else loses a count. */
TEST(names_without_end_become_one)
{
	CLEANUP(metrics_board_freep) struct metrics_board *board = board_new();
	struct metrics_page *page = metrics_board_page(board, take(board));
	char name[32];

	for (int i = 0; i < 2 * PAGE_ROWS; i++) {
		snprintf(name, sizeof name, "name-%d", i);
		count(page, name);
	}
	count(page, "");
	assert_true(sum_of(board, PAGE_OTHER) >= PAGE_ROWS);
	assert_int_equal(sum_of(board, ""), 1);
	assert_int_equal(counter_read(&page->counters.rows_lost), 0);
}

TEST(a_name_too_long_is_cut_and_found_again)
{
	CLEANUP(metrics_board_freep) struct metrics_board *board = board_new();
	struct metrics_page *page = metrics_board_page(board, take(board));
	char name[2 * PAGE_NAME_MAX], cut[PAGE_NAME_MAX + 1];

	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	snprintf(cut, sizeof cut, "%s", name);
	count(page, name);
	count(page, name);
	assert_int_equal(sum_of(board, cut), 2);
}

/* What a process that was taken over writes into its page is bounded before it is read. */
TEST(a_page_of_junk_does_no_harm)
{
	CLEANUP(metrics_board_freep) struct metrics_board *board = board_new();
	struct metrics_page *page = metrics_board_page(board, take(board));
	struct metrics_sum sum = { 0 };
	struct error err = { 0 };

	memset(page, 0xff, sizeof *page);
	EXPECT_OK(metrics_board_sum(board, &sum, &err), err);
	assert_int_equal(sum.row_count, 0);
	for (size_t i = 0; i < PAGE_ROWS; i++)
		counter_set(&page->rows[i].kind, 1 + ROW_REQUEST);
	EXPECT_OK(metrics_board_sum(board, &sum, &err), err);
	assert_int_equal(sum.row_count, 1);
	assert_int_equal(strlen(sum.rows[0].name), PAGE_NAME_MAX);
	metrics_sum_done(&sum);
}

TEST_MAIN(RUN(a_child_reaches_its_own_page_only), RUN(who_only_reads_cannot_be_made_to_write),
	  RUN(sums_do_not_fall_when_a_process_ends), RUN(rows_of_the_same_labels_are_added_up),
	  RUN(a_page_too_many_is_refused), RUN(names_without_end_become_one),
	  RUN(a_name_too_long_is_cut_and_found_again), RUN(a_page_of_junk_does_no_harm))
