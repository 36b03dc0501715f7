#include "base/change_board.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"

#define BOARD_LEN (CHANGE_BOARD_SLOTS * sizeof(atomic_uint_fast64_t))

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010 /* Linux 5.1; the C library's headers may be older */
#endif

/* Two views of the same memory. The one to read was mapped after the file was sealed against
 * writing, so the kernel never lets it become writable. */
struct change_board {
	atomic_uint_fast64_t *written; /* NULL: only read */
	const atomic_uint_fast64_t *read;
};

static bool map_views(int fd, struct change_board *board, struct error *err)
{
	void *written = mmap(NULL, BOARD_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (written == MAP_FAILED)
		return error_set(err, REASON_NO_MEMORY, "change board: %s", strerror(errno));
	board->written = written;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE) != 0)
		return error_set(err, REASON_INTERNAL, "sealing: %s", strerror(errno));
	void *read = mmap(NULL, BOARD_LEN, PROT_READ, MAP_SHARED, fd, 0);
	if (read == MAP_FAILED)
		return error_set(err, REASON_NO_MEMORY, "change board: %s", strerror(errno));
	board->read = read;
	return true;
}

bool change_board_new(struct change_board **ret, struct error *err)
{
	CLEANUP(change_board_freep) struct change_board *board = calloc(1, sizeof *board);
	CLEANUP(fd_closep) int fd = memfd_create("bestow changes", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (!board)
		return error_set(err, REASON_NO_MEMORY, "change board");
	if (fd < 0 || ftruncate(fd, (off_t)BOARD_LEN) != 0)
		return error_set(err, REASON_INTERNAL, "change board: %s", strerror(errno));
	if (!map_views(fd, board, err))
		return false;
	*ret = TAKE(board);
	return true;
}

void change_board_only_read(struct change_board *board)
{
	if (board->written)
		munmap(board->written, BOARD_LEN);
	board->written = NULL;
}

void change_board_free(struct change_board *board)
{
	if (!board)
		return;
	change_board_only_read(board);
	if (board->read)
		munmap((void *)(uintptr_t)board->read, BOARD_LEN);
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
	return atomic_load(&board->read[slot]);
}

void change_board_raise(struct change_board *board, size_t slot)
{
	if (board->written)
		atomic_fetch_add(&board->written[slot], 1);
}

void change_board_raise_all(struct change_board *board)
{
	for (size_t slot = 0; slot < CHANGE_BOARD_SLOTS; slot++)
		change_board_raise(board, slot);
}
