#include "bestow/pair.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/random.h"

#define FOLDER_PREFIX "pair-"
#define FOLDER_NAME_MAX 32
#define GROUP_ROOM 65536 /* a group's entry names its members */

static const char *const links[] = { "current", "previous", "pending" };

void pair_done(struct pair *pair)
{
	bestow_key_free(pair->key);
	bestow_certs_free(pair->certs);
	*pair = (struct pair){ 0 };
}

static void certs_freep(struct bestow_certs **certs)
{
	bestow_certs_free(*certs);
}

static bool refuse_file(struct error *err, const char *path)
{
	return error_set(err, REASON_FILE, "%s: %s", path, strerror(errno));
}

static bool sync_folder(const char *path, struct error *err)
{
	CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return (fd >= 0 && fsync(fd) == 0) || refuse_file(err, path);
}

static bool sync_identity(const struct options *options, struct error *err)
{
	char path[PATH_MAX];

	return identity_path(options, NULL, NULL, path, err) && sync_folder(path, err);
}

static bool exists(const struct options *options, const char *which, const char *file)
{
	char path[PATH_MAX];

	return identity_path(options, which, file, path, NULL) && access(path, F_OK) == 0;
}

/* -- reading -- */

static bool take_failure(const struct bestow_error *from, struct error *err)
{
	return error_set(err, REASON_KEY_ACCESS, "%s", from->detail);
}

static bool load_certs(const struct options *options, const char *which, struct bestow_certs **ret,
		       struct error *err)
{
	char path[PATH_MAX];
	struct bestow_error why = { 0 };

	if (!exists(options, which, "cert.pem"))
		return true;
	return identity_path(options, which, "cert.pem", path, err) &&
	       (bestow_certs_open(path, ret, &why) || take_failure(&why, err));
}

bool pair_load(const struct options *options, const char *which, struct pair *ret,
	       struct error *err)
{
	CLEANUP(pair_done) struct pair pair = { 0 };
	char path[PATH_MAX];
	struct bestow_error why = { 0 };

	if (exists(options, which, "key.pem") &&
	    (!identity_path(options, which, "key.pem", path, err) ||
	     !(bestow_key_open(path, NULL, &pair.key, &why) || take_failure(&why, err))))
		return false;
	if (!load_certs(options, which, &pair.certs, err))
		return false;
	if (pair.key && pair.certs && !bestow_cert_has_key(pair.certs, 0, pair.key))
		return error_set(err, REASON_KEY_ACCESS,
				 "key and certificate of the %s pair do not belong together",
				 which);
	*ret = pair;
	pair = (struct pair){ 0 };
	return true;
}

int64_t pair_end(const struct options *options, const char *which)
{
	CLEANUP(certs_freep) struct bestow_certs *certs = NULL;

	if (!load_certs(options, which, &certs, NULL) || !certs)
		return 0;
	return bestow_cert_not_after(certs, 0);
}

/* -- links -- */

/* The folder that a link names; false when there is no such link. */
static bool read_link(const struct options *options, const char *which, char into[FOLDER_NAME_MAX])
{
	char path[PATH_MAX];

	if (!identity_path(options, which, NULL, path, NULL))
		return false;
	ssize_t len = readlink(path, into, FOLDER_NAME_MAX - 1);
	if (len <= 0)
		return false;
	into[len] = '\0';
	return strncmp(into, FOLDER_PREFIX, strlen(FOLDER_PREFIX)) == 0 && !strchr(into, '/');
}

/* In one step, whatever was there. */
static bool set_link(const struct options *options, const char *which, const char *folder,
		     struct error *err)
{
	char beside[PATH_MAX], path[PATH_MAX];

	if (!identity_path(options, "link.new", NULL, beside, err) ||
	    !identity_path(options, which, NULL, path, err))
		return false;
	(void)unlink(beside);
	return (symlink(folder, beside) == 0 && rename(beside, path) == 0) ||
	       refuse_file(err, path);
}

/* -- a new pair -- */

static bool make_folder(const struct options *options, char name[FOLDER_NAME_MAX],
			char path[PATH_MAX], struct error *err)
{
	unsigned char random[8];
	char digits[2 * sizeof random + 1];

	if (!random_fill(random, sizeof random, err))
		return false;
	snprintf(name, FOLDER_NAME_MAX, FOLDER_PREFIX "%s",
		 hex_encode((struct bytes){ random, sizeof random }, digits));
	return identity_path(options, name, NULL, path, err) &&
	       (mkdir(path, 0755) == 0 || refuse_file(err, path));
}

bool pair_begin(const struct options *options, const struct bestow_key *key, struct error *err)
{
	char name[FOLDER_NAME_MAX], folder[PATH_MAX], path[PATH_MAX];
	struct bestow_error why = { 0 };

	if (!make_folder(options, name, folder, err))
		return false;
	if (key && (!identity_path(options, name, "key.pem", path, err) ||
		    !(bestow_key_save(key, path, &why) || take_failure(&why, err))))
		return false;
	return sync_folder(folder, err) && set_link(options, "pending", name, err) &&
	       sync_identity(options, err);
}

