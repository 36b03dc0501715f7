#include "metrics/board.h"

#include <stdlib.h>
#include <string.h>

/* A boundary of memory pages on every machine that Linux runs on. */
#define STRIDE (2 * 65536u)
_Static_assert(sizeof(struct metrics_page) <= STRIDE, "a page fits");

struct metrics_board {
	struct shared_memory memory;
	bool taken[BOARD_PAGES]; /* as the supervisor knows */
};

/* -- the supervisor's -- */

bool metrics_board_new(struct metrics_board **ret, struct error *err)
{
	CLEANUP(metrics_board_freep) struct metrics_board *board = calloc(1, sizeof *board);

	if (!board)
		return error_set(err, REASON_NO_MEMORY, "metrics");
	if (!shared_memory_new("bestow metrics", (size_t)STRIDE * BOARD_PAGES, &board->memory, err))
		return false;
	board->taken[BOARD_SUPERVISOR] = true;
	counter_set(&metrics_board_page(board, BOARD_SUPERVISOR)->node.pages, 1);
	*ret = TAKE(board);
	return true;
}

void metrics_board_free(struct metrics_board *board)
{
	if (!board)
		return;
	shared_memory_done(&board->memory);
	free(board);
}

struct metrics_page *metrics_board_page(struct metrics_board *board, size_t page)
{
	return (struct metrics_page *)(board->memory.written + page * STRIDE);
}

bool metrics_board_take(struct metrics_board *board, size_t *ret, struct error *err)
{
	struct counter *pages = &metrics_board_page(board, BOARD_SUPERVISOR)->node.pages;
	size_t page = 0;

	while (page < BOARD_PAGES && board->taken[page])
		page++;
	if (page == BOARD_PAGES)
		return error_set(err, REASON_BUSY, "more than %d pages of metrics", BOARD_PAGES);
	board->taken[page] = true;
	if (counter_read(pages) <= page)
		counter_set(pages, page + 1);
	*ret = page;
	return true;
}

void metrics_board_give_back(struct metrics_board *board, size_t page)
{
	metrics_board_rest(board, page);
	board->taken[page] = false;
}

void metrics_board_rest(struct metrics_board *board, size_t page)
{
	struct counter *gauges = (struct counter *)&metrics_board_page(board, page)->gauges;

	for (size_t i = 0; i < PAGE_NUMBERS(struct page_gauges); i++)
		counter_set(&gauges[i], 0);
}

/* -- a child's -- */

struct metrics_page *metrics_board_keep(struct metrics_board *board, size_t page)
{
	struct metrics_page *own = metrics_board_page(board, page);

	shared_memory_keep(&board->memory, page * STRIDE, STRIDE);
	return own;
}

void metrics_board_only_read(struct metrics_board *board)
{
	shared_memory_only_read(&board->memory);
}

/* -- reading -- */

static const struct metrics_page *read_page(const struct metrics_board *board, size_t page)
{
	return (const struct metrics_page *)(board->memory.read + page * STRIDE);
}

const struct page_node *metrics_board_node(const struct metrics_board *board)
{
	return &read_page(board, BOARD_SUPERVISOR)->node;
}

static void add_numbers(const void *numbers, void *to, size_t count)
{
	const struct counter *from = numbers;
	struct counter *sums = to;

	for (size_t i = 0; i < count; i++)
		counter_add(&sums[i], counter_read(&from[i]));
}

/* Who writes a page may have been taken over: what it says is bounded before it is read. */
static void copy_row(const struct page_row *from, uint64_t kind, struct page_row *ret)
{
	*ret = (struct page_row){ .first = from->first, .second = from->second };
	memcpy(ret->name, from->name, PAGE_NAME_MAX);
	counter_set(&ret->kind, kind);
	counter_set(&ret->count, counter_read(&from->count));
}

static bool have_same_labels(const struct page_row *a, const struct page_row *b)
{
	return counter_read(&a->kind) == counter_read(&b->kind) && a->first == b->first &&
	       a->second == b->second && strcmp(a->name, b->name) == 0;
}

static bool add_row(const struct page_row *row, struct metrics_sum *sum, struct error *err)
{
	for (size_t i = 0; i < sum->row_count; i++)
		if (have_same_labels(&sum->rows[i], row)) {
			counter_add(&sum->rows[i].count, counter_read(&row->count));
			return true;
		}
	struct page_row *grown = reallocarray(sum->rows, sum->row_count + 1, sizeof *grown);
	if (!grown)
		return error_set(err, REASON_NO_MEMORY, "metrics");
	sum->rows = grown;
	memcpy(&sum->rows[sum->row_count++], row, sizeof *row);
	return true;
}

static bool add_rows(const struct metrics_page *page, struct metrics_sum *sum, struct error *err)
{
	for (size_t i = 0; i < PAGE_ROWS; i++) {
		const struct page_row *row = &page->rows[i];
		uint64_t kind = atomic_load_explicit(&row->kind.value, memory_order_acquire);
		struct page_row copy;

		if (kind == 0 || kind > ROW_KIND_COUNT)
			continue;
		copy_row(row, kind, &copy);
		if (!add_row(&copy, sum, err))
			return false;
	}
	return true;
}

bool metrics_board_sum(const struct metrics_board *board, struct metrics_sum *ret,
		       struct error *err)
{
	CLEANUP(metrics_sum_done) struct metrics_sum sum = { 0 };
	size_t pages = (size_t)counter_read(&metrics_board_node(board)->pages);

	for (size_t i = 0; i < pages && i < BOARD_PAGES; i++) {
		const struct metrics_page *page = read_page(board, i);

		add_numbers(&page->counters, &sum.counters, PAGE_NUMBERS(struct page_counters));
		add_numbers(&page->gauges, &sum.gauges, PAGE_NUMBERS(struct page_gauges));
		if (!add_rows(page, &sum, err))
			return false;
	}
	*ret = sum;
	sum.rows = NULL;
	return true;
}

void metrics_sum_done(struct metrics_sum *sum)
{
	free(sum->rows);
	sum->rows = NULL;
	sum->row_count = 0;
}
