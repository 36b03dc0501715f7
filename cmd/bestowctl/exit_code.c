#include "bestowctl/exit_code.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/print_clean.h"

enum exit_code exit_code_of(enum reason reason)
{
	switch (reason_kind(reason)) {
	case ERROR_NONE:
		return EXIT_DONE;
	case ERROR_NOT_FOUND:
		return EXIT_NOT_FOUND;
	case ERROR_UNAUTHENTICATED:
		return EXIT_UNAUTHENTICATED;
	case ERROR_INVALID:
	case ERROR_DENIED:
	case ERROR_CONFLICT:
	case ERROR_TOO_LARGE:
	case ERROR_UNSUPPORTED:
		return EXIT_REFUSED;
	case ERROR_PENDING:
		return EXIT_PENDING;
	case ERROR_LIMITED:
	case ERROR_BUSY:
		return EXIT_UNREACHABLE;
	case ERROR_INTERNAL:
		return EXIT_FAILED;
	}
	return EXIT_FAILED;
}

static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_clean(stderr, format, args);
	va_end(args);
}

int fail(const struct error *err)
{
	const char *remedy = reason_remedy(err->reason);

	say("bestowctl: %s", reason_words(err->reason));
	if (*err->detail)
		say(": %s", err->detail);
	say(" [%s]\n", reason_code(err->reason));
	if (*remedy)
		say("  %s.\n", remedy);
	return (int)exit_code_of(err->reason);
}

int fail_usage(const char *format, ...)
{
	va_list args;

	fputs("bestowctl: ", stderr);
	va_start(args, format);
	print_clean(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

int fail_local(const struct error *err)
{
	fail(err);
	return EXIT_LOCAL_FILE;
}

int fail_unreachable(const struct error *err)
{
	say("bestowctl: %s\n", err->detail);
	if (err->reason == REASON_FILE || err->reason == REASON_CONFIG)
		return EXIT_LOCAL_FILE;
	if (err->reason == REASON_SERVER_UNTRUSTED)
		return EXIT_SERVER_UNTRUSTED;
	return (int)exit_code_of(err->reason);
}
