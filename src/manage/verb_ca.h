/* The ways by which an account comes to a CA, and what becomes of it. */
#pragma once

#include "manage/verb.h"
#include "pki/chain.h"

/* {name, subject, key, parent, validity, path_len, permitted, excluded, trust}: a new key, and a
 * certificate signed by `parent` or by itself. */
MUST_CHECK bool ca_create(const struct call *call, json_t **ret, struct error *err);
/* {name, file, passphrase, token_key, trust}: a certificate with its key, and its chain up to a
 * root. With `token_key` the key is one of the token's, and so are the certificates without `file`.
 */
MUST_CHECK bool ca_import(const struct call *call, json_t **ret, struct error *err);

/* {name, subject, key, path_len, permitted, excluded}: a new key, and a request for a CA elsewhere
 * to sign. {name, renew}: the same for the key that the CA has. */
MUST_CHECK bool ca_request(const struct call *call, json_t **ret, struct error *err);
/* {name, file, trust}: the certificate that was made of the request, and those above it. */
MUST_CHECK bool ca_certificate(const struct call *call, json_t **ret, struct error *err);
/* {name}: the request is taken back, with its key. */
MUST_CHECK bool ca_cancel(const struct call *call, json_t **ret, struct error *err);
/* {name, csr, validity, path_len, permitted, excluded, dry_run}: `name` signs somebody else's CA.
 */
MUST_CHECK bool ca_sign_other(const struct call *call, json_t **ret, struct error *err);

/* {name, validity}: a new certificate for the key that the CA has. What was issued stays good, and
 * the old certificate stays where certificates say that it is. */
MUST_CHECK bool ca_renew(const struct call *call, json_t **ret, struct error *err);
/* {name, signature}: what the CA signs with from now on, where no profile says otherwise. */
MUST_CHECK bool ca_set(const struct call *call, json_t **ret, struct error *err);
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
struct new_ca {
	const char *name;
	bool trust; /* add it to EST authentication */
	char key_name[KEY_NAME_MAX + 1];
	const char *signature; /* as in struct ca_plan */
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
/* A new key, `place` "token" or "file" (NULL too), with a fresh name. */
MUST_CHECK bool new_ca_make_key(const struct call *call, const char *choice, const char *place,
				struct new_ca *ca, struct public_key **ret, struct error *err);
/* A fresh name, under which the signer keeps the key from now on. */
MUST_CHECK bool new_ca_keep_key(const struct call *call, struct new_ca *ca,
				const struct private_key *key, struct error *err);
/* A CA to be made here. Views. */
struct ca_plan {
	const char *name;
	const char *parent;    /* a CA's name; NULL: self-signed */
	const char *key;       /* one of KEY_CHOICES; NULL: the usual one */
	const char *key_store; /* "file" or "token"; NULL: a file */
	const char *signature; /* what it signs with; NULL: as such keys usually do */
	const struct name *subject;
	struct bytes subject_der; /* see struct issue */
	int64_t validity_seconds;
	int path_len;
	struct bytes name_constraints; /* DER; empty: none */
	bool trust;
};
/* A new key, its certificate, and the CA's record: durable when it returns. */
MUST_CHECK bool ca_make(const struct call *call, const struct ca_plan *plan, json_t **ret,
			struct error *err);
struct ca_request;
/* As a CA is described, as far as there is something to tell. */
json_t *ca_describe_request(const struct ca_request *request);
/* Neither revoked nor disabled: REASON_CONFLICT. */
MUST_CHECK bool ca_check_renewable(const struct ca *ca, struct error *err);
struct change;
/* The CA's new certificate for its old key; trusted where the old one is. */
MUST_CHECK bool ca_replace_cert(struct change *change, const struct ca *ca, struct bytes cert,
				const struct bytes *chain, size_t chain_count, struct error *err);
/* The extension's value; empty where there is none. */
struct bytes cert_name_constraints_der(const struct cert *cert);
/* The CA and what stands above it, as a chain for a CA below; NULL gives none. */
size_t ca_chain_below(const struct ca *ca, struct bytes into[CHAIN_DEPTH_MAX]);
/* Inserts the CA, trusts it if the request says so, writes the audit entry; *ret is the reply. */
MUST_CHECK bool new_ca_insert(const struct call *call, struct change *change,
			      const struct new_ca *ca, json_t **ret, struct error *err);
