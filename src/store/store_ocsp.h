/* What OCSP answers say of certificates, and by whose certificates they are signed. */
#pragma once

#include "store/store.h"

#define RESPONDER_KEY_NAME_MAX 80

/* A CA's responder. */
struct stored_responder {
	int64_t certificate_id;
	char key_name[RESPONDER_KEY_NAME_MAX + 1];
	bool is_revoked;
	struct buffer der;
};
void stored_responder_done(struct stored_responder *responder);

/* REASON_NOT_FOUND: the CA has none. *ret is stored_responder_done()'s. */
MUST_CHECK bool store_responder_find(struct store *store, int64_t ca_id,
				     struct stored_responder *ret, struct error *err);
/* Takes the place of the one before it. */
MUST_CHECK bool store_responder_put(struct store_tx *tx, int64_t ca_id, int64_t certificate_id,
				    const char *key_name, struct error *err);

struct certificate_status {
	enum certificate_state state;
	int64_t revoked_at; /* 0: never; may lie in the future */
	enum revocation_reason reason;
};
/* REASON_NOT_FOUND: the CA has no record of that serial, not even of an intent. */
MUST_CHECK bool store_certificate_status(struct store *store, int64_t ca_id, struct bytes serial,
					 struct certificate_status *ret, struct error *err);
