/* CAs that wait for their certificate. */
#pragma once

#include "store/store.h"

struct ca_request {
	int64_t id, account_id;
	int64_t ca_id;     /* whose certificate is to be renewed; 0: a new CA */
	char *name;        /* the CA's */
	char *key_name;    /* where the signer keeps its key */
	struct buffer csr; /* DER */
	int64_t created;
};
void ca_request_done(struct ca_request *request);

/* REASON_CONFLICT when the account has one of this name. */
MUST_CHECK bool store_ca_request_insert(struct store_tx *tx, const struct ca_request *request,
					int64_t *ret_id, struct error *err);
MUST_CHECK bool store_ca_request_delete(struct store_tx *tx, int64_t account_id, int64_t id,
					struct error *err);
/* REASON_NOT_FOUND. */
MUST_CHECK bool store_ca_request_find(struct store *store, int64_t account_id, const char *name,
				      struct ca_request *ret, struct error *err);
MUST_CHECK bool store_ca_request_list(struct store *store, int64_t account_id,
				      bool (*each)(void *context, const struct ca_request *request),
				      void *context, struct error *err);
