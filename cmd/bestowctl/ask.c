#include "bestowctl/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "bestowctl/exit_code.h"

bool can_ask(const struct invocation *invocation)
{
	return !invocation->global->no_input && !invocation->global->json && isatty(STDIN_FILENO) &&
	       isatty(STDERR_FILENO);
}

bool confirm(const char *question, bool otherwise)
{
	char line[16];

	fprintf(stderr, "%s [%s] ", question, otherwise ? "Y/n" : "y/N");
	if (!fgets(line, sizeof line, stdin))
		return false;
	if (line[0] == '\n')
		return otherwise;
	return line[0] == 'y' || line[0] == 'Y';
}

static bool is_standard_output(const char *path)
{
	return !path || strcmp(path, "-") == 0;
}

int out_reserve(const char *path, struct out *ret)
{
	struct error err = { 0 };

	*ret = (struct out){ .fd = STDOUT_FILENO, .kept = true };
	if (is_standard_output(path))
		return EXIT_DONE;

	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		(void)!error_set(&err, REASON_FILE, "%s: %s", path, strerror(errno));
		return fail_local(&err);
	}
	*ret = (struct out){ .fd = fd, .path = path };
	return EXIT_DONE;
}

int out_write(struct out *out, const void *data, size_t len)
{
	struct error err = { 0 };

	if (!fd_write_all(out->fd, (struct bytes){ data, len }, &err))
		return fail_local(&err);
	out->kept = true;
	return EXIT_DONE;
}

void out_done(struct out *out)
{
	if (!out->path)
		return;
	close(out->fd);
	if (!out->kept)
		unlink(out->path);
}

int out_save(const char *path, const void *data, size_t len)
{
	const struct bytes view = { data, len };
	struct error err = { 0 };
	bool done = is_standard_output(path) ? fd_write_all(STDOUT_FILENO, view, &err)
					     : file_save(path, view, 0644, &err);

	return done ? EXIT_DONE : fail_local(&err);
}
