/* Files read whole within a bound, and written so that a crash leaves the old or the new, never a
 * half. */
#pragma once

#include <sys/types.h>

#include "base/bytes.h"
#include "base/error.h"

void fd_closep(int *fd);

MUST_CHECK bool fd_read_all(int fd, size_t max, struct buffer *ret, struct error *err);
MUST_CHECK bool fd_write_all(int fd, struct bytes view, struct error *err);
/* Reads a file of at most `max` bytes and appends it to *ret. */
MUST_CHECK bool file_load(const char *path, size_t max, struct buffer *ret, struct error *err);
/* Writes beside the target, syncs, renames over it, syncs the folder. */
MUST_CHECK bool file_save(const char *path, struct bytes view, mode_t mode, struct error *err);
