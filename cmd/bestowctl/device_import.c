#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/secret.h"
#include "bestowctl/ask.h"
#include "bestowctl/device_commands.h"
#include "bestowctl/device_list.h"
#include "bestowctl/exit_code.h"
#include "bestowctl/print.h"

/* What came of all the pieces together, in the form of one. */
struct sums {
	json_int_t added, present, codes, refused_count;
	json_t *refused;
};

static void sums_done(struct sums *sums)
{
	json_decref(sums->refused);
}

static void add_up(struct sums *sums, const json_t *result)
{
	sums->added += json_integer_value(json_at(result, "added"));
	sums->present += json_integer_value(json_at(result, "present"));
	sums->codes += json_integer_value(json_at(result, "codes"));
	sums->refused_count += json_integer_value(json_at(result, "refused_count"));
	/* a list that is wrong throughout is told at its beginning */
	if (json_array_size(sums->refused) < 1000)
		json_array_extend(sums->refused, json_object_get(result, "refused"));
}

static void tell_refused(const json_t *refused)
{
	size_t i;
	const json_t *line;

	json_array_foreach((json_t *)refused, i, line)
	{
		fprintf(stderr,
			"line %lld: %s: ", (long long)json_integer_value(json_at(line, "line")),
			json_text_at(line, "reason"));
		fprintf(stderr, "%s\n", json_text_at(line, "detail"));
	}
}

static int tell(const struct invocation *invocation, const struct sums *sums)
{
	json_auto_t *whole = json_pack("{s:I, s:I, s:I, s:I, s:O}", "added", sums->added, "present",
				       sums->present, "codes", sums->codes, "refused_count",
				       sums->refused_count, "refused", sums->refused);

	if (invocation->global->json)
		print_json(whole);
	else
		printf("%s%lld devices are new on the list, %lld were there, %lld codes are set, "
		       "%lld lines are refused\n",
		       json_is_true(json_at(invocation->params, "dry_run")) ? "as it would be: "
									    : "",
		       (long long)sums->added, (long long)sums->present, (long long)sums->codes,
		       (long long)sums->refused_count);
	fflush(stdout);
	if (!invocation->global->json)
		tell_refused(sums->refused);
	return sums->refused_count ? EXIT_FAILED : EXIT_DONE;
}

static json_t *piece_params(const struct invocation *invocation, const struct device_list *list,
			    struct bytes piece, size_t line)
{
	CLEANUP(buffer_wipe) struct buffer text = { 0 };
	json_auto_t *params = json_copy(invocation->params);

	base64_encode(piece, 0, &text);
	if (!buffer_ok(&text) || text.len == 0 ||
	    json_object_set_new(params, "header", json_string(list->header)) != 0 ||
	    json_object_set_new(params, "first_line", json_integer((json_int_t)line)) != 0 ||
	    json_object_set_new(params, "file",
				/* the encoding's own newline is no part of it */
				json_stringn((const char *)text.data, text.len - 1)) != 0)
		return NULL;
	return TAKE(params);
}

static int send_piece(const struct invocation *invocation, const struct device_list *list,
		      struct bytes piece, size_t line, struct sums *sums)
{
	json_auto_t *params = piece_params(invocation, list, piece, line);
	json_auto_t *result = NULL;

	if (!params)
		return fail_usage("the first line of the list is no UTF-8 text");
	int code = command_ask(invocation, "device.import", params, &result);
	if (code == EXIT_DONE)
		add_up(sums, result);
	else if (line > 2)
		fprintf(stderr, "the lines before line %zu are on the list\n", line);
	return code;
}

static int send_all(const struct invocation *invocation, struct device_list *list,
		    struct sums *sums)
{
	struct error err = { 0 };

	for (;;) {
		struct bytes piece = { 0 };
		size_t line = 0;

		if (!device_list_next(list, &piece, &line, &err))
			return fail_local(&err);
		if (piece.len == 0)
			return EXIT_DONE;
		int code = send_piece(invocation, list, piece, line, sums);
		if (code != EXIT_DONE)
			return code;
	}
}

static int open_list(const char *path, int *ret)
{
	struct error err = { 0 };

	if (strcmp(path, "-") == 0)
		*ret = dup(STDIN_FILENO);
	else
		*ret = open(path, O_RDONLY | O_CLOEXEC);
	if (*ret >= 0)
		return EXIT_DONE;
	(void)!error_set(&err, REASON_FILE, "%s: %s", path, strerror(errno));
	return fail_local(&err);
}

int device_import(const struct invocation *invocation)
{
	CLEANUP(sums_done) struct sums sums = { .refused = json_array() };
	CLEANUP(freep) struct device_list *list = calloc(1, sizeof *list);
	CLEANUP(fd_closep) int fd = -1;
	struct error err = { 0 };
	int code = open_list(own_text(invocation, "FILE"), &fd);

	if (code != EXIT_DONE)
		return code;
	if (!list || !sums.refused)
		return EXIT_FAILED;
	if (!device_list_begin(fd, list, &err))
		return fail_local(&err);
	code = send_all(invocation, list, &sums);
	if (code == EXIT_DONE && list->next_line == 2)
		code = fail_usage("the list has no device in it");
	memory_wipe(list, sizeof *list);
	return code == EXIT_DONE ? tell(invocation, &sums) : code;
}
