#include <stdio.h>
#include <string.h>

#include "manage/change.h"
#include "manage/describe.h"
#include "manage/issuer_search.h"
#include "manage/verb_ca.h"
#include "pki/bundle_add.h"
#include "pki/chain.h"
#include "pki/der.h"
#include "store/store_ca_request.h"

static bool check_new(const struct issuer_pool *pool, const struct cert *cert, struct error *err)
{
	if (issuer_pool_ca_id(pool, cert_der(cert)) != 0)
		return error_set(err, REASON_CONFLICT, "the account has this CA already");
	return true;
}

/* -- a key of the token -- */

static bool is_called(const struct token_key *key, const char *wanted)
{
	static const char by_id[] = "id:", name[] = "token:";

	if (strncmp(wanted, by_id, strlen(by_id)) != 0)
		return strcmp(key->label, wanted) == 0;
	return key->key_name[0] &&
	       strcasecmp(key->key_name + strlen(name), wanted + strlen(by_id)) == 0;
}

/* The token is the node's, and whatever key is in it may be anybody's: an account's administrator
 * would sign with keys that nobody gave to the account. */
static bool check_may_take_up(const struct call *call, struct error *err)
{
	return caller_role(call->caller, ACCOUNT_NODE) >= ROLE_ADMINISTRATOR ||
	       error_set(err, REASON_NOT_PERMITTED,
			 "a key of the token is taken up by who administers the node");
}

struct waiting {
	const char *key_name;
	bool found;
};

static bool each_waiting(void *context, const struct ca_request *request)
{
	struct waiting *waiting = context;

	waiting->found |= strcmp(request->key_name, waiting->key_name) == 0;
	return !waiting->found;
}

/* The key of a CA that waits for its certificate is that CA's, whoever it belongs to. */
static bool check_nobody_waits_with(const struct call *call, const char *key_name,
				    struct error *err)
{
	struct waiting waiting = { .key_name = key_name };

	for (size_t i = 0; i < call->catalog->account_count; i++)
		if (!store_ca_request_list(call->manage->store, call->catalog->accounts[i].id,
					   each_waiting, &waiting, err))
			return false;
	return !waiting.found || error_set(err, REASON_CONFLICT,
					   "the key is that of a CA that waits for its "
					   "certificate: bestowctl ca certificate");
}

static bool find_token_key(const struct call *call, const char *wanted,
			   char ret_name[KEY_NAME_MAX + 1], struct error *err)
{
	CLEANUP(freep) struct token_key *keys = calloc(TOKEN_KEYS_MAX, sizeof *keys);
	const struct token_key *found = NULL;
	size_t count;

	if (!keys)
		return error_set(err, REASON_NO_MEMORY, "keys");
	if (!signer_token_keys(call->manage->signer, keys, TOKEN_KEYS_MAX, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!is_called(&keys[i], wanted))
			continue;
		if (found)
			return error_set(err, REASON_CONFLICT,
					 "several keys of the token are labelled %s: say which by "
					 "id:HEX",
					 wanted);
		found = &keys[i];
	}
	if (!found)
		return error_set(err, REASON_NOT_FOUND, "the token has no key %s", wanted);
	for (size_t i = 0; i < call->catalog->ca_count; i++)
		if (found->key_name[0] &&
		    strcmp(call->catalog->cas[i].key_name, found->key_name) == 0 &&
		    call->catalog->cas[i].account_id != call->account->id)
			return error_set(err, REASON_CONFLICT,
					 "key %s belongs to another account's CA", wanted);
	if (!found->key_name[0])
		return error_set(err, REASON_INVALID,
				 "key %s has no CKA_ID, or one of more than 32 octets", wanted);
	if (!check_nobody_waits_with(call, found->key_name, err))
		return false;
	snprintf(ret_name, KEY_NAME_MAX + 1, "%s", found->key_name);
	return true;
}

/* The key's own certificate comes first and must be sound; what else is in there may be anything.
 */
