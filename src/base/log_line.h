/* How a log line looks: text for people, JSON for programs. Pure; log.c sends it. */
#pragma once

#include "base/bytes.h"
#include "base/log.h"

#define LOG_LINE_MAX 4096 /* PIPE_BUF: a pipe takes that much whole or not at all */
#define LOG_PROCESS_MAX 32

struct log_head {
	const char *when;
	enum log_level level;
	const char *process;
	const char *event;
};

/* Zero-initialised is empty. When more comes than fits, the line is cut at a whole character, ends
 * properly all the same, and says that it was cut. */
struct log_line {
	char text[LOG_LINE_MAX];
	size_t len;
	bool cut;
};

/* `body` is the printf text of log_event(). Both end the line in LF and let nothing through that
 * could begin another line or steer a terminal. */
void log_line_text(struct log_line *line, const struct log_head *head, struct bytes body);
/* {"ts":…,"level":…,"process":…,"event":…} and one string member for each key=value; words that are
 * no pair are put together in "msg". */
void log_line_json(struct log_line *line, const struct log_head *head, struct bytes body);
