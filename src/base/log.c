#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_line.h"

/* The one sink of a process. `json`, `is_file` and `process` are set before there are threads; the
 * rest is atomic. */
static struct {
	bool json;
	bool is_file; /* which takes every line at once */
	char process[LOG_PROCESS_MAX];
	_Atomic int lowest;
	_Atomic unsigned long lost;
	_Atomic bool torn; /* the last line was written in part */
} sink = { .lowest = LOG_LEVEL_INFO };

static bool is_regular_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

void log_open(enum log_format format, enum log_level lowest, const char *process)
{
	sink.is_file = is_regular_file(STDERR_FILENO);
	sink.json =
		format == LOG_FORMAT_JSON || (format == LOG_FORMAT_AUTO && !isatty(STDERR_FILENO));
	snprintf(sink.process, sizeof sink.process, "%s", process);
	atomic_store(&sink.lowest, (int)lowest);
}

void log_set_level(enum log_level lowest)
{
	atomic_store(&sink.lowest, (int)lowest);
}

/* A full pipe must not hold a request: who cannot take the line now does not get it. A pipe that
 * polls writable takes PIPE_BUF octets at once. */
static bool sink_is_ready(void)
{
	struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT);
}

static ssize_t write_once(struct bytes line)
{
	for (;;) {
		ssize_t written = write(STDERR_FILENO, line.data, line.len);
		if (written >= 0 || errno != EINTR)
			return written;
	}
}

static bool send_line(const struct log_line *line)
{
	if (!sink.is_file && !sink_is_ready())
		return false;

	/* half a line is ended first, so that it spoils no other */
	if (atomic_exchange(&sink.torn, false) && write_once(BYTES_LITERAL("\n")) != 1) {
		atomic_store(&sink.torn, true);
		return false;
	}
	ssize_t written =
		write_once((struct bytes){ (const unsigned char *)line->text, line->len });
	if (written > 0 && (size_t)written < line->len)
		atomic_store(&sink.torn, true);
	return written >= 0 && (size_t)written == line->len;
}

static const char *now_to_text(char into[TIME_TEXT_MAX])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	time_to_text(now.tv_sec, into);
	size_t len = strlen(into);
	snprintf(into + len - 1, TIME_TEXT_MAX - len, ".%03dZ", (int)(now.tv_nsec / 1000000));
	return into;
}

static bool send_event(enum log_level level, const char *event, struct bytes body)
{
	char when[TIME_TEXT_MAX];
	struct log_head head = { now_to_text(when), level, sink.process, event };
	struct log_line line;

	line.len = 0;
	line.cut = false;
	if (sink.json)
		log_line_json(&line, &head, body);
	else
		log_line_text(&line, &head, body);
	return send_line(&line);
}

static void tell_of_lost_lines(void)
{
	char body[48];
	unsigned long lost = atomic_exchange(&sink.lost, 0);

	if (lost == 0)
		return;
	snprintf(body, sizeof body, "lines=%lu", lost);
	if (!send_event(LOG_LEVEL_WARNING, "log.lost", bytes_of_string(body)))
		atomic_fetch_add(&sink.lost, lost);
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
	char body[LOG_LINE_MAX];
	va_list args;
	int before = errno;

	if ((int)level < atomic_load(&sink.lowest))
		return;
	va_start(args, format);
	int len = vsnprintf(body, sizeof body, format, args);
	va_end(args);

	tell_of_lost_lines();
	if (len < 0 || !send_event(level, event, bytes_of_string(body)))
		atomic_fetch_add(&sink.lost, 1);
	errno = before;
}
