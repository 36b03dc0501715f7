/* Whatever a body holds, it stays one bounded line without control characters. */
#include <stdlib.h>
#include <string.h>

#include "base/log_line.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check(const struct log_line *line)
{
	if (line->len == 0 || line->len > LOG_LINE_MAX || line->text[line->len - 1] != '\n')
		abort();
	for (size_t i = 0; i + 1 < line->len; i++)
		if ((unsigned char)line->text[i] < 0x20 || line->text[i] == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static struct log_line json, text;
	struct log_head head = { "now", LOG_LEVEL_ERROR, "fuzz", "fuzz.line" };
	CLEANUP(freep) char *string = bytes_to_string((struct bytes){ data, size });
	char quoted[64];

	json = (struct log_line){ 0 };
	text = (struct log_line){ 0 };
	log_line_json(&json, &head, (struct bytes){ data, size });
	log_line_text(&text, &head, (struct bytes){ data, size });
	check(&json);
	check(&text);
	if (string && strlen(log_quote(string, quoted, sizeof quoted)) >= sizeof quoted)
		abort();
	return 0;
}
