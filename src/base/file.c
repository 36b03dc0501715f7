#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define READ_STEP 16384

void fd_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

bool fd_read_all(int fd, size_t max, struct buffer *ret, struct error *err)
{
	size_t start = ret->len;

	for (;;) {
		unsigned char *room = buffer_reserve(ret, READ_STEP);
		if (!room)
			return error_set(err, REASON_NO_MEMORY, "reading a file");

		ssize_t got = read(fd, room, READ_STEP);
		ret->len -= READ_STEP - (got > 0 ? (size_t)got : 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set(err, REASON_FILE, "read: %s", strerror(errno));
		if (got == 0)
			return true;
		if (ret->len - start > max)
			return error_set(err, REASON_TOO_LARGE, "longer than %zu bytes", max);
	}
}

bool fd_write_all(int fd, struct bytes view, struct error *err)
{
	while (view.len) {
		ssize_t put = write(fd, view.data, view.len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return error_set(err, REASON_FILE, "write: %s", strerror(errno));
		view.data += put;
		view.len -= (size_t)put;
	}
	return true;
}

bool file_load(const char *path, size_t max, struct buffer *ret, struct error *err)
{
	CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, REASON_FILE, "%s: %s", path, strerror(errno));
	return fd_read_all(fd, max, ret, err);
}

static bool sync_folder_of(const char *path, struct error *err)
{
	char copy[PATH_MAX];

	snprintf(copy, sizeof copy, "%s", path);
	CLEANUP(fd_closep) int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return error_set(err, REASON_FILE, "folder of %s: %s", path, strerror(errno));
	return true;
}

static bool write_synced(const char *path, struct bytes view, mode_t mode, struct error *err)
{
	CLEANUP(fd_closep) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		return error_set(err, REASON_FILE, "%s: %s", path, strerror(errno));
	if (!fd_write_all(fd, view, err))
		return false;
	if (fsync(fd) != 0)
		return error_set(err, REASON_FILE, "%s: %s", path, strerror(errno));
	return true;
}

bool file_save(const char *path, struct bytes view, mode_t mode, struct error *err)
{
	char beside[PATH_MAX];

	if (snprintf(beside, sizeof beside, "%s.new", path) >= (int)sizeof beside)
		return error_set(err, REASON_FILE, "path too long");
	/* what an earlier crash left behind is nobody's */
	(void)unlink(beside);
	if (!write_synced(beside, view, mode, err)) {
		(void)unlink(beside);
		return false;
	}
	if (rename(beside, path) != 0) {
		(void)unlink(beside);
		return error_set(err, REASON_FILE, "%s: %s", path, strerror(errno));
	}
	return sync_folder_of(path, err);
}
