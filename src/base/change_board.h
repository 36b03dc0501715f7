/* Counters in memory that processes share: one process raises a counter when what it stands for has
 * changed, the others see so at once and without a message, so that what they keep is never used
 * after the change was answered for.
 *
 * Things are spread over the counters by a hash: a change also voids what else lies on the same
 * one. Whoever reads a fact in order to keep it reads the counter first; whoever changes it raises
 * the counter after the change can be seen and before anybody is told of it. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#define CHANGE_BOARD_SLOTS 4096

struct change_board;
/* Before the processes that shall share it are forked. */
MUST_CHECK bool change_board_new(struct change_board **ret, struct error *err);
void change_board_free(struct change_board *board);
DEFINE_CLEANUP(struct change_board *, change_board_free)
/* From here on this process can only read it, and cannot be made to write it. */
void change_board_only_read(struct change_board *board);

size_t change_board_slot(struct bytes thing);
uint64_t change_board_look(const struct change_board *board, size_t slot);
/* Nothing happens where the process only reads. */
void change_board_raise(struct change_board *board, size_t slot);
void change_board_raise_all(struct change_board *board);