bool pair_complete(const struct options *options, const struct bestow_certs *certs,
		   struct error *err)
{
	char path[PATH_MAX];
	struct bestow_error why = { 0 };

	return identity_path(options, "pending", "cert.pem", path, err) &&
	       (bestow_certs_save(certs, path, &why) ||
		error_set(err, REASON_FILE, "%s", why.detail));
}

/* -- the group that may read the key: a service need not run as who renews -- */

static bool find_group(const char *name, gid_t *ret, struct error *err)
{
	CLEANUP(freep) char *room = malloc(GROUP_ROOM);
	struct group entry, *found = NULL;

	if (!room)
		return error_set(err, REASON_NO_MEMORY, "group");
	if (getgrnam_r(name, &entry, room, GROUP_ROOM, &found) != 0 || !found)
		return error_set(err, REASON_CONFIG, "group = %s: there is no such group", name);
	*ret = found->gr_gid;
	return true;
}

bool pair_check_group(const struct options *options, struct error *err)
{
	gid_t ignored;

	return !options->group || find_group(options->group, &ignored, err);
}

/* The group first: no other may read it for an instant. On disk before the pair is current. */
static bool share_key(const struct options *options, struct error *err)
{
	char path[PATH_MAX];
	gid_t group;

	if (!options->group || !exists(options, "pending", "key.pem"))
		return true;
	if (!find_group(options->group, &group, err) ||
	    !identity_path(options, "pending", "key.pem", path, err))
		return false;
	CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return (fd >= 0 && fchown(fd, (uid_t)-1, group) == 0 && fchmod(fd, 0640) == 0 &&
		fsync(fd) == 0) ||
	       refuse_file(err, path);
}

/* -- swapping -- */

/* A run that ended while it swapped back has left both on the pair that the service did not take.
 */
static bool is_pending(const struct options *options, const char *pair)
{
	char pending[FOLDER_NAME_MAX];

	return read_link(options, "pending", pending) && strcmp(pending, pair) == 0;
}

bool pair_swap(const struct options *options, struct error *err)
{
	char old[FOLDER_NAME_MAX], from[PATH_MAX], to[PATH_MAX];

	if (!share_key(options, err))
		return false;
	/* what is previous must stay so: it is what there is to go back to */
	if (read_link(options, "current", old) && !is_pending(options, old) &&
	    !set_link(options, "previous", old, err))
		return false;
	/* the old pair's other name must be on disk before it loses the first */
	if (!sync_identity(options, err) || !identity_path(options, "pending", NULL, from, err) ||
	    !identity_path(options, "current", NULL, to, err))
		return false;
	return (rename(from, to) == 0 || refuse_file(err, to)) && sync_identity(options, err);
}

bool pair_swap_back(const struct options *options, struct error *err)
{
	char failed[FOLDER_NAME_MAX], old[FOLDER_NAME_MAX];

	if (!read_link(options, "current", failed) || !read_link(options, "previous", old) ||
	    strcmp(failed, old) == 0)
		return error_set(err, REASON_NOT_FOUND, "there is no previous pair");
	return set_link(options, "pending", failed, err) && sync_identity(options, err) &&
	       set_link(options, "current", old, err) && sync_identity(options, err);
}

/* -- sweeping -- */

static bool is_named(const struct options *options, const char *folder)
{
	char name[FOLDER_NAME_MAX];

	for (size_t i = 0; i < ARRAY_LEN(links); i++)
		if (read_link(options, links[i], name) && strcmp(name, folder) == 0)
			return true;
	return false;
}

static void remove_pair(const struct options *options, const char *folder)
{
	static const char *const files[] = { "key.pem", "key.pem.new", "cert.pem", "cert.pem.new" };
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (identity_path(options, folder, files[i], path, NULL))
			(void)unlink(path);
	if (identity_path(options, folder, NULL, path, NULL))
		(void)rmdir(path);
}

static void dir_closep(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

void pair_sweep(const struct options *options)
{
	char path[PATH_MAX];

	if (!identity_path(options, NULL, NULL, path, NULL))
		return;
	CLEANUP(dir_closep) DIR *dir = opendir(path);
	for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir))
		if (strncmp(entry->d_name, FOLDER_PREFIX, strlen(FOLDER_PREFIX)) == 0 &&
		    !is_named(options, entry->d_name))
			remove_pair(options, entry->d_name);
}

void pair_abandon(const struct options *options)
{
	char path[PATH_MAX];

	if (identity_path(options, "pending", NULL, path, NULL))
		(void)unlink(path);
	pair_sweep(options);
}
