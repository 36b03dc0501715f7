#include "est_server/quirks.h"

#include <string.h>

/* One line and a final newline is what nearly all read; strongSwan 5.9 fails on wrapped lines.
 * libest alone needs lines once a body passes about 1 kB. */
static const struct {
	const char *prefix;
	size_t line_length;
} agents[] = {
	{ "libest", 64 },
};

size_t quirk_line_length(const char *user_agent)
{
	for (size_t i = 0; user_agent && i < sizeof agents / sizeof agents[0]; i++)
		if (strncmp(user_agent, agents[i].prefix, strlen(agents[i].prefix)) == 0)
			return agents[i].line_length;
	return 0;
}
