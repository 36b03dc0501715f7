/* What tells a copy of a store from the store itself: a row that is written into each copy as it is
 * made. Where there is one, certificates may have been issued and revoked that are not known here.
 *
 * The table belongs to no migration, so that the copy made before a migration has it too. */
#pragma once

#include "db/db.h"

/* As schema_version's: made by whoever opens the store. */
MUST_CHECK bool backup_mark_prepare(struct db *db, struct error *err);
/* For db_backup(): marks the copy as made now. */
MUST_CHECK bool backup_mark_put(struct db *copy, struct error *err);
/* When the copy was made; 0: it is none. */
MUST_CHECK bool backup_mark_find(struct db *db, int64_t *ret_made, struct error *err);
/* Inside a transaction. */
MUST_CHECK bool backup_mark_delete(struct db *db, struct error *err);
