#include "pki/ocsp_issuer.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/hash.h"
#include "pki/ocsp_oid.h"

/* -- as requests name it -- */

/* SHA-1 here tells names apart, which nobody can profit from confusing; it vouches for nothing. */
static bool sha1(struct bytes message, unsigned char *ret, struct error *err)
{
	if (EVP_Q_digest(NULL, "SHA1", NULL, message.data, message.len, ret, NULL) != 1)
		return error_set(err, REASON_CRYPTO, "SHA-1 failed");
	return true;
}

static bool hash_both(struct bytes message, unsigned char ret[OCSP_HASH_COUNT][OCSP_HASH_MAX],
		      struct error *err)
{
	return sha1(message, ret[OCSP_SHA1], err) && hash_sha256(message, ret[OCSP_SHA256], err);
}

bool ocsp_issuer_of(const struct cert *ca, struct ocsp_issuer *ret, struct error *err)
{
	const struct public_key *key = cert_key(ca);

	if (!key)
		return error_set(err, REASON_CA_UNAVAILABLE, "the CA's own key is unsound");
	return hash_both(cert_subject_der(ca), ret->name_hash, err) &&
	       hash_both(public_key_bit_string(key), ret->key_hash, err);
}

bool ocsp_issuer_is_meant(const struct ocsp_issuer *issuer, const struct ocsp_cert_id *id)
{
	size_t len = ocsp_hash_len(id->hash);

	return id->hash < OCSP_HASH_COUNT &&
	       memcmp(issuer->name_hash[id->hash], id->issuer_name_hash.data, len) == 0 &&
	       memcmp(issuer->key_hash[id->hash], id->issuer_key_hash.data, len) == 0;
}

bool ocsp_key_hash(const struct public_key *key, unsigned char ret[OCSP_KEY_HASH_LEN],
		   struct error *err)
{
	return sha1(public_key_bit_string(key), ret, err);
}

/* -- who may answer -- */

static bool issued_by(const struct cert *signer, const struct cert *issuer)
{
	return bytes_equal(cert_issuer_der(signer), cert_subject_der(issuer)) && cert_key(issuer) &&
	       public_key_verify(cert_key(issuer), cert_signature_algorithm(signer),
				 cert_tbs(signer), cert_signature(signer));
}

static bool may_sign(const struct cert *signer)
{
	return cert_key(signer) &&
	       (!cert_has_key_usage(signer) || (cert_key_usage(signer) & KU_DIGITAL_SIGNATURE));
}

bool ocsp_signer_check(const struct cert *signer, const struct cert *issuer, int64_t now,
		       struct error *err)
{
	const char *missing = NULL;

	if (!issued_by(signer, issuer))
		missing = "is not issued by the CA that it speaks for";
	else if (!cert_ext_key_usage_holds(signer, oid_ocsp_signing))
		missing = "is not for OCSP signing";
	else if (!extensions_find(cert_extensions(signer), oid_ocsp_no_check))
		missing = "lacks id-pkix-ocsp-nocheck";
	else if (now < cert_not_before(signer) || now > cert_not_after(signer))
		missing = "is not valid now";
	else if (!may_sign(signer))
		missing = "has a key that is unsound or not for signatures";
	return !missing ||
	       error_set(err, REASON_CA_UNAVAILABLE, "the responder's certificate %s", missing);
}
