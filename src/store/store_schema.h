/* The schema as numbered migrations, forward only; each runs once, in a transaction of its own. */
#pragma once

#include <stddef.h>

#include "db/db.h"

struct migration {
	const char *name; /* "0001_first" */
	const char *sql;
};

/* Row n - 1 leads from version n - 1 to n. Made at build time from schema/. */
struct schema {
	const struct migration *migrations;
	size_t count;
};
extern const struct schema store_schema;

/* Brings the database to the schema's newest version. Before an existing one is changed, a copy is
 * kept beside it, named after the version that it has ("….schema-1"). REASON_SCHEMA_NEWER when it
 * is beyond the schema. */
MUST_CHECK bool schema_migrate(struct db *db, const struct schema *schema, struct error *err);
