#include "db/db_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"

#define PRIVATE_MODE 0600
#define OWNER_TEXT_MAX 32

/* SQLite's log needs memory that all its users share and locks that hold; these file systems give
 * neither. Numbers from statfs(2). */
static const struct network_file_system {
	unsigned int magic;
	const char *name;
} network_file_systems[] = {
	{ 0x6969, "NFS" },      { 0x517b, "SMB" },       { 0xff534d42, "CIFS" },
	{ 0xfe534d42, "SMB2" }, { 0x01021997, "9P" },    { 0x00c36400, "Ceph" },
	{ 0x5346414f, "AFS" },  { 0x73757245, "Coda" },  { 0x0bd00bd0, "Lustre" },
	{ 0x01161970, "GFS2" }, { 0x7461636f, "OCFS2" },
};

static bool resolve_new(const char *path, char **ret, struct error *err)
{
	CLEANUP(freep) char *for_folder = strdup(path);
	CLEANUP(freep) char *for_name = strdup(path);

	if (!for_folder || !for_name)
		return error_set(err, REASON_NO_MEMORY, "path");
	CLEANUP(freep) char *folder = realpath(dirname(for_folder), NULL);
	if (!folder)
		return error_set(err, REASON_FILE, "folder of %s: %s", path, strerror(errno));

	CLEANUP(freep) char *joined = NULL;
	if (asprintf(&joined, "%s/%s", folder, basename(for_name)) < 0)
		return error_set(err, REASON_NO_MEMORY, "path");
	*ret = TAKE(joined);
	return true;
}

bool db_file_resolve(const char *path, char **ret, struct error *err)
{
	char *resolved = realpath(path, NULL);

	if (!resolved && errno == ENOENT)
		return resolve_new(path, ret, err);
	if (!resolved)
		return error_set(err, REASON_FILE, "%s: %s", path, strerror(errno));
	*ret = resolved;
	return true;
}

static bool refuse_second(int fd, const char *path, struct error *err)
{
	char owner[OWNER_TEXT_MAX] = "";
	ssize_t len = pread(fd, owner, sizeof owner - 1, 0);

	owner[len > 0 ? len : 0] = '\0';
	owner[strcspn(owner, "\n")] = '\0';
	return error_set(err, REASON_CONFLICT, "%s is in use by process %s", path,
			 *owner ? owner : "(unknown)");
}

