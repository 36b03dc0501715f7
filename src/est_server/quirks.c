#include "est_server/quirks.h"

#include <string.h>

#define LINE 64 /* characters, as in PEM */

struct quirks {
	size_t line_length;
	bool mirrors_http10;
};

/* One line and a final newline is what nearly all read; strongSwan 5.9 fails on wrapped lines.
 * libest needs lines once a body passes about 1 kB; Debian's build of it asks by HTTP/1.0 and
 * takes "HTTP/1.1 200" for no answer at all. What curl, wget or a browser fetched is mostly given
 * to `openssl base64 -d`, which drops most of a line that is longer than 76 and says nothing. */
static const struct {
	const char *prefix;
	struct quirks quirks;
} agents[] = {
	{ "libest", { .line_length = LINE, .mirrors_http10 = true } },
	{ "curl/", { .line_length = LINE } },
	{ "Wget/", { .line_length = LINE } },
	{ "Mozilla/", { .line_length = LINE } },
};

static struct quirks find(const char *user_agent)
{
	for (size_t i = 0; user_agent && i < sizeof agents / sizeof agents[0]; i++)
		if (strncmp(user_agent, agents[i].prefix, strlen(agents[i].prefix)) == 0)
			return agents[i].quirks;
	return (struct quirks){ 0 };
}

size_t quirk_line_length(const char *user_agent)
{
	return find(user_agent).line_length;
}

bool quirk_mirrors_http10(const char *user_agent)
{
	return find(user_agent).mirrors_http10;
}
