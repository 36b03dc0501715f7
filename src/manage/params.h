/* What a verb may be given: a row per parameter. The whole request is checked against the rows
 * before the verb runs, so a verb reads its parameters without asking what they are. */
#pragma once

#include <jansson.h>

#include "base/bytes.h"
#include "base/error.h"

enum param_type {
	PARAM_TEXT,     /* one line: no control characters */
	PARAM_TEXTS,    /* an array of such */
	PARAM_FLAG,     /* true or false */
	PARAM_NUMBER,   /* a whole number, not negative */
	PARAM_NUMBERS,  /* an array of such */
	PARAM_DURATION, /* "10y", "90d", "12h", or seconds as a number */
	PARAM_SPAN,     /* such a duration, or none: "0" */
	PARAM_TIME,     /* "2027-01-31" or "2027-01-31T12:00:00Z" */
	PARAM_OBJECT,
	PARAM_FILE,   /* a file's bytes in base64 */
	PARAM_SECRET, /* text that is wiped when the verb is done */
};

struct param {
	const char *name; /* NULL ends a table */
	enum param_type type;
	bool required;
};

#define PARAM_TEXT_MAX 1024 /* a subject with several attributes fits */
#define PARAM_TEXTS_MAX 1000
#define PARAM_FILE_MAX (1024 * 1024) /* as BUNDLE_BYTES_MAX */
#define PARAM_SECRET_MAX 1024
#define NAME_MAX_LEN 64

/* Every member of `params` is in `rows`, has its type and its bounds; none that is required is
 * missing. JSON null counts as absent. REASON_INVALID naming the parameter. */
MUST_CHECK bool params_check(const json_t *params, const struct param *rows, struct error *err);
/* Overwrites the secrets among `params` where they lie. */
void params_wipe(json_t *params, const struct param *rows);

/* Readers of checked parameters; an absent one gives NULL, false or `otherwise`. */
const char *param_text(const json_t *params, const char *name);
bool param_flag(const json_t *params, const char *name);
bool param_is_given(const json_t *params, const char *name);
int64_t param_number(const json_t *params, const char *name, int64_t otherwise);
int64_t param_duration(const json_t *params, const char *name, int64_t otherwise);
int64_t param_time(const json_t *params, const char *name, int64_t otherwise);
const json_t *param_list(const json_t *params, const char *name); /* an array, or NULL */
const json_t *param_object(const json_t *params, const char *name);
struct bytes param_secret(const json_t *params, const char *name); /* borrowed */
/* Appends the file's bytes. */
MUST_CHECK bool param_file(const json_t *params, const char *name, struct buffer *ret,
			   struct error *err);

/* The name of an account, CA, profile or RA certificate: 1 to NAME_MAX_LEN bytes of letters,
 * digits, space, '.', '_', '-' and printable characters beyond ASCII; no space at either end, no
 * '-' first, and neither "." nor "..", which URLs cannot hold.
 */
MUST_CHECK bool object_name_check(const char *name, struct error *err);