static bool read_token_certs(const struct call *call, const char *key_name, struct bundle *ret,
			     struct error *err)
{
	CLEANUP(buffer_done) struct buffer certs = { 0 };
	struct der reader;

	if (!signer_token_certs(call->manage->signer, key_name, &certs, err))
		return false;
	reader = der_open(buffer_view(&certs));
	while (!reader.failed && !der_at_end(&reader)) {
		struct bytes der = der_read_whole(&reader, DER_SEQUENCE);

		if (!reader.failed && !bundle_add_cert(ret, der, err) && ret->count == 0)
			return false;
	}
	return ret->count > 0 ||
	       error_set(err, REASON_NOT_FOUND,
			 "the token has no certificate for the key: give it as a file");
}

static bool load_token(const struct call *call, struct new_ca *ca, struct bundle *ret,
		       struct error *err)
{
	CLEANUP(buffer_done) struct buffer file = { 0 };
	bool has_file = json_object_get(call->params, "file") != NULL;

	if (!check_may_take_up(call, err) ||
	    !find_token_key(call, param_text(call->params, "token_key"), ca->key_name, err))
		return false;
	if (has_file ? !param_file(call->params, "file", &file, err) ||
			       !bundle_parse(buffer_view(&file), ret, err)
		     : !read_token_certs(call, ca->key_name, ret, err))
		return false;

	const struct public_key *key = cert_key(ret->certs[0]);
	return key ? signer_load(call->manage->signer, ca->key_name, key, err)
		   : error_set(err, REASON_NOT_A_CA, "the first certificate's key is unsound");
}

/* -- a file with everything in it -- */

static bool load_file(const struct call *call, struct bundle *ret, struct private_key **ret_key,
		      struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer file = { 0 };

	if (!json_object_get(call->params, "file"))
		return error_set(err, REASON_INVALID, "params.file: is needed without token_key");
	return param_file(call->params, "file", &file, err) &&
	       keyed_bundle_parse(buffer_view(&file), param_secret(call->params, "passphrase"), ret,
				  ret_key, err);
}

/* Up to, not including, the commit: until then the key can be taken back. */
static bool insert(const struct call *call, struct new_ca *ca, const struct bundle *file,
		   struct change *change, json_t **ret, struct error *err)
{
	const struct cert *cert = file->certs[0];
	struct bytes chain[CHAIN_DEPTH_MAX];

	if (!change_begin(call, change, err))
		return false;

	const struct issuer_pool pool = { file, change->catalog, change->account };
	if (!check_new(&pool, cert, err) ||
	    !issuer_search(&pool, cert, call->now, chain, &ca->chain_count, err))
		return false;
	ca->cert = cert_der(cert);
	ca->chain = chain;
	ca->parent_id = ca->chain_count ? issuer_pool_ca_id(&pool, chain[0]) : 0;
	bool inserted = new_ca_insert(call, change, ca, ret, err);
	ca->chain = NULL; /* it ends with this call */
	return inserted;
}

bool ca_import(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(bundle_done) struct bundle file = { 0 };
	CLEANUP(private_key_freep) struct private_key *key = NULL;
	CLEANUP(change_done) struct change change = { 0 };
	struct new_ca ca = { .name = param_text(call->params, "name"),
			     .trust = param_flag(call->params, "trust") };
	bool in_token = param_text(call->params, "token_key") != NULL;
	json_auto_t *reply = NULL;

	if (!new_ca_check_name(call, ca.name, err) ||
	    !(in_token ? load_token(call, &ca, &file, err) : load_file(call, &file, &key, err)) ||
	    !chain_check_anchor(file.certs[0], call->now, err) ||
	    (key && !new_ca_keep_key(call, &ca, key, err)))
		return false;
	if (!insert(call, &ca, &file, &change, &reply, err)) {
		if (key)
			signer_remove(call->manage->signer, ca.key_name);
		return false;
	}
	if (!store_commit(TAKE(change.tx), err))
		return false;
	*ret = TAKE(reply);
	return true;
}
