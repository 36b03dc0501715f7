#include "bestowctl/certificate_commands.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "bestowctl/ask.h"
#include "bestowctl/exit_code.h"
#include "bestowctl/print.h"

#define FILE_BYTES_MAX (64 * 1024 * 1024)
#define PIECE_CERTS 200 /* what the node takes at once */

static const char block_end[] = "-----END ";

static const struct column columns[] = {
	{ "SERIAL", "serial", LOOK_SERIAL },
	{ "KIND", "kind", LOOK_TEXT },
	{ "CA", "ca", LOOK_TEXT },
	{ "CAME TO", "profile", LOOK_TEXT },
	{ "BEGAN", "not_before", LOOK_DATE },
	{ "ENDS", "not_after", LOOK_DATE },
	{ "TIMES", "times", LOOK_TEXT },
	{ "LAST", "last_seen", LOOK_DATE },
	{ "SUBJECT", "subject", LOOK_TEXT },
};

void show_unknown(const struct invocation *invocation, const json_t *result)
{
	const json_t *list = json_at(result, "certificates");
	const json_t *next = json_at(result, "next_cursor");

	print_table(invocation, list, columns, ARRAY_LEN(columns),
		    "no certificate of these CAs came by that the store does not know");
	fflush(stdout);
	if (json_is_integer(next))
		print_hint(invocation, "there are more: --cursor %" JSON_INTEGER_FORMAT,
			   json_integer_value(next));
	if (json_array_size(list) > 0)
		print_hint(invocation, "lost: a restored backup explains it; cert adopt takes it "
				       "in. unexplained: is the CA's key in other hands?");
}

/* What came of all the pieces together. */
struct sums {
	json_t *adopted, *refused;
	json_int_t known;
};

static void sums_done(struct sums *sums)
{
	json_decref(sums->adopted);
	json_decref(sums->refused);
}

static int ask_once(const struct invocation *invocation, const json_t *params, struct sums *sums,
		    size_t *ret_adopted)
{
	json_auto_t *result = NULL;
	int code = command_ask(invocation, "cert.adopt", params, &result);

	if (code != EXIT_DONE)
		return code;
	*ret_adopted = json_array_size(json_at(result, "adopted"));
	json_array_extend(sums->adopted, json_object_get(result, "adopted"));
	json_array_extend(sums->refused, json_object_get(result, "refused"));
	sums->known += json_integer_value(json_at(result, "known"));
	return EXIT_DONE;
}

/* In pieces: those that were taken in are listed no more, and the last piece is what was refused.
 */
static int ask_for_all(const struct invocation *invocation, struct sums *sums)
{
	size_t adopted = 0;
	int code;

	do {
		json_array_clear(sums->refused);
		code = ask_once(invocation, invocation->params, sums, &adopted);
	} while (code == EXIT_DONE && adopted > 0);
	return code;
}

/* -- a file, however many there are in it -- */

static const unsigned char *find_end(struct bytes text)
{
	return memmem(text.data, text.len, block_end, strlen(block_end));
}

/* The first PIECE_CERTS blocks of PEM; all of it where there are fewer, or none. */
static struct bytes take_piece(struct bytes *rest)
{
	struct bytes left = *rest;

	for (size_t i = 0; i < PIECE_CERTS && left.len > 0; i++) {
		const unsigned char *end = find_end(left);
		const unsigned char *line =
			end ? memchr(end, '\n', left.len - (size_t)(end - left.data)) : NULL;
		size_t taken = line ? (size_t)(line - left.data) + 1 : left.len;

		left = (struct bytes){ left.data + taken, left.len - taken };
	}
	struct bytes piece = { rest->data, rest->len - left.len };
	*rest = left;
	return piece;
}

static int send_piece(const struct invocation *invocation, struct bytes piece, struct sums *sums)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	json_auto_t *params = json_copy(invocation->params);
	size_t adopted = 0;

	base64_encode(piece, 0, &text);
	/* the encoding's own newline is no part of it */
	if (!buffer_ok(&text) || text.len == 0 ||
	    json_object_set_new(params, "file",
				json_stringn((const char *)text.data, text.len - 1)) != 0)
		return fail_usage("--file: is empty");
	return ask_once(invocation, params, sums, &adopted);
}

static bool load(const char *path, struct buffer *ret, struct error *err)
{
	if (strcmp(path, "-") == 0)
		return fd_read_all(STDIN_FILENO, FILE_BYTES_MAX, ret, err);
	return file_load(path, FILE_BYTES_MAX, ret, err);
}

static int send_file(const struct invocation *invocation, const char *path, struct sums *sums)
{
	CLEANUP(buffer_done) struct buffer file = { 0 };
	struct error err = { 0 };

	if (!load(path, &file, &err))
		return fail_local(&err);
	struct bytes rest = buffer_view(&file);
	int code;

	do {
		code = send_piece(invocation, take_piece(&rest), sums);
	} while (code == EXIT_DONE && rest.len > 0 && find_end(rest));
	return code;
}

static int ask(const struct invocation *invocation, struct sums *sums)
{
	const char *path = own_text(invocation, "--file");
	bool all = json_object_get(invocation->params, "all") != NULL;
	bool one = json_object_get(invocation->params, "serial") != NULL;
	size_t adopted = 0;

	if ((path != NULL) + all + one != 1)
		return fail_usage("a SERIAL, --file or --all: one of them says which to adopt");
	if (path)
		return send_file(invocation, path, sums);
	return all ? ask_for_all(invocation, sums)
		   : ask_once(invocation, invocation->params, sums, &adopted);
}

static void tell_refused(const json_t *refused)
{
	size_t i;
	const json_t *certificate;

	json_array_foreach((json_t *)refused, i, certificate)
	{
		fprintf(stderr, "%s (", json_text_at(certificate, "serial"));
		fprintf(stderr, "%s): ", json_text_at(certificate, "subject"));
		fprintf(stderr, "%s\n", json_text_at(certificate, "detail"));
	}
}

static void tell(const struct invocation *invocation, const struct sums *sums)
{
	printf("%zu certificates are taken in, %lld were known, %zu are refused\n",
	       json_array_size(sums->adopted), (long long)sums->known,
	       json_array_size(sums->refused));
	fflush(stdout);
	tell_refused(sums->refused);
	if (json_array_size(sums->adopted) > 0)
		print_hint(invocation, "they renew as any other from now on, and cert revoke ends "
				       "them: revoke again what was revoked before");
}

int certificate_adopt(const struct invocation *invocation)
{
	CLEANUP(sums_done)
	struct sums sums = { .adopted = json_array(), .refused = json_array() };
	int code = ask(invocation, &sums);

	if (code != EXIT_DONE)
		return code;
	json_auto_t *whole = json_pack("{s:O, s:I, s:O}", "adopted", sums.adopted, "known",
				       sums.known, "refused", sums.refused);
	if (invocation->global->json)
		print_json(whole);
	else
		tell(invocation, &sums);
	return json_array_size(sums.refused) ? EXIT_FAILED : EXIT_DONE;
}
