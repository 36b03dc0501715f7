#include "manage/issuer_search.h"

#include "pki/chain_rule.h"

static bool signed_by(const struct cert *issuer, const struct cert *cert)
{
	const struct public_key *key = cert_key(issuer);

	return key && public_key_verify(key, cert_signature_algorithm(cert), cert_tbs(cert),
					cert_signature(cert));
}

static bool has_issued(const struct cert *issuer, const struct cert *cert)
{
	return cert_is_ca(issuer) && name_equal(cert_subject(issuer), cert_issuer(cert)) &&
	       signed_by(issuer, cert);
}

/* A cross certificate of a rollover names itself as its issuer too, and is none. */
static bool is_root(const struct cert *cert)
{
	return cert_is_self_issued(cert) && signed_by(cert, cert);
}

/* One that is signed with a broken algorithm looks like no root, and says so itself. */
static bool ends_chain(const struct cert *cert)
{
	return cert_is_self_issued(cert) &&
	       (is_root(cert) || cert_signature_algorithm(cert) == SIGN_COUNT);
}

static const struct cert *find_in_file(const struct bundle *file, const struct cert *cert,
				       bool only_roots)
{
	for (size_t i = 0; i < file->count; i++)
		if (file->certs[i] != cert && has_issued(file->certs[i], cert) &&
		    (!only_roots || ends_chain(file->certs[i])))
			return file->certs[i];
	return NULL;
}

/* A root before the certificate that crosses over to another. */
static const struct cert *find_issuer_of(const struct issuer_pool *pool, const struct cert *cert)
{
	const struct cert *found = find_in_file(pool->file, cert, true);

	for (size_t i = 0; !found && i < pool->catalog->ca_count; i++)
		if (pool->catalog->cas[i].account_id == pool->account->id &&
		    has_issued(pool->catalog->cas[i].cert, cert))
			found = pool->catalog->cas[i].cert;
	return found ? found : find_in_file(pool->file, cert, false);
}

/* An issuer whose key is too weak to be looked at is there and found wanting, not missing. */
static bool check_keys_of_namesakes(const struct bundle *file, const struct cert *cert,
				    struct error *err)
{
	struct error why = { 0 };

	for (size_t i = 0; i < file->count; i++)
		if (file->certs[i] != cert &&
		    name_equal(cert_subject(file->certs[i]), cert_issuer(cert)) &&
		    !cert_check_key(file->certs[i], &why))
			return error_set(err, REASON_NOT_A_CA, "the key of a CA above: %s",
					 why.detail);
	return true;
}

static bool error_incomplete(const struct bundle *file, const struct cert *cert, struct error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };

	if (!check_keys_of_namesakes(file, cert, err))
		return false;
	name_to_text(cert_issuer(cert), &text);

	const char *issuer = buffer_cstring(&text);
	return error_set(err, REASON_NOT_A_CA,
			 "the chain does not reach a root: add the certificate of %s to the file",
			 issuer ? issuer : "the issuer");
}

/* RFC 5280 6.1.4 (l), (m): the lowest CA counts, for devices stand below it. */
static bool check_path_lengths(const struct chain_path *path, struct error *err)
{
	int below = 0;

	for (size_t i = 0; i + 1 < path->count; i++) {
		int limit = cert_path_len(path->certs[i + 1]);

		below += !cert_is_self_issued(path->certs[i]);
		if (limit >= 0 && below > limit)
			return error_set(err, REASON_NOT_A_CA,
					 "a CA above it may have %d below itself, and %d would be",
					 limit, below);
	}
	return true;
}

static bool check_path(const struct chain_path *path, int64_t now, struct error *err)
{
	struct error why = { 0 };

	if (!check_path_lengths(path, err))
		return false;
	return chain_path_check(path, now, &why) ||
	       error_set(err, REASON_NOT_A_CA, "%s", why.detail);
}

bool issuer_search(const struct issuer_pool *pool, const struct cert *lowest, int64_t now,
		   struct bytes into[CHAIN_DEPTH_MAX], size_t *ret_count, struct error *err)
{
	struct chain_path path = { .certs = { lowest }, .count = 1 };
	const struct cert *cert = lowest;

	while (!ends_chain(cert)) {
		const struct cert *issuer = find_issuer_of(pool, cert);

		if (!issuer)
			return error_incomplete(pool->file, cert, err);
		if (path.count > CHAIN_DEPTH_MAX)
			return error_set(err, REASON_NOT_A_CA, "the chain is longer than %d",
					 CHAIN_DEPTH_MAX);
		if (!chain_check_anchor(issuer, now, err))
			return false;
		into[path.count - 1] = cert_der(issuer);
		path.certs[path.count++] = issuer;
		cert = issuer;
	}
	if (!check_path(&path, now, err))
		return false;
	*ret_count = path.count - 1;
	return true;
}

int64_t issuer_pool_ca_id(const struct issuer_pool *pool, struct bytes cert)
{
	for (size_t i = 0; i < pool->catalog->ca_count; i++)
		if (pool->catalog->cas[i].account_id == pool->account->id &&
		    bytes_equal(cert_der(pool->catalog->cas[i].cert), cert))
			return pool->catalog->cas[i].id;
	return 0;
}
