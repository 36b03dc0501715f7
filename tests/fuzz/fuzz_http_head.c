/* A head is read in the same way however it is cut; what is read is free of what a handler must not
 * see. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "http/framing.h"
#include "http/head.h"
#include "http/text.h"

#define HEAD_MAX 1024

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static enum parse scan_in_pieces(struct bytes text, size_t *ret_len)
{
	struct refusal refusal;
	size_t scanned = 0;
	enum parse result = PARSE_MORE;

	for (size_t have = 1; have <= text.len && result == PARSE_MORE; have++)
		result = head_scan((struct bytes){ text.data, have }, HEAD_MAX, &scanned, ret_len,
				   &refusal);
	return result;
}

static void check_value(const char *value)
{
	for (; *value; value++)
		expect(text_is_field_octet((unsigned char)*value));
}

static void check_path(const char *path)
{
	expect(path[0] == '/' || strcmp(path, "*") == 0);
	expect(!strstr(path, "/../") && !strstr(path, "/./"));
	for (const char *c = path; *c; c++)
		expect((unsigned char)*c >= ' ' && *c != 0x7f);
	for (struct bytes rest = bytes_of_string(path); rest.len;)
		expect(utf8_take(&rest) != UTF8_INVALID);
}

static void check_head(const struct head *head)
{
	struct framing framing;
	struct refusal refusal = { 0 };

	check_path(head->target.path);
	expect(strlen(head->method) <= HEAD_METHOD_MAX);
	for (size_t i = 0; i < head->field_count; i++) {
		expect(text_is_token(head->fields[i].name));
		check_value(head->fields[i].value);
	}
	if (!framing_parse(head, 100, &framing, &refusal))
		expect(refusal.status >= 400 && refusal.status <= 505 && refusal.why);
	else
		expect(framing.length <= 100 && !(framing.chunked && framing.length));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct bytes text = { data, size };
	struct refusal refusal = { 0 };
	size_t scanned = 0, len = 0, len_in_pieces = 0;
	static struct head head;

	enum parse result = head_scan(text, HEAD_MAX, &scanned, &len, &refusal);
	expect(result == scan_in_pieces(text, &len_in_pieces));
	if (result != PARSE_DONE)
		return 0;
	expect(len == len_in_pieces && len <= HEAD_MAX);

	CLEANUP(freep) char *copy = bytes_to_string((struct bytes){ data, len });
	if (copy && head_parse(copy, &head, &refusal))
		check_head(&head);
	return 0;
}
