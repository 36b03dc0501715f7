/* What operators set: accounts, allowlists, CAs, EST-authentication anchors, profiles, passphrases,
 * RA scopes, the node's own TLS identity. Every function raises the catalog's version. Names are
 * unique as catalog.h says: REASON_CONFLICT. */
#pragma once

#include "store/store.h"

MUST_CHECK bool store_account_insert(struct store_tx *tx, const char *name, const char *oid_arc,
				     int64_t *ret_id, struct error *err);
MUST_CHECK bool store_account_update(struct store_tx *tx, int64_t id, const char *name,
				     const char *oid_arc, struct error *err);

/* One line of an allowlist, as written and as understood. */
struct store_address {
	int64_t id, account_id;
	char *text, *comment;
	struct address_range range;
};
MUST_CHECK bool store_address_insert(struct store_tx *tx, int64_t account_id, const char *text,
				     const char *comment, const struct address_range *range,
				     int64_t *ret_id, struct error *err);
MUST_CHECK bool store_address_delete(struct store_tx *tx, int64_t account_id, int64_t id,
				     struct error *err);
MUST_CHECK bool store_address_list(struct store *store, int64_t account_id,
				   bool (*each)(void *context, const struct store_address *address),
				   void *context, struct error *err);

/* The CA's certificate and chain are DER. `key_name` is where the signer keeps its key. */
MUST_CHECK bool store_ca_insert(struct store_tx *tx, int64_t account_id, const char *name,
				int64_t parent_id, const char *key_name, struct bytes cert,
				const struct bytes *chain, size_t chain_count, int64_t *ret_id,
				struct error *err);
/* SIGN_COUNT: as keys of its type usually do. */
MUST_CHECK bool store_ca_set_signature(struct store_tx *tx, int64_t account_id, int64_t id,
				       enum signature_algorithm algorithm, struct error *err);
MUST_CHECK bool store_ca_set_state(struct store_tx *tx, int64_t account_id, int64_t id,
				   enum ca_state state, struct error *err);

MUST_CHECK bool
store_anchor_insert(struct store_tx *tx, int64_t account_id, int64_t ca_id, struct bytes cert,
		    int64_t *ret_id,
		    struct error *err); /* the same certificate twice: REASON_CONFLICT */
MUST_CHECK bool store_anchor_delete(struct store_tx *tx, int64_t account_id, int64_t id,
				    struct error *err);

/* Inserts version 1, aliases included. An OID or alias in use anywhere on the node, now or ever:
 * REASON_CONFLICT. */
MUST_CHECK bool store_profile_insert(struct store_tx *tx, const struct profile *profile,
				     int64_t *ret_id, struct error *err);
/* Adds a version; `profile->version` must be the present one or REASON_CONFLICT. */
/* What the profile was, newest first; `settings` is its JSON. */
MUST_CHECK bool store_profile_version_list(struct store *store, int64_t profile_id,
					   bool (*each)(void *context, int64_t version,
							int64_t created, const char *settings),
					   void *context, struct error *err);
MUST_CHECK bool store_profile_update(struct store_tx *tx, const struct profile *profile,
				     struct error *err);
MUST_CHECK bool store_profile_set_state(struct store_tx *tx, int64_t account_id, int64_t id,
					enum profile_state state, struct error *err);
MUST_CHECK bool store_default_profile_set(struct store_tx *tx, int64_t profile_id,
					  struct error *err); /* 0: none */

/* The present passphrases of the profile end at `old_ends` (now: at once); the new one holds from
 * now on. */
MUST_CHECK bool store_passphrase_replace(struct store_tx *tx, const struct passphrase *passphrase,
					 int64_t old_ends, struct error *err);

MUST_CHECK bool store_ra_scope_insert(struct store_tx *tx, const struct ra_scope *scope,
				      int64_t *ret_id, struct error *err);
MUST_CHECK bool store_ra_scope_update(struct store_tx *tx, const struct ra_scope *scope,
				      struct error *err);

/* The scope passes to another certificate of the account; the present one keeps it beside that, if
 * it `stays`. Those from before that have ended by `now` are forgotten. REASON_CONFLICT when
 * RA_FORMER_MAX would still hold. */
struct ra_rotation {
	int64_t certificate_id;
	bool stays;
	int64_t now;
};
MUST_CHECK bool store_ra_scope_rotate(struct store_tx *tx, const struct ra_scope *scope,
				      const struct ra_rotation *rotation, struct error *err);

/* The account's RA certificates that are not revoked and end in that time, soonest first; at most
 * RA_ENDING_MAX of them. */
#define RA_ENDING_MAX 20
struct ra_ending {
	int64_t account_id, from, until;
};
MUST_CHECK bool store_ra_scope_ending(struct store *store, const struct ra_ending *ending,
				      void (*each)(void *context, const char *name,
						   int64_t not_after),
				      void *context, struct error *err);

/* The node's TLS identity; the key is encrypted by the caller (store keeps bytes). NOT_FOUND when
 * none was set. */
MUST_CHECK bool store_tls_identity_set(struct store_tx *tx, struct bytes chain_pem,
				       struct bytes encrypted_key, struct error *err);
MUST_CHECK bool store_tls_identity_get(struct store *store, struct buffer *ret_chain_pem,
				       struct buffer *ret_encrypted_key, struct error *err);

/* What the console is served with until there is one: made by the node itself, NOT_FOUND when none
 * was. */
MUST_CHECK bool store_console_identity_set(struct store_tx *tx, struct bytes chain_pem,
					   struct bytes encrypted_key, struct error *err);
MUST_CHECK bool store_console_identity_get(struct store *store, struct buffer *ret_chain_pem,
					   struct buffer *ret_encrypted_key, struct error *err);
MUST_CHECK bool store_console_identity_delete(struct store_tx *tx, struct error *err);
