/* A change of configuration: one transaction that holds the change and its audit entry, over the
 * configuration as it is inside that transaction. */
#pragma once

#include "manage/verb.h"
#include "store/store.h"

struct change {
	struct store_tx *tx;
	struct catalog *catalog;       /* read inside the transaction: nothing can move under it */
	const struct account *account; /* of `catalog`; NULL as in struct call */
};

/* Rolls back unless committed. */
void change_done(struct change *change);
MUST_CHECK bool change_begin(const struct call *call, struct change *ret, struct error *err);
/* Reads `catalog` anew, so that it shows what the transaction has changed by now. Pointers into the
 * old one, `account` excepted, are gone. */
MUST_CHECK bool change_refresh(struct change *change, struct error *err);

/* What the audit log will tell; no secrets. `before` and `after` are stolen; JSON null says that
 * there is none, NULL that memory ran out while it was made. */
struct change_note {
	const char *kind, *name; /* "profile", "sensors": the object */
	json_t *before, *after;
};
/* The end of a verb that changes something: writes the audit entry, named after the verb, and
 * commits; *ret takes over `reply`. Consumes the transaction and, also when it fails, the note's
 * references and the reply, NULL where memory ran out while it was made. */
MUST_CHECK bool change_commit(const struct call *call, struct change *change,
			      struct change_note note, json_t *reply, json_t **ret,
			      struct error *err);
/* The same entry for a transaction that goes on. */
MUST_CHECK bool change_audit(const struct call *call, struct change *change,
			     struct change_note note, struct error *err);
