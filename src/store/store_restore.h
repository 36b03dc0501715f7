/* A backup becomes the store: what it may not know of, and what may therefore not go on as it
 * stands in it. */
#pragma once

#include "base/hash.h"
#include "store/store.h"

/* As store_open(), for whoever takes over a backup; also opens a store that is none. */
MUST_CHECK bool store_open_restored(const char *path, struct store **ret, struct error *err);

/* Every page, index and reference, however long it takes; REASON_STORE_CORRUPT. */
MUST_CHECK bool store_check(struct store *store, struct error *err);

/* How far the store knows what happened. */
struct store_reach {
	int64_t made; /* when the backup was made; 0: nothing tells that it is one */
	int64_t audit_entries, audit_at;
	unsigned char audit_head[HASH_LEN];
	int64_t issued_at; /* the last certificate; 0: none */
	unsigned char serial[CERT_SERIAL_MAX];
	size_t serial_len;
	int64_t crl_number; /* the highest of any CA's */
};
MUST_CHECK bool store_reach_find(struct store_tx *tx, struct store_reach *ret, struct error *err);

/* What was given out to be used once, or until it is taken back: nobody knows whether it was. */
struct store_credentials {
	int64_t sessions, sign_in_links, api_tokens, device_codes;
	int64_t approvals; /* that no certificate was fetched for: they wait for a decision again */
};
MUST_CHECK bool store_restore_end_credentials(struct store_tx *tx, int64_t now,
					      struct store_credentials *ret_ended,
					      struct error *err);

struct restoration {
	int64_t at, made;
	int64_t crl_floor; /* CRLs are numbered above it from now on */
};
/* Ends the mark. Forgets the CRLs that were in force, for relying parties have newer ones (that of
 * a CA which had ended is its last and stays), and the OCSP responders, whose keys may have been
 * replaced since and be gone. */
MUST_CHECK bool store_restore_enter(struct store_tx *tx, const struct restoration *restoration,
				    struct error *err);

/* How often the store was restored: what serial numbers begin with. */
int64_t store_restorations(const struct store_tx *tx);
/* What CRL numbers must be above, beside the CA's last; 0 where nothing was restored. */
MUST_CHECK bool store_crl_floor(struct store *store, int64_t *ret, struct error *err);
