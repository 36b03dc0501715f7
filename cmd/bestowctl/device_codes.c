#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/secret.h"
#include "bestowctl/ask.h"
#include "bestowctl/device_commands.h"
#include "bestowctl/exit_code.h"
#include "bestowctl/print.h"

/* RFC 4180: whatever might be read as something else stands in quotes. */
static void append_field(struct buffer *to, const char *text)
{
	if (!strpbrk(text, ",\" ")) {
		buffer_append_text(to, text);
		return;
	}
	buffer_append_byte(to, '"');
	for (; *text; text++) {
		if (*text == '"')
			buffer_append_byte(to, '"');
		buffer_append_byte(to, (unsigned char)*text);
	}
	buffer_append_byte(to, '"');
}

static void append_codes(struct buffer *to, const json_t *codes)
{
	size_t i;
	const json_t *code;

	json_array_foreach((json_t *)codes, i, code)
	{
		append_field(to, json_text_at(code, "device"));
		buffer_append_byte(to, ',');
		append_field(to, json_text_at(code, "code"));
		buffer_append_byte(to, '\n');
	}
}

static int write_out(struct out *out, const struct buffer *text)
{
	struct error err = { 0 };

	if (!buffer_ok(text)) {
		(void)!error_set(&err, REASON_NO_MEMORY, "codes");
		return fail(&err);
	}
	return out_write(out, text->data, text->len);
}

/* Each answer is written before the next is asked for: what is made is shown once. As JSON they are
 * one answer, so they are kept in `all` until the end. */
static int hand_out(const json_t *result, bool first, json_t *all, struct out *out)
{
	CLEANUP(buffer_wipe) struct buffer text = { 0 };

	if (all)
		return json_array_extend(all, json_object_get(result, "codes")) == 0 ? EXIT_DONE
										     : EXIT_FAILED;
	if (first)
		buffer_append_text(&text, "device,code\n");
	append_codes(&text, json_at(result, "codes"));
	return write_out(out, &text);
}

static int make_all(const struct invocation *invocation, json_t *all, struct out *out,
		    size_t *ret_count)
{
	for (bool first = true;; first = false) {
		json_auto_t *result = NULL;
		int code = command_ask(invocation, "device.codes", invocation->params, &result);

		if (code == EXIT_DONE)
			code = hand_out(result, first, all, out);
		if (code != EXIT_DONE)
			return code;
		*ret_count += json_array_size(json_at(result, "codes"));
		if (first)
			print_warnings(json_at(result, "warnings"));
		if (!json_is_integer(json_at(result, "next")))
			return EXIT_DONE;
		json_object_set(invocation->params, "after", json_object_get(result, "next"));
	}
}

static void show_all(json_t *all)
{
	json_auto_t *whole = json_pack("{s:O}", "codes", all);

	print_json(whole);
}

int device_codes(const struct invocation *invocation)
{
	CLEANUP(out_done) struct out out = { 0 };
	size_t count = 0;
	int code = out_reserve(own_text(invocation, "--out"), &out);
	json_auto_t *all = invocation->global->json && !out.path ? json_array() : NULL;

	if (code == EXIT_DONE)
		code = make_all(invocation, all, &out, &count);
	/* also after a failure: what was made until then works, and is shown nowhere else */
	if (all && (code == EXIT_DONE || count))
		show_all(all);
	if (code == EXIT_DONE && out.path)
		fprintf(stderr, "%zu codes are in %s; they are shown nowhere else\n", count,
			out.path);
	return code;
}
