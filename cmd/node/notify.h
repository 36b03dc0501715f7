/* What systemd is told (sd_notify(3)), by hand. Without systemd it is told to nobody. */
#pragma once

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"

struct notify {
	int fd; /* -1: nobody listens */
	struct sockaddr_un address;
	socklen_t address_len;
	uint32_t watchdog_ms; /* how often to say WATCHDOG=1; 0: never */
};

/* From NOTIFY_SOCKET and WATCHDOG_USEC. */
void notify_open(struct notify *notify);
/* Lines of NAME=value. */
void notify_send(const struct notify *notify, const char *format, ...) PRINTF_LIKE(2, 3);
void notify_close(struct notify *notify);
