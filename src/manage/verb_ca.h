/* The ways by which an account comes to a CA, and what becomes of it. */
#pragma once

#include "manage/verb.h"

/* {name, subject, key, parent, validity, path_len, permitted, excluded, trust}: a new key, and a
 * certificate signed by `parent` or by itself. */
MUST_CHECK bool ca_create(const struct call *call, json_t **ret, struct error *err);
/* {name, file, passphrase, trust}: a certificate with its key, and its chain up to a root. */
MUST_CHECK bool ca_import(const struct call *call, json_t **ret, struct error *err);

/* {name, confirm} */
MUST_CHECK bool ca_retire(const struct call *call, json_t **ret, struct error *err);
MUST_CHECK bool ca_disable(const struct call *call, json_t **ret, struct error *err);
MUST_CHECK bool ca_activate(const struct call *call, json_t **ret, struct error *err);
/* Active profiles that issue from the CA would answer every device with a refusal, so its name is
 * asked for once more: REASON_NEEDS_CONFIRMATION, naming them. */
MUST_CHECK bool ca_check_confirmed(const struct call *call, const struct catalog *catalog,
				   const struct ca *ca, struct error *err);
/* The names of the active profiles that issue from the CA. */
json_t *ca_describe_profiles(const struct catalog *catalog, const struct ca *ca);

/* -- what the ways to a CA share -- */
#define CA_KEY_NAME_MAX 40

struct new_ca {
	const char *name;
	char key_name[CA_KEY_NAME_MAX];
	int64_t parent_id;
	struct bytes cert; /* DER */
	const struct bytes *chain;
	size_t chain_count;
};

/* {permitted, excluded} of the request as the extension's value; appends nothing where it has
 * neither. */
MUST_CHECK bool params_name_constraints(const json_t *params, struct buffer *ret,
					struct error *err);
/* Legal and free; told before a key is made. */
MUST_CHECK bool new_ca_check_name(const struct call *call, const char *name, struct error *err);
/* A fresh name, under which the signer keeps the key from now on. */
MUST_CHECK bool new_ca_keep_key(const struct call *call, struct new_ca *ca,
				const struct private_key *key, struct error *err);
struct change;
/* Inserts the CA, trusts it if the request says so, writes the audit entry; *ret is the reply. */
MUST_CHECK bool new_ca_insert(const struct call *call, struct change *change,
			      const struct new_ca *ca, json_t **ret, struct error *err);
