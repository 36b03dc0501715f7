#include "bestow/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

bool identity_check_name(const char *name, struct error *err)
{
	size_t len = strlen(name);

	if (len == 0 || len > IDENTITY_NAME_MAX || name[0] == '.' || name[0] == '-' ||
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") !=
		    len)
		return error_set(
			err, REASON_INVALID,
			"an identity's name has up to %d letters, digits, '-', '_' and '.'",
			IDENTITY_NAME_MAX);
	return true;
}

static bool join(char into[PATH_MAX], struct error *err, const char *const *parts, size_t count)
{
	size_t len = 0;

	for (size_t i = 0; i < count && parts[i]; i++) {
		int put = snprintf(into + len, PATH_MAX - len, "%s%s", i ? "/" : "", parts[i]);

		if (put < 0 || (size_t)put >= PATH_MAX - len)
			return error_set(err, REASON_FILE, "path too long");
		len += (size_t)put;
	}
	return true;
}

bool identity_config_path(const struct options *options, char into[PATH_MAX], struct error *err)
{
	char file[IDENTITY_NAME_MAX + 8];

	if (!identity_check_name(options->name, err))
		return false;
	snprintf(file, sizeof file, "%s.conf", options->name);
	const char *const parts[] = { options->config_dir ? options->config_dir
							  : CONFIG_DIR_DEFAULT,
				      file };
	return join(into, err, parts, ARRAY_LEN(parts));
}

bool identity_path(const struct options *options, const char *entry, const char *file,
		   char into[PATH_MAX], struct error *err)
{
	const char *const parts[] = { options->state_dir ? options->state_dir : STATE_DIR_DEFAULT,
				      options->name, entry, file };

	return join(into, err, parts, ARRAY_LEN(parts));
}

static bool make_folder(const char *path, struct error *err)
{
	if (mkdir(path, 0755) == 0 || errno == EEXIST)
		return true;
	return error_set(err, REASON_FILE, "%s: %s", path, strerror(errno));
}

bool identity_lock(const struct options *options, int *ret_lock, struct error *err)
{
	char path[PATH_MAX];

	if (!identity_check_name(options->name, err) ||
	    !make_folder(options->state_dir ? options->state_dir : STATE_DIR_DEFAULT, err) ||
	    !identity_path(options, NULL, NULL, path, err) || !make_folder(path, err) ||
	    !identity_path(options, "lock", NULL, path, err))
		return false;

	CLEANUP(fd_closep) int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0)
		return error_set(err, REASON_FILE, "%s: %s", path, strerror(errno));
	if (flock(lock, LOCK_EX | LOCK_NB) != 0)
		return error_set(err, REASON_CONFLICT, "another run is at work on %s",
				 options->name);
	*ret_lock = lock;
	lock = -1;
	return true;
}
