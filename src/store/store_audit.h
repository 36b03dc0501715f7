/* The audit log: every change and every issuance, each entry's hash covering the one before, in the
 * same transaction as what it tells of. */
#pragma once

#include "base/hash.h"
#include "store/store.h"

struct audit_entry {
	int64_t id, at, account_id;
	const char *actor;          /* "operator:root", "est:<request id>" */
	const char *action;         /* "profile.set", "certificate.issue" */
	const char *object;         /* "profile sensors", "certificate 0a1b…" */
	const char *before, *after; /* JSON or words; may be NULL */
};

/* id and at are given here. */
MUST_CHECK bool store_audit_append(struct store_tx *tx, const struct audit_entry *entry,
				   struct error *err);
/* Newest first, below `before_id` (0: from the newest); account 0: of all accounts and of none. */
MUST_CHECK bool store_audit_list(struct store *store, int64_t account_id, int64_t before_id,
				 unsigned int limit,
				 bool (*each)(void *context, const struct audit_entry *entry),
				 void *context, struct error *err);
/* Walks the chain: REASON_AUDIT_BROKEN with the first entry that was altered, removed or moved.
 * *ret_count entries are sound; *ret_head is the last hash as hexadecimal, to be kept elsewhere.
 * `expected_head` (may be NULL) is such a kept head that must still be in the chain: a cut tail is
 * seen by it. */
MUST_CHECK bool store_audit_verify(struct store *store, const char *expected_head,
				   int64_t *ret_count, char ret_head[65], struct error *err);

/* A walk along the chain, some entries at a time and round after round, for who watches the node.
 * Zero-initialised, it begins at the first entry. */
struct audit_place {
	int64_t id;
	unsigned char hash[HASH_LEN];
};
struct audit_walk {
	struct audit_place at;  /* so far it is sound */
	struct audit_place end; /* where the log ended when it was last seen: it must still be so */
	bool is_broken;         /* something was wrong; the walk ends there */
};
/* Walks on by `limit` entries at most, and begins anew at the end. False where the log cannot be
 * read; what is wrong with it is told by `is_broken`. */
MUST_CHECK bool store_audit_walk(struct store *store, struct audit_walk *walk, unsigned int limit,
				 struct error *err);
