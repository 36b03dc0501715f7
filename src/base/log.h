/* One call for every log line. Only cmd, http, the front ends and jobs log, once per outcome.
 * A line is text on a terminal and one JSON object elsewhere; secrets have no way in. */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_AUTO, LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* Once per process, before its threads start. `process` (say "edge-1") appears in every line;
 * copied. Lines go to standard error; a sink that blocks or fails loses lines, counted and told of
 * later. */
void log_open(enum log_format format, enum log_level lowest, const char *process);
void log_set_level(enum log_level lowest);

/* `event` is a dotted constant ("enroll.denied"); the rest is printf text of key=value pairs
 * separated by spaces. A value with spaces is written as key="..."; log_quote() prepares hostile
 * values. */
void log_event(enum log_level level, const char *event, const char *format, ...) PRINTF_LIKE(3, 4);

/* Writes `text` as a double-quoted, escaped value of at most `size` bytes with NUL; returns `into`.
 */
const char *log_quote(const char *text, char *into, unsigned long size);
