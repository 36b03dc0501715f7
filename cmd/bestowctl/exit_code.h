/* The exit codes that all our programs share; documented in bestowctl(1). */
#pragma once

#include "base/error.h"

enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_FOUND = 3,
	EXIT_UNAUTHENTICATED = 4,
	EXIT_REFUSED = 5,
	EXIT_PENDING = 6,
	EXIT_UNREACHABLE = 7,
	EXIT_SERVER_UNTRUSTED = 8,
	EXIT_LOCAL_FILE = 10,
};

enum exit_code exit_code_of(enum reason reason);
/* Says what went wrong on standard error and returns the code for it. */
int fail(const struct error *err);
/* Mistakes on the command line. */
int fail_usage(const char *format, ...) PRINTF_LIKE(1, 2);
/* A file here, not there. */
int fail_local(const struct error *err);
/* No answer came: the detail says it all, and the catalogue's words are about other things. */
int fail_unreachable(const struct error *err);
