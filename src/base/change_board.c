#include "base/change_board.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/shared_memory.h"

#define BOARD_LEN (CHANGE_BOARD_SLOTS * sizeof(atomic_uint_fast64_t))

struct change_board {
	struct shared_memory memory;
};

static atomic_uint_fast64_t *counter_at(const struct change_board *board, size_t slot)
{
	return (atomic_uint_fast64_t *)board->memory.written + slot;
}

bool change_board_new(struct change_board **ret, struct error *err)
{
	CLEANUP(change_board_freep) struct change_board *board = calloc(1, sizeof *board);

	if (!board)
		return error_set(err, REASON_NO_MEMORY, "change board");
	if (!shared_memory_new("bestow changes", BOARD_LEN, &board->memory, err))
		return false;
	*ret = TAKE(board);
	return true;
}

void change_board_only_read(struct change_board *board)
{
	shared_memory_only_read(&board->memory);
}

void change_board_free(struct change_board *board)
{
	if (!board)
		return;
	shared_memory_done(&board->memory);
	free(board);
}

/* FNV-1a. */
size_t change_board_slot(struct bytes thing)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < thing.len; i++)
		hash = (hash ^ thing.data[i]) * 16777619u;
	return (hash ^ hash >> 16) % CHANGE_BOARD_SLOTS;
}

uint64_t change_board_look(const struct change_board *board, size_t slot)
{
	return atomic_load((const atomic_uint_fast64_t *)board->memory.read + slot);
}

void change_board_raise(struct change_board *board, size_t slot)
{
	if (board->memory.written)
		atomic_fetch_add(counter_at(board, slot), 1);
}

void change_board_raise_all(struct change_board *board)
{
	for (size_t slot = 0; slot < CHANGE_BOARD_SLOTS; slot++)
		change_board_raise(board, slot);
}
