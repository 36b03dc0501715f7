#include "node/listen.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"

#define BACKLOG 4096
#define LOCAL_BACKLOG 16

static bool set_option(int fd, int level, int option)
{
	const int on = 1;

	return setsockopt(fd, level, option, &on, sizeof on) == 0;
}

static const char *hint_of(int number)
{
	switch (number) {
	case EADDRINUSE:
		return "; another program or node listens there";
	case EACCES:
		return "; ports below 1024 need CAP_NET_BIND_SERVICE";
	case EADDRNOTAVAIL:
		return "; this machine does not have the address";
	default:
		return "";
	}
}

static bool refuse(const char *what, struct error *err)
{
	int number = errno;
	bool refused =
		error_set(err, REASON_LISTEN, "%s: %s%s", what, strerror(number), hint_of(number));

	errno = number;
	return refused;
}

bool listen_tcp(const struct config_listen *address, int *ret, struct error *err)
{
	CLEANUP(fd_closep)
	int fd = socket(address->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || !set_option(fd, SOL_SOCKET, SO_REUSEADDR))
		return refuse(address->text, err);
	/* [::] is IPv6 alone, so that 0.0.0.0 beside it means what it says */
	if (address->address.ss_family == AF_INET6 && !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY))
		return refuse(address->text, err);
	if (bind(fd, (const struct sockaddr *)&address->address, address->address_len) != 0 ||
	    listen(fd, BACKLOG) != 0)
		return refuse(address->text, err);
	*ret = fd;
	fd = -1;
	return true;
}

/* -- the local socket -- */

static bool somebody_answers(const struct sockaddr_un *address)
{
	CLEANUP(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ||
			   errno == EAGAIN);
}

static bool make_room(const struct sockaddr_un *address, struct error *err)
{
	struct stat file;

	if (lstat(address->sun_path, &file) != 0)
		return errno == ENOENT || refuse(address->sun_path, err);
	if (!S_ISSOCK(file.st_mode))
		return error_set(err, REASON_LISTEN, "%s is there and is no socket",
				 address->sun_path);
	if (somebody_answers(address))
		return error_set(err, REASON_LISTEN, "%s: another node answers there",
				 address->sun_path);
	return unlink(address->sun_path) == 0 || refuse(address->sun_path, err);
}

/* The mode is right from the first moment on: between bind and chmod somebody might connect. */
static bool bind_private(int fd, const struct sockaddr_un *address)
{
	mode_t before = umask(0177);
	bool bound = bind(fd, (const struct sockaddr *)address, sizeof *address) == 0;
	int number = errno;

	umask(before);
	errno = number;
	return bound;
}

bool listen_local(const struct listen_local_options *options, int *ret, struct error *err)
{
	CLEANUP(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (fd < 0)
		return refuse(options->path, err);
	if (strlen(options->path) >= sizeof address.sun_path)
		return error_set(err, REASON_LISTEN,
				 "%s: longer than the %zu characters of a socket's path",
				 options->path, sizeof address.sun_path - 1);
	memcpy(address.sun_path, options->path, strlen(options->path));
	if (!make_room(&address, err))
		return false;
	if (!bind_private(fd, &address) ||
	    (options->give_away && chown(options->path, options->uid, options->gid) != 0) ||
	    listen(fd, LOCAL_BACKLOG) != 0)
		return refuse(options->path, err);
	*ret = fd;
	fd = -1;
	return true;
}
