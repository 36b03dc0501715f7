/* What a person or a program is told: progress on standard error, the result on standard output. */
#pragma once

#include <jansson.h>

#include "bestow/error.h"
#include "bestow/options.h"

enum { EXIT_NOTHING_DUE = 9 };

/* One step that went well, for people. */
void say_done(const struct options *options, const char *format, ...) PRINTF_LIKE(2, 3);
/* One that did not, and is no failure of the whole. */
void say_warning(const struct options *options, const char *format, ...) PRINTF_LIKE(2, 3);
/* The result: `document` with --json, else the words. Takes the document over; 0, or 1 when
 * standard output cannot take it. */
int say_result(const struct options *options, json_t *document, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* Each says what went wrong and returns the exit code for it. */
int fail_usage(const char *format, ...) PRINTF_LIKE(1, 2);
int fail_client(const struct options *options, const struct bestow_error *err);
int fail_here(const struct options *options, const struct error *err);
