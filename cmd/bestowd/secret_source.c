#include "bestowd/secret_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "config/config.h"

#define TYPED_MAX 1024

static bool read_line(int fd, char line[TYPED_MAX], size_t *ret_len, struct error *err)
{
	size_t len = 0;

	while (len < TYPED_MAX) {
		ssize_t got = read(fd, line + len, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got != 1)
			return error_set(err, REASON_SECRET_FILE, "nothing was typed");
		if (line[len] == '\n') {
			*ret_len = len;
			return true;
		}
		len++;
	}
	return error_set(err, REASON_SECRET_FILE, "more than %d characters were typed", TYPED_MAX);
}

/* Nobody looking over a shoulder, and no scroll-back, gets to see it. */
static bool ask_unseen(int fd, size_t max, struct secret *ret, struct error *err)
{
	struct termios before, unseen;
	char line[TYPED_MAX];
	size_t len = 0;

	if (tcgetattr(fd, &before) != 0)
		return error_set(err, REASON_SECRET_FILE, "the terminal: %s", strerror(errno));
	unseen = before;
	unseen.c_lflag &= ~(tcflag_t)ECHO;
	(void)tcsetattr(fd, TCSAFLUSH, &unseen);
	bool read_it = read_line(fd, line, &len, err);
	(void)tcsetattr(fd, TCSAFLUSH, &before);
	(void)!write(fd, "\n", 1);
	bool fits =
		read_it && (len <= max || error_set(err, REASON_SECRET_FILE,
						    "more than %zu characters were typed", max));
	bool done = fits && secret_copy((struct bytes){ (unsigned char *)line, len }, ret, err);
	memory_wipe(line, sizeof line);
	return done;
}

static bool ask(const char *what, size_t max, struct secret *ret, struct error *err)
{
	char question[128];
	CLEANUP(fd_closep) int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, REASON_SECRET_FILE,
				 "%s is to be typed at the start, and there is no terminal", what);
	int len = snprintf(question, sizeof question, "bestowd: %s: ", what);
	if (!fd_write_all(fd, (struct bytes){ (unsigned char *)question, (size_t)len }, err))
		return false;
	return ask_unseen(fd, max, ret, err);
}

bool secret_obtain(const char *source, const char *what, size_t max, struct secret *ret,
		   struct error *err)
{
	return strcmp(source, SECRET_PROMPT) == 0 ? ask(what, max, ret, err)
						  : secret_load(source, max, ret, err);
}
