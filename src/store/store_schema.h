/* The schema as numbered migrations, forward only; each runs once, in a transaction of its own. */
#pragma once

#include <stddef.h>

#include "db/db.h"

struct migration {
	const char *name; /* "0001_first" */
	const char *sql;
};

/* Row n - 1 leads from version n - 1 to n. Made at build time from schema/. */
extern const struct migration migrations[];
extern const size_t migration_count;

/* Brings the database to the newest version that this program knows. REASON_SCHEMA_NEWER when it is
 * beyond that already. */
MUST_CHECK bool schema_migrate(struct db *db, struct error *err);
