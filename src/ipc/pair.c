#include "ipc/ipc.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Hundreds of usual messages. The system may grant less. */
#define SOCKET_BUFFER (4 * 1024 * 1024)

bool ipc_pair(int ret_fds[2], struct error *err)
{
	const int size = SOCKET_BUFFER;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ret_fds) != 0)
		return error_set(err, REASON_INTERNAL, "socket pair: %s", strerror(errno));
	for (int end = 0; end < 2; end++) {
		(void)setsockopt(ret_fds[end], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
		(void)setsockopt(ret_fds[end], SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	}
	return true;
}
