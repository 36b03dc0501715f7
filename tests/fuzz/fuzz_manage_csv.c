/* Whatever a line holds, its fields are texts within it; written anew in quotes, they are read as
 * the same. */
#include <stdlib.h>
#include <string.h>

#include "manage/csv.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void write_quoted(const struct csv_record *record, struct buffer *to)
{
	for (size_t i = 0; i < record->count; i++) {
		buffer_append_text(to, i ? ",\"" : "\"");
		for (const char *c = record->fields[i]; *c; c++) {
			if (*c == '"')
				buffer_append_byte(to, '"');
			buffer_append_byte(to, (unsigned char)*c);
		}
		buffer_append_byte(to, '"');
	}
}

static void check_again(const struct csv_record *record)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct csv_record again;
	struct error err;

	write_quoted(record, &text);
	struct bytes rest = buffer_view(&text);
	/* quotes may make it too long, which is another matter */
	if (text.len == 0 || text.len > CSV_LINE_MAX)
		return;
	if (!csv_read(&rest, &again, &err) || rest.len || again.count != record->count)
		abort();
	for (size_t i = 0; i < record->count; i++)
		if (strcmp(again.fields[i], record->fields[i]) != 0)
			abort();
}

static void check_bounds(const struct csv_record *record)
{
	const char *end = record->text + sizeof record->text;

	if (record->count > CSV_FIELDS_MAX)
		abort();
	for (size_t i = 0; i < record->count; i++)
		if (record->fields[i] < record->text ||
		    record->fields[i] + strlen(record->fields[i]) >= end)
			abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct bytes rest = csv_without_mark((struct bytes){ data, size });

	while (rest.len) {
		size_t before = rest.len;
		struct csv_record record;
		struct error err;

		if (csv_read(&rest, &record, &err)) {
			check_bounds(&record);
			check_again(&record);
		}
		if (rest.len >= before)
			abort();
	}
	return 0;
}
