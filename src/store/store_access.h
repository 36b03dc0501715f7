/* Administrators, their sessions, and API tokens. Nothing here belongs to the catalog: it is read
 * anew for every request, so that what was taken away is gone at once. */
#pragma once

#include "model/access.h"
#include "store/store.h"

/* -- administrators; names are unique on the node: REASON_CONFLICT -- */
MUST_CHECK bool store_administrator_insert(struct store_tx *tx, const char *name, int64_t created,
					   int64_t *ret_id, struct error *err);
MUST_CHECK bool store_administrator_find(struct store *store, int64_t id, struct administrator *ret,
					 struct error *err);
MUST_CHECK bool store_administrator_find_by_name(struct store *store, const char *name,
						 struct administrator *ret, struct error *err);
/* Within a transaction, for what must not change meanwhile. */
MUST_CHECK bool store_administrator_find_tx(struct store_tx *tx, int64_t id,
					    struct administrator *ret, struct error *err);
MUST_CHECK bool store_administrator_list(struct store *store,
					 bool (*each)(void *context,
						      const struct administrator *administrator),
					 void *context, struct error *err);
/* Everything but roles. */
MUST_CHECK bool store_administrator_update(struct store_tx *tx,
					   const struct administrator *administrator,
					   struct error *err);
/* With roles, links and sessions. */
MUST_CHECK bool store_administrator_delete(struct store_tx *tx, int64_t id, struct error *err);
/* ROLE_NONE takes the role on that account away. */
MUST_CHECK bool store_administrator_set_role(struct store_tx *tx, int64_t id,
					     struct account_role role, struct error *err);
/* Those not locked with this role on the node or account, `except` (0: nobody) not counted. */
MUST_CHECK bool store_administrator_count(struct store_tx *tx, struct account_role role,
					  int64_t except, int64_t *ret, struct error *err);

/* -- the certificates that administrators sign in with -- */
/* `issuer` is the DER Name, told to browsers for them to choose by. */
MUST_CHECK bool store_administrator_pin_set(struct store_tx *tx, int64_t id,
					    const struct certificate_pin *pin, struct bytes issuer,
					    struct error *err);
MUST_CHECK bool store_administrator_pin_delete(struct store_tx *tx, int64_t id, struct error *err);
/* Appends the different issuers' names. */
MUST_CHECK bool store_administrator_pin_issuers(struct store *store, struct buffer *ret_names,
						bool *ret_any, struct error *err);

/* -- one-time links -- */
MUST_CHECK bool store_login_link_insert(struct store_tx *tx, const unsigned char hash[HASH_LEN],
					int64_t administrator_id, int64_t ends, struct error *err);
/* Takes the link away: REASON_NOT_FOUND when there is none or it ended before `now`. */
MUST_CHECK bool store_login_link_take(struct store_tx *tx, const unsigned char hash[HASH_LEN],
				      int64_t now, int64_t *ret_administrator_id,
				      struct error *err);

/* -- sessions -- */
MUST_CHECK bool store_session_insert(struct store_tx *tx, const struct session *session,
				     struct error *err);
MUST_CHECK bool store_session_find(struct store *store, const unsigned char hash[HASH_LEN],
				   struct session *ret, struct error *err);
MUST_CHECK bool store_session_touch(struct store_tx *tx, const unsigned char hash[HASH_LEN],
				    int64_t now, struct error *err);
/* From now on it may come without the certificate that it began with. */
MUST_CHECK bool store_session_unbind(struct store_tx *tx, const unsigned char hash[HASH_LEN],
				     struct error *err);
MUST_CHECK bool store_session_delete(struct store_tx *tx, const unsigned char hash[HASH_LEN],
				     struct error *err);
/* All of one administrator, `except` (NULL: none) left. */
MUST_CHECK bool store_session_delete_of(struct store_tx *tx, int64_t administrator_id,
					const unsigned char *except, struct error *err);
/* Those that began before `created` or were last seen before `last_seen`. */
MUST_CHECK bool store_session_sweep(struct store_tx *tx, int64_t created, int64_t last_seen,
				    struct error *err);

/* -- API tokens; names are unique in their account: REASON_CONFLICT -- */
MUST_CHECK bool store_api_token_insert(struct store_tx *tx, const struct api_token *token,
				       int64_t *ret_id, struct error *err);
MUST_CHECK bool store_api_token_find(struct store *store, const unsigned char hash[HASH_LEN],
				     struct api_token *ret, struct error *err);
MUST_CHECK bool store_api_token_touch(struct store_tx *tx, int64_t id, int64_t now,
				      struct error *err);
MUST_CHECK bool store_api_token_delete(struct store_tx *tx, int64_t account_id, const char *name,
				       struct error *err);
MUST_CHECK bool store_api_token_delete_by_id(struct store_tx *tx, int64_t id, struct error *err);
MUST_CHECK bool store_api_token_list(struct store *store, int64_t account_id,
				     bool (*each)(void *context, const struct api_token *token),
				     void *context, struct error *err);
/* Those of one administrator, on whatever account. */
MUST_CHECK bool store_api_token_list_of(struct store_tx *tx, int64_t administrator_id,
					bool (*each)(void *context, const struct api_token *token),
					void *context, struct error *err);
