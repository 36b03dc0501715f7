/* The database file before SQLite opens it: where it lies, whose it is, and who else has it. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

/* The path with all links followed, so that one file has one name and one lock. A heap string. */
MUST_CHECK bool db_file_resolve(const char *path, char **ret, struct error *err);
/* Takes the lock file beside it until *ret_fd is closed; REASON_CONFLICT names the process that has
 * it. */
MUST_CHECK bool db_file_lock(const char *path, int *ret_fd, struct error *err);
/* Creates it if need be, mode 0600, and refuses what cannot be a safe home: not a regular file, a
 * second hard link, a network file system, a log without its database or of another one. */
MUST_CHECK bool db_file_prepare(const char *path, struct error *err);
/* An empty file beside `path`, mode 0600, to be filled and then given that name. What an earlier
 * attempt left there is thrown away. A heap string. */
MUST_CHECK bool db_file_begin_copy(const char *path, char **ret_beside, struct error *err);
/* Makes the copy durable and gives it its name; an existing file is REASON_CONFLICT. */
MUST_CHECK bool db_file_end_copy(const char *beside, const char *path, struct error *err);
