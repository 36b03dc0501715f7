#include "manage/device_import.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "manage/csv.h"
#include "ra/device_code.h"

/* -- the columns -- */

struct reading {
	const struct device_import_defaults *defaults;
	struct device_import_row *row;
};

static bool set_serial(struct reading *reading, const char *text, struct error *err)
{
	return device_set_identity(&reading->row->device, DEVICE_BY_SERIAL, text, err);
}

static bool set_fingerprint(struct reading *reading, const char *text, struct error *err)
{
	return device_set_identity(&reading->row->device, DEVICE_BY_FINGERPRINT, text, err);
}

static bool set_name(struct reading *reading, const char *text, struct error *err)
{
	return device_set_name(&reading->row->device, text, err);
}

static bool set_remark(struct reading *reading, const char *text, struct error *err)
{
	return device_set_remark(&reading->row->device, text, err);
}

static bool set_code(struct reading *reading, const char *text, struct error *err)
{
	reading->row->has_code = true;
	return device_code_make_verifier(reading->defaults->pepper, bytes_of_string(text), false,
					 &reading->row->code, err);
}

static bool set_uses(struct reading *reading, const char *text, struct error *err)
{
	char *end = NULL;
	long long uses = text[0] >= '0' && text[0] <= '9' ? strtoll(text, &end, 10) : 0;

	if (uses < 1 || uses > DEVICE_CODE_USES_MAX || *end)
		return error_set(err, REASON_INVALID, "uses: 1 to %d", DEVICE_CODE_USES_MAX);
	reading->row->code.uses_max = uses;
	return true;
}

static bool set_ends(struct reading *reading, const char *text, struct error *err)
{
	int64_t ends = 0;

	if (!time_from_text(text, &ends) || ends <= reading->defaults->now)
		return error_set(err, REASON_INVALID,
				 "ends: a time to come, like 2027-01-31 or 2027-01-31T12:00:00Z");
	reading->row->code.ends = ends;
	return true;
}

/* An empty field says nothing. */
static const struct column {
	const char *name;
	bool (*set)(struct reading *, const char *, struct error *);
	bool identifies;
} columns[] = {
	{ "serial", set_serial, true }, { "fingerprint", set_fingerprint, true },
	{ "name", set_name, false },    { "remark", set_remark, false },
	{ "code", set_code, false },    { "uses", set_uses, false },
	{ "ends", set_ends, false },
};

struct header {
	const struct column *columns[CSV_FIELDS_MAX];
	size_t count;
};

static const struct column *find_column(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		if (strcmp(columns[i].name, name) == 0)
			return &columns[i];
	return NULL;
}

static bool is_named_already(const struct header *header, const struct column *column)
{
	for (size_t i = 0; i < header->count; i++)
		if (header->columns[i] == column)
			return true;
	return false;
}

static bool add_column(struct header *header, const char *name, struct error *err)
{
	const struct column *column = find_column(name);

	if (!column)
		return error_set(err, REASON_IMPORT_MALFORMED,
				 "the first line: there is no column \"%.64s\"; it names serial, "
				 "fingerprint, name, remark, code, uses and ends",
				 name);
	if (is_named_already(header, column))
		return error_set(err, REASON_IMPORT_MALFORMED, "the first line: %s twice", name);
	header->columns[header->count++] = column;
	return true;
}

static bool read_header(const struct csv_record *record, struct header *ret, struct error *err)
{
	bool identifies = false;

	*ret = (struct header){ 0 };
	for (size_t i = 0; i < record->count; i++) {
		if (!add_column(ret, record->fields[i], err))
			return false;
		identifies |= ret->columns[i]->identifies;
	}
	return identifies || error_set(err, REASON_IMPORT_MALFORMED,
				       "the first line names no column serial or fingerprint");
}

static bool take_header(struct bytes *text, const char *given, struct header *ret,
			struct error *err)
{
	struct bytes own = given ? bytes_of_string(given) : csv_without_mark(*text);
	struct csv_record record;

	if (own.len == 0)
		return error_set(err, REASON_IMPORT_MALFORMED, "the first line is empty");
	if (!csv_read(&own, &record, err) || !read_header(&record, ret, err))
		return false;
	if (!given)
		*text = own;
	return true;
}

/* -- the rows -- */

/* By one identity: which of two counts would be a guess. */
static bool check_identity(const struct header *header, const struct csv_record *record,
			   struct error *err)
{
	size_t count = 0;

	for (size_t i = 0; i < record->count; i++)
		count += header->columns[i]->identifies && record->fields[i][0];
	return count == 1 ||
	       error_set(err, REASON_INVALID, "one of serial and fingerprint identifies a device");
}

static bool read_row(const struct header *header, const struct csv_record *record,
		     struct reading *reading, struct error *err)
{
	if (record->count != header->count)
		return error_set(err, REASON_INVALID, "%zu fields; the first line names %zu",
				 record->count, header->count);
	if (!check_identity(header, record, err))
		return false;
	for (size_t i = 0; i < record->count; i++)
		if (record->fields[i][0] &&
		    !header->columns[i]->set(reading, record->fields[i], err))
			return false;
	return true;
}

static void begin_row(const struct device_import_defaults *defaults, size_t line,
		      struct device_import_row *ret)
{
	*ret = (struct device_import_row){
		.line = line,
		.device = { .account_id = defaults->account_id,
			    .profile_id = defaults->profile_id,
			    .created = defaults->now },
		.code = { .profile_id = defaults->profile_id,
			  .created = defaults->now,
			  .ends = defaults->code_ends,
			  .uses_max = defaults->code_uses },
	};
}

static void refuse(struct device_import *import, size_t line, const struct error *why)
{
	if (import->refused_count < DEVICE_IMPORT_REFUSED_MAX)
		import->refused[import->refused_count] =
			(struct device_import_refusal){ line, *why };
	import->refused_count++;
}

static bool read_line(struct bytes *text, const struct header *header,
		      const struct device_import_defaults *defaults, size_t line,
		      struct device_import *import, struct error *err)
{
	struct csv_record record;
	struct error why = { 0 };
	bool read = csv_read(text, &record, &why);

	if (read && record.count == 0)
		return true;
	if (import->row_count == DEVICE_IMPORT_ROWS_MAX)
		return error_set(err, REASON_TOO_LARGE, "at most %d lines at once",
				 DEVICE_IMPORT_ROWS_MAX);

	struct device_import_row *row = &import->rows[import->row_count];
	struct reading reading = { defaults, row };
	begin_row(defaults, line, row);
	if (read && read_row(header, &record, &reading, &why))
		import->row_count++;
	else
		refuse(import, line, &why);
	memory_wipe(&record, sizeof record);
	return true;
}

bool device_import_read(struct bytes text, const char *header_line, size_t first_line,
			const struct device_import_defaults *defaults, struct device_import *ret,
			struct error *err)
{
	CLEANUP(device_import_done) struct device_import import = { 0 };
	size_t line = first_line + (header_line ? 0 : 1);
	struct header header;

	if (!take_header(&text, header_line, &header, err))
		return false;
	import.rows = calloc(DEVICE_IMPORT_ROWS_MAX, sizeof *import.rows);
	if (!import.rows)
		return error_set(err, REASON_NO_MEMORY, "import");
	for (; text.len; line++, import.line_count++)
		if (!read_line(&text, &header, defaults, line, &import, err))
			return false;
	*ret = import;
	import.rows = NULL;
	return true;
}

void device_import_done(struct device_import *import)
{
	free(import->rows);
	import->rows = NULL;
}
