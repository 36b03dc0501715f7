/* A folder of its own for each test's files, and ways to damage what lies in it. */
#pragma once

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#define SCRATCH_PATH_MAX 160

struct scratch {
	char folder[64];
	char path[SCRATCH_PATH_MAX]; /* of the database, not yet there */
};

static inline struct scratch scratch_new(void)
{
	struct scratch scratch = { .folder = "/tmp/bestow-test-XXXXXX" };

	assert_non_null(mkdtemp(scratch.folder));
	snprintf(scratch.path, sizeof scratch.path, "%s/bestow.db", scratch.folder);
	return scratch;
}

static inline const char *scratch_beside(const struct scratch *scratch, const char *suffix,
					 char into[SCRATCH_PATH_MAX])
{
	assert_true(snprintf(into, SCRATCH_PATH_MAX, "%s%s", scratch->path, suffix) <
		    SCRATCH_PATH_MAX);
	return into;
}

static inline void scratch_done(struct scratch *scratch)
{
	static const char *const suffixes[] = { "",           "-wal",  "-shm",      "-journal",
						".lock",      ".copy", ".copy-wal", ".copy-shm",
						".copy.lock", ".link" };
	char path[SCRATCH_PATH_MAX];

	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++)
		(void)unlink(scratch_beside(scratch, suffixes[i], path));
	(void)rmdir(scratch->folder);
}

static inline void scratch_overwrite(const char *path, off_t at, const char *with, size_t len)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, with, len, at), (ssize_t)len);
	close(fd);
}

static inline unsigned int scratch_mode(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}
