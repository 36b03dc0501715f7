/* Lists of devices as CSV. */
#pragma once

#include "model/device.h"

#define DEVICE_IMPORT_ROWS_MAX 4096   /* of one request; a longer list comes in several */
#define DEVICE_IMPORT_REFUSED_MAX 100 /* told one by one; the rest is counted */

/* What every row gets that does not say otherwise. */
struct device_import_defaults {
	int64_t account_id, profile_id, now;
	int64_t code_ends, code_uses;
	struct bytes pepper;
};

struct device_import_row {
	size_t line;
	struct device device;
	bool has_code;
	struct device_code code; /* without its device's id */
};

struct device_import {
	struct device_import_row *rows;
	size_t row_count;
	size_t line_count;
	struct device_import_refusal {
		size_t line;
		struct error why;
	} refused[DEVICE_IMPORT_REFUSED_MAX];
	size_t refused_count; /* all of them */
};

/* Reads `text`, whose columns are named by `header`, or by its own first line where that is NULL. A
 * line that cannot be read is refused by itself and told in *ret. REASON_IMPORT_MALFORMED for a
 * header that names no identity, or a column that is not known, or one twice; REASON_TOO_LARGE for
 * too many lines. `first_line` is the number of the first one. */
MUST_CHECK bool device_import_read(struct bytes text, const char *header, size_t first_line,
				   const struct device_import_defaults *defaults,
				   struct device_import *ret, struct error *err);
void device_import_done(struct device_import *import);
