#include "manage/change.h"
#include "manage/describe.h"
#include "manage/verb_ca.h"
#include "pki/bundle.h"
#include "pki/chain.h"

/* Where issuers may be found: the file itself, then the account's own CAs. */
struct pool {
	const struct bundle *file;
	const struct catalog *catalog;
	const struct account *account;
};

static bool has_issued(const struct cert *issuer, const struct cert *cert)
{
	const struct public_key *key = cert_key(issuer);

	return key && cert_is_ca(issuer) && name_equal(cert_subject(issuer), cert_issuer(cert)) &&
	       public_key_verify(key, cert_signature_algorithm(cert), cert_tbs(cert),
				 cert_signature(cert));
}

static const struct cert *find_issuer_of(const struct pool *pool, const struct cert *cert)
{
	for (size_t i = 0; i < pool->file->count; i++)
		if (pool->file->certs[i] != cert && has_issued(pool->file->certs[i], cert))
			return pool->file->certs[i];
	for (size_t i = 0; i < pool->catalog->ca_count; i++)
		if (pool->catalog->cas[i].account_id == pool->account->id &&
		    has_issued(pool->catalog->cas[i].cert, cert))
			return pool->catalog->cas[i].cert;
	return NULL;
}

static bool error_incomplete(const struct cert *cert, struct error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };

	name_to_text(cert_issuer(cert), &text);

	const char *issuer = buffer_cstring(&text);
	return error_set(err, REASON_NOT_A_CA,
			 "the chain does not reach a root: add the certificate of %s to the file",
			 issuer ? issuer : "the issuer");
}

/* RFC 7030 4.1.3: /cacerts must lead from an issued certificate up to the root, so an incomplete
 * chain is refused here and not found out by the first device. */
static bool build_chain(const struct pool *pool, const struct cert *lowest, int64_t now,
			struct bytes into[CHAIN_DEPTH_MAX], size_t *ret_count, struct error *err)
{
	const struct cert *cert = lowest;
	size_t count = 0;

	while (!cert_is_self_issued(cert)) {
		const struct cert *issuer = find_issuer_of(pool, cert);

		if (!issuer)
			return error_incomplete(cert, err);
		if (count == CHAIN_DEPTH_MAX)
			return error_set(err, REASON_NOT_A_CA, "the chain is longer than %d",
					 CHAIN_DEPTH_MAX);
		if (!chain_check_anchor(issuer, now, err))
			return false;
		into[count++] = cert_der(issuer);
		cert = issuer;
	}
	*ret_count = count;
	return true;
}

static int64_t parent_id_of(const struct pool *pool, struct bytes parent)
{
	for (size_t i = 0; i < pool->catalog->ca_count; i++)
		if (pool->catalog->cas[i].account_id == pool->account->id &&
		    bytes_equal(cert_der(pool->catalog->cas[i].cert), parent))
			return pool->catalog->cas[i].id;
	return 0;
}

static bool check_new(const struct pool *pool, const struct cert *cert, struct error *err)
{
	if (parent_id_of(pool, cert_der(cert)) != 0)
		return error_set(err, REASON_CONFLICT, "the account has this CA already");
	return true;
}

static bool load_file(const struct call *call, struct bundle *ret, struct private_key **ret_key,
		      struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer file = { 0 };

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

	const struct pool pool = { file, change->catalog, change->account };
	if (!check_new(&pool, cert, err) ||
	    !build_chain(&pool, cert, call->now, chain, &ca->chain_count, err))
		return false;
	ca->cert = cert_der(cert);
	ca->chain = chain;
	ca->parent_id = ca->chain_count ? parent_id_of(&pool, chain[0]) : 0;
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
	json_auto_t *reply = NULL;

	if (!new_ca_check_name(call, ca.name, err) || !load_file(call, &file, &key, err) ||
	    !chain_check_anchor(file.certs[0], call->now, err) ||
	    !new_ca_keep_key(call, &ca, key, err))
		return false;
	if (!insert(call, &ca, &file, &change, &reply, err)) {
		signer_remove(call->manage->signer, ca.key_name);
		return false;
	}
	if (!store_commit(TAKE(change.tx), err))
		return false;
	*ret = TAKE(reply);
	return true;
}
