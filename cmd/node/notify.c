#include "node/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define MESSAGE_MAX 1024

/* Half of what systemd waits, as sd_watchdog_enabled(3) advises; 0 if the wish is another's. */
static uint32_t watchdog_from_environment(void)
{
	const char *microseconds = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (!microseconds || (pid && strtol(pid, NULL, 10) != getpid()))
		return 0;
	unsigned long long half_ms = strtoull(microseconds, NULL, 10) / 2000;
	return half_ms > 3600000 ? 3600000 : (uint32_t)half_ms;
}

void notify_open(struct notify *notify)
{
	const char *path = getenv("NOTIFY_SOCKET");

	*notify = (struct notify){ .fd = -1, .address.sun_family = AF_UNIX };
	if (!path || (*path != '/' && *path != '@') ||
	    strlen(path) >= sizeof notify->address.sun_path)
		return;
	memcpy(notify->address.sun_path, path, strlen(path));
	if (*path == '@')
		notify->address.sun_path[0] = '\0';
	notify->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	notify->watchdog_ms = watchdog_from_environment();
}

void notify_send(const struct notify *notify, const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list args;

	if (notify->fd < 0)
		return;
	va_start(args, format);
	int len = vsnprintf(message, sizeof message, format, args);
	va_end(args);
	if (len < 0)
		return;
	size_t sent = (size_t)len < sizeof message ? (size_t)len : sizeof message - 1;
	/* best effort: whoever does not listen does not hear */
	if (sendto(notify->fd, message, sent, MSG_NOSIGNAL | MSG_DONTWAIT,
		   (const struct sockaddr *)&notify->address, notify->address_len) < 0)
		return;
}

void notify_close(struct notify *notify)
{
	fd_closep(&notify->fd);
}
