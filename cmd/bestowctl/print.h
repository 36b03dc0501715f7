/* Answers for people: tables for lists, fields for one thing. Whatever comes from the node is
 * printed without control characters. */
#pragma once

#include <jansson.h>

#include "base/cleanup.h"
#include "base/bytes.h"
#include "bestowctl/command.h"

enum look {
	LOOK_TEXT,        /* text, numbers, lists joined by ", " */
	LOOK_DATE,        /* 2027-01-31 */
	LOOK_TIME,        /* 2027-01-31 12:00:00 UTC */
	LOOK_FINGERPRINT, /* AA:BB:… */
	LOOK_SERIAL,
	LOOK_YES,  /* yes or - */
	LOOK_SANS, /* dns:a, ip:1.2.3.4 */
};

struct column {
	const char *title;
	const char *path; /* members divided by '.' */
	enum look look;
};

/* One row per item of the list; `empty` is said when there is none. */
void print_table(const struct invocation *invocation, const json_t *list,
		 const struct column *columns, size_t count, const char *empty);
/* One line per field; those that are null are left out. */
void print_fields(const json_t *object, const struct column *fields, size_t count);
/* What a certificate's extensions say, one line each. */
void print_extensions(const json_t *extensions);
/* A line of a list of texts each, after "warning: ", on standard error. */
void print_warnings(const json_t *warnings);
/* Appends hexadecimal as people compare it: "0A:1B:…". */
void print_fingerprint(struct buffer *to, const json_t *hex);
/* What one may do next, on standard error; not with --quiet or --json. */
void print_hint(const struct invocation *invocation, const char *format, ...) PRINTF_LIKE(2, 3);
/* Text from the node, as it may be shown. */
void print_text(const char *text);
void print_json(const json_t *json);

/* The member that the path names, or NULL. */
const json_t *json_at(const json_t *object, const char *path);
const char *json_text_at(const json_t *object, const char *path); /* "" when there is none */
