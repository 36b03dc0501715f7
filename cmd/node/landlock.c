#include "node/landlock.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"

/* The same numbers on every architecture that has them. */
#define CALL_CREATE_RULESET 444
#define CALL_ADD_RULE 445
#define CALL_RESTRICT_SELF 446

#define WANTS_VERSION 1u
#define VERSION_WITH_PORTS 4
#define NET_BIND_TCP 1u
#define NET_CONNECT_TCP 2u
#define RULE_NET_PORT 2

struct ruleset {
	uint64_t handled_fs, handled_net;
};

struct port_rule {
	uint64_t allowed, port;
};

bool landlock_knows_ports(void)
{
	return syscall(CALL_CREATE_RULESET, NULL, 0, WANTS_VERSION) >= VERSION_WITH_PORTS;
}

static bool refuse(struct error *err)
{
	return error_set(err, REASON_INTERNAL, "landlock: %s", strerror(errno));
}

bool landlock_allow_ports(const uint16_t *ports, size_t count, struct error *err)
{
	const struct ruleset ruleset = { .handled_net = NET_BIND_TCP | NET_CONNECT_TCP };

	if (!landlock_knows_ports())
		return true;
	CLEANUP(fd_closep)
	int fd = (int)syscall(CALL_CREATE_RULESET, &ruleset, sizeof ruleset, 0);
	if (fd < 0)
		return refuse(err);
	for (size_t i = 0; i < count; i++) {
		const struct port_rule rule = { NET_CONNECT_TCP, ports[i] };

		if (syscall(CALL_ADD_RULE, fd, RULE_NET_PORT, &rule, 0) != 0)
			return refuse(err);
	}
	return syscall(CALL_RESTRICT_SELF, fd, 0) == 0 || refuse(err);
}