/* For the words of the refusal only: the lock is the kernel's, so a stale number harms nobody. */
static void note_owner(int fd)
{
	char owner[OWNER_TEXT_MAX];
	int len = snprintf(owner, sizeof owner, "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) == 0 && pwrite(fd, owner, (size_t)len, 0) != len)
		(void)!ftruncate(fd, 0);
}

bool db_file_lock(const char *path, int *ret_fd, struct error *err)
{
	char lock_path[PATH_MAX];

	if (snprintf(lock_path, sizeof lock_path, "%s.lock", path) >= (int)sizeof lock_path)
		return error_set(err, REASON_FILE, "path too long");
	CLEANUP(fd_closep)
	int fd = open(lock_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, PRIVATE_MODE);
	if (fd < 0)
		return error_set(err, REASON_FILE, "%s: %s", lock_path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? refuse_second(fd, path, err)
					    : error_set(err, REASON_FILE, "lock %s: %s", lock_path,
							strerror(errno));
	note_owner(fd);
	*ret_fd = fd;
	fd = -1;
	return true;
}

static bool check_file_system(int fd, const char *path, struct error *err)
{
	struct statfs st;

	if (fstatfs(fd, &st) != 0)
		return error_set(err, REASON_FILE, "%s: %s", path, strerror(errno));
	for (size_t i = 0; i < ARRAY_LEN(network_file_systems); i++)
		if ((unsigned int)st.f_type == network_file_systems[i].magic)
			return error_set(err, REASON_FILE,
					 "%s lies on %s; the store needs a local disk", path,
					 network_file_systems[i].name);
	return true;
}

/* A log that waits for a database which is gone or empty: opening would throw the log away. */
static bool check_log_has_its_database(const char *path, const struct stat *st, struct error *err)
{
	char log_path[PATH_MAX];
	struct stat log;

	snprintf(log_path, sizeof log_path, "%s-wal", path);
	if (st->st_size == 0 && stat(log_path, &log) == 0 && log.st_size > 0)
		return error_set(err, REASON_STORE_CORRUPT,
				 "%s is empty but its log %s-wal is not; put the database back",
				 path, path);
	return true;
}

#define HEADER_READ_VERSION 19 /* where the file's header tells: 2 when it has a log */
#define HEADER_VERSION_OF_LOG 2

/* A copy that was put in place never had a log: what lies beside it is another database's, whose
 * pages would be written into it. */
static bool check_log_is_its_own(int fd, const char *path, struct error *err)
{
	char log_path[PATH_MAX];
	unsigned char version = HEADER_VERSION_OF_LOG;
	struct stat log;

	snprintf(log_path, sizeof log_path, "%s-wal", path);
	if (pread(fd, &version, 1, HEADER_READ_VERSION) < 0)
		return error_set(err, REASON_FILE, "%s: %s", path, strerror(errno));
	if (version != HEADER_VERSION_OF_LOG && stat(log_path, &log) == 0 && log.st_size > 0)
		return error_set(err, REASON_CONFLICT,
				 "%s-wal is the log of another database that was here: remove it, "
				 "and %s-shm",
				 path, path);
	return true;
}

bool db_file_prepare(const char *path, struct error *err)
{
	struct stat st;
	CLEANUP(fd_closep)
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, PRIVATE_MODE);

	if (fd < 0 && errno == EROFS)
		return error_set_retry(err, REASON_STORE_UNAVAILABLE, 60, "%s: %s", path,
				       strerror(errno));
	if (fd < 0 || fstat(fd, &st) != 0)
		return error_set(err, REASON_FILE, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return error_set(err, REASON_FILE, "%s is not a regular file", path);
	if (st.st_nlink != 1)
		return error_set(err, REASON_FILE, "%s has a second hard link; remove it", path);
	if ((st.st_mode & 07777) != PRIVATE_MODE && fchmod(fd, PRIVATE_MODE) != 0)
		return error_set(err, REASON_FILE, "mode of %s: %s", path, strerror(errno));
	return check_file_system(fd, path, err) && check_log_has_its_database(path, &st, err) &&
	       check_log_is_its_own(fd, path, err);
}

static bool sync_path(const char *path, int flags, struct error *err)
{
	CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | flags);

	if (fd < 0 || fsync(fd) != 0)
		return error_set(err, REASON_FILE, "%s: %s", path, strerror(errno));
	return true;
}

static bool refuse_existing(const char *path, struct error *err)
{
	return error_set(err, REASON_CONFLICT, "%s exists", path);
}

bool db_file_begin_copy(const char *path, char **ret_beside, struct error *err)
{
	CLEANUP(freep) char *beside = NULL;
	struct stat st;

	if (lstat(path, &st) == 0)
		return refuse_existing(path, err);
	if (asprintf(&beside, "%s.part", path) < 0)
		return error_set(err, REASON_NO_MEMORY, "path");
	(void)unlink(beside);
	CLEANUP(fd_closep)
	int fd = open(beside, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, PRIVATE_MODE);
	if (fd < 0)
		return error_set(err, REASON_FILE, "%s: %s", beside, strerror(errno));
	*ret_beside = TAKE(beside);
	return true;
}

bool db_file_end_copy(const char *beside, const char *path, struct error *err)
{
	CLEANUP(freep) char *for_folder = strdup(path);

	if (!for_folder)
		return error_set(err, REASON_NO_MEMORY, "path");
	if (!sync_path(beside, 0, err))
		return false;
	if (renameat2(AT_FDCWD, beside, AT_FDCWD, path, RENAME_NOREPLACE) != 0)
		return errno == EEXIST
			       ? refuse_existing(path, err)
			       : error_set(err, REASON_FILE, "%s: %s", path, strerror(errno));
	return sync_path(dirname(for_folder), O_DIRECTORY, err);
}
