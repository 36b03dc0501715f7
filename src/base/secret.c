#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

void memory_wipe(void *memory, size_t len)
{
	explicit_bzero(memory, len);
}

bool secret_copy(struct bytes from, struct secret *ret, struct error *err)
{
	unsigned char *data = malloc(from.len + 1);

	if (!data)
		return error_set(err, REASON_NO_MEMORY, "secret");
	if (from.len)
		memcpy(data, from.data, from.len);
	data[from.len] = '\0';
	*ret = (struct secret){ data, from.len };
	return true;
}

/* systemd gives the service's user its credentials by an access control list, of which the mode
 * shows the mask where the group would be; the folder lets nobody else in. */
static mode_t others_of(const char *path)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	size_t len = folder ? strlen(folder) : 0;
	bool is_credential = len > 0 && strncmp(path, folder, len) == 0 && path[len] == '/' &&
			     !strstr(path, "/../");

	return is_credential ? 037 : 077;
}

static bool check_file_is_private(int fd, const char *path, size_t max, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return error_set(err, REASON_SECRET_FILE, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return error_set(err, REASON_SECRET_FILE, "%s: not a regular file", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return error_set(err, REASON_SECRET_FILE, "%s: belongs to another user", path);
	if (st.st_mode & others_of(path))
		return error_set(err, REASON_SECRET_FILE,
				 "%s: mode %04o lets others read it; want 0600 or 0400", path,
				 (unsigned int)(st.st_mode & 07777));
	if (st.st_size < 0 || (size_t)st.st_size > max)
		return error_set(err, REASON_SECRET_FILE, "%s: longer than %zu bytes", path, max);
	return true;
}

bool secret_load(const char *path, size_t max, struct secret *ret, struct error *err)
{
	/* a pipe that nobody writes to would keep us waiting, before it is refused */
	CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return error_set(err, REASON_SECRET_FILE, "%s: %s", path, strerror(errno));
	if (!check_file_is_private(fd, path, max, err))
		return false;

	CLEANUP(buffer_wipe) struct buffer text = { 0 };
	if (!fd_read_all(fd, max, &text, err))
		return false;
	if (text.len && text.data[text.len - 1] == '\n')
		text.len--;
	return secret_copy(buffer_view(&text), ret, err);
}

bool secret_equal(struct bytes a, struct bytes b)
{
	unsigned char difference = (unsigned char)(a.len != b.len);

	for (size_t i = 0; i < a.len && b.len; i++)
		difference |= (unsigned char)(a.data[i] ^ b.data[i % b.len]);
	return difference == 0 && a.len == b.len;
}

struct bytes secret_view(const struct secret *secret)
{
	return (struct bytes){ secret->data, secret->len };
}

void secret_done(struct secret *secret)
{
	if (secret->data)
		memory_wipe(secret->data, secret->len);
	free(secret->data);
	*secret = (struct secret){ 0 };
}
