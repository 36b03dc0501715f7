#include "manage/change.h"

#include <stdio.h>

#include "store/store_audit.h"

void change_done(struct change *change)
{
	store_rollback(TAKE(change->tx));
	catalog_unref(TAKE(change->catalog));
	change->account = NULL;
}

bool change_begin(const struct call *call, struct change *ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };

	if (!store_begin(call->manage->store, &change.tx, err) ||
	    !store_catalog_load_tx(change.tx, &change.catalog, err))
		return false;
	if (call->account) {
		change.account = catalog_account(change.catalog, call->account->id);
		if (!change.account)
			return error_set(err, REASON_NOT_FOUND, "account %s", call->account->name);
	}
	*ret = change;
	change = (struct change){ 0 };
	return true;
}

bool change_refresh(struct change *change, struct error *err)
{
	struct catalog *catalog;
	int64_t account_id = change->account ? change->account->id : 0;

	if (!store_catalog_load_tx(change->tx, &catalog, err))
		return false;
	catalog_unref(change->catalog);
	change->catalog = catalog;
	change->account = catalog_account(catalog, account_id);
	return true;
}

static bool note_text(const json_t *json, char **ret)
{
	if (json_is_null(json))
		return true;
	*ret = json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;
	return *ret != NULL;
}

bool change_audit(const struct call *call, struct change *change, struct change_note note,
		  struct error *err)
{
	json_auto_t *before_json = note.before;
	json_auto_t *after_json = note.after;
	CLEANUP(freep) char *before = NULL;
	CLEANUP(freep) char *after = NULL;
	char object[PARAM_TEXT_MAX + 64];

	if (!note_text(before_json, &before) || !note_text(after_json, &after))
		return error_set(err, REASON_NO_MEMORY, "audit entry");
	snprintf(object, sizeof object, "%s %s", note.kind, note.name);

	struct audit_entry entry = {
		.account_id = change->account ? change->account->id : 0,
		.actor = call->actor,
		.action = call->verb->name,
		.object = object,
		.before = before,
		.after = after,
	};
	return store_audit_append(change->tx, &entry, err);
}

bool change_commit(const struct call *call, struct change *change, struct change_note note,
		   json_t *reply, json_t **ret, struct error *err)
{
	json_auto_t *own = reply;

	if (!change_audit(call, change, note, err))
		return false;
	if (!own)
		return error_set(err, REASON_NO_MEMORY, "the answer");
	if (!store_commit(TAKE(change->tx), err))
		return false;
	*ret = TAKE(own);
	return true;
}
