#include "pki/cert_internal.h"

#include <string.h>

#include "base/hash.h"
#include "pki/der.h"

/* -- life -- */

static bool copy_der(struct cert *cert, struct bytes der, struct error *err)
{
	cert->copy = malloc(der.len + 1);
	cert->lazy_key = calloc(1, sizeof *cert->lazy_key);
	if (!cert->copy || !cert->lazy_key)
		return error_set(err, REASON_NO_MEMORY, "certificate");
	if (der.len)
		memcpy(cert->copy, der.data, der.len);
	cert->der = (struct bytes){ cert->copy, der.len };
	return true;
}

static bool fill(struct cert *cert, struct bytes der, struct error *err)
{
	return copy_der(cert, der, err) && cert_read(cert, err) &&
	       hash_sha256(cert->der, cert->fingerprint, err) &&
	       hash_sha256(cert->spki, cert->key_hash, err);
}

/* Whatever part is wrong, it is the client's certificate that is. */
static bool blame(const struct error *why, struct error *err)
{
	bool is_ours = why->reason == REASON_NO_MEMORY || why->reason == REASON_CRYPTO;

	return error_set(err, is_ours ? why->reason : REASON_CLIENT_CERT_INVALID, "%s",
			 why->detail);
}

bool cert_parse(struct bytes der, struct cert **ret, struct error *err)
{
	if (der.len > CERT_MAX)
		return error_set(err, REASON_CLIENT_CERT_INVALID, "a certificate of %zu octets",
				 der.len);

	CLEANUP(cert_freep) struct cert *cert = calloc(1, sizeof *cert);
	struct error why = { 0 };
	if (!cert)
		return error_set(err, REASON_NO_MEMORY, "certificate");
	if (!fill(cert, der, &why))
		return blame(&why, err);
	*ret = TAKE(cert);
	return true;
}

void cert_free(struct cert *cert)
{
	if (!cert)
		return;
	if (cert->lazy_key)
		public_key_free(cert->lazy_key->key);
	free(cert->lazy_key);
	san_done(&cert->san);
	name_done(&cert->issuer);
	name_done(&cert->subject);
	free(cert->copy);
	free(cert);
}

/* -- the key, on demand -- */

bool cert_check_key(const struct cert *cert, struct error *err)
{
	struct cert_lazy_key *lazy = cert->lazy_key;

	if (!lazy->judged)
		lazy->judged = public_key_parse(cert->spki, &lazy->key, &lazy->refusal) ||
			       lazy->refusal.reason != REASON_NO_MEMORY;
	return lazy->key || error_set(err, lazy->refusal.reason, "%s", lazy->refusal.detail);
}

const struct public_key *cert_key(const struct cert *cert)
{
	return cert_check_key(cert, NULL) ? cert->lazy_key->key : NULL;
}

/* -- accessors -- */

struct bytes cert_der(const struct cert *cert)
{
	return cert->der;
}

struct bytes cert_tbs(const struct cert *cert)
{
	return cert->tbs;
}

struct bytes cert_signature(const struct cert *cert)
{
	return cert->signature;
}

enum signature_algorithm cert_signature_algorithm(const struct cert *cert)
{
	return cert->algorithm;
}

bool cert_signature_is_weak(const struct cert *cert)
{
	return cert->signature_is_weak;
}

struct bytes cert_serial(const struct cert *cert)
{
	return cert->serial;
}

struct bytes cert_issuer_der(const struct cert *cert)
{
	return cert->issuer_der;
}

struct bytes cert_subject_der(const struct cert *cert)
{
	return cert->subject_der;
}

const struct name *cert_issuer(const struct cert *cert)
{
	return &cert->issuer;
}

const struct name *cert_subject(const struct cert *cert)
{
	return &cert->subject;
}

int64_t cert_not_before(const struct cert *cert)
{
	return cert->not_before;
}

int64_t cert_not_after(const struct cert *cert)
{
	return cert->not_after;
}

struct bytes cert_spki(const struct cert *cert)
{
	return cert->spki;
}

const unsigned char *cert_fingerprint(const struct cert *cert)
{
	return cert->fingerprint;
}

const unsigned char *cert_key_hash(const struct cert *cert)
{
	return cert->key_hash;
}

const struct san *cert_san(const struct cert *cert)
{
	return &cert->san;
}

bool cert_san_is_unreadable(const struct cert *cert)
{
	return cert->san_is_unreadable;
}

struct bytes cert_subject_key_id(const struct cert *cert)
{
	return cert->subject_key_id;
}

struct bytes cert_authority_key_id(const struct cert *cert)
{
	return cert->authority_key_id;
}

/* RFC 5280 6.1.4 (k) and (n). */
bool cert_is_ca(const struct cert *cert)
{
	return cert->is_ca && (!cert->has_key_usage || cert->key_usage & KU_KEY_CERT_SIGN);
}

int cert_path_len(const struct cert *cert)
{
	return cert->path_len;
}

bool cert_has_key_usage(const struct cert *cert)
{
	return cert->has_key_usage;
}

unsigned int cert_key_usage(const struct cert *cert)
{
	return cert->key_usage;
}

bool cert_has_ext_key_usage(const struct cert *cert)
{
	return cert->ext_key_usages.len > 0;
}

bool cert_ext_key_usage_holds(const struct cert *cert, struct bytes oid)
{
	struct der list = der_open(cert->ext_key_usages);

	while (list.rest.len > 0)
		if (bytes_equal(der_read(&list, DER_OID), oid))
			return true;
	return false;
}

bool cert_has_name_constraints(const struct cert *cert)
{
	return extensions_find(&cert->extensions, oid_name_constraints);
}

const struct extensions *cert_extensions(const struct cert *cert)
{
	return &cert->extensions;
}

bool cert_is_self_issued(const struct cert *cert)
{
	return bytes_equal(cert->subject_der, cert->issuer_der) ||
	       name_equal(&cert->subject, &cert->issuer);
}
