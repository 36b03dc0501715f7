#include "bestow/say.h"

#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/print_clean.h"
#include "est_client/failure.h"

static const char *mark(const char *pretty, const char *plain)
{
	return isatty(STDERR_FILENO) && strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? pretty : plain;
}

static void say_line(const struct options *options, const char *sign, const char *format,
		     va_list args)
{
	if (options->quiet || options->json)
		return;
	fprintf(stderr, "  %s ", sign);
	print_clean(stderr, format, args);
	fputc('\n', stderr);
}

void say_done(const struct options *options, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line(options, mark("✔", "ok"), format, args);
	va_end(args);
}

void say_warning(const struct options *options, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line(options, mark("!", "--"), format, args);
	va_end(args);
}

int say_result(const struct options *options, json_t *document, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (options->json)
		json_dumpf(document, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	else
		print_clean(stdout, format, args);
	va_end(args);
	json_decref(document);
	putchar('\n');
	return fflush(stdout) == 0 ? 0 : 1;
}

int fail_usage(const char *format, ...)
{
	va_list args;

	fputs("bestow: ", stderr);
	va_start(args, format);
	print_clean(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return BESTOW_MISUSED;
}

static void print_error(FILE *to, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_clean(to, format, args);
	va_end(args);
}

int fail_client(const struct options *options, const struct bestow_error *err)
{
	if (options->json) {
		json_t *document =
			json_pack("{s:{s:s, s:s, s:s, s:s, s:i, s:i}}", "error", "code", err->code,
				  "words", err->words, "detail", err->detail, "remedy", err->remedy,
				  "retry_after", (int)err->retry_after, "exit", (int)err->outcome);

		say_result(options, document ? document : json_object(), " ");
		return (int)err->outcome;
	}
	print_error(stderr, "bestow: %s%s%s [%s]\n", err->words, *err->detail ? ": " : "",
		    err->detail, err->code);
	if (err->retry_after)
		print_error(stderr, "  Try again in %u s.\n", err->retry_after);
	if (*err->remedy)
		print_error(stderr, "  %s.\n", err->remedy);
	return (int)err->outcome;
}

int fail_here(const struct options *options, const struct error *err)
{
	struct bestow_error told = { 0 };

	failure_tell(err, &told);
	return fail_client(options, &told);
}
