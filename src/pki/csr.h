/* A PKCS#10 certification request (RFC 2986), read by our own strict DER reader. */
#pragma once

#include "pki/extension.h"
#include "pki/key.h"
#include "pki/name.h"
#include "pki/san.h"
#include "pki/smime_capabilities.h"
#include "pki/verifier.h"

#define CSR_MAX 32768 /* octets of DER */
#define CSR_ATTRIBUTES_MAX 16

struct csr;

/* Parses one DER CSR and everything in it: key judged (see public_key_parse), names and SAN read,
 * attributes known. Does not verify the self-signature: csr_verify does, once, at the edge. The
 * bytes are copied. `lenient` accepts absent [0] attributes and the Microsoft extension attribute
 * OID. REASON_TOO_LARGE, REASON_CSR_MALFORMED, REASON_KEY_*, REASON_NAME_INVALID,
 * REASON_EXTENSION_NOT_ALLOWED. */
MUST_CHECK bool csr_parse(struct bytes der, bool lenient, struct csr **ret, struct error *err);
void csr_free(struct csr *csr);
DEFINE_CLEANUP(struct csr *, csr_free)
/* The self-signature, with REASON_SIGNATURE_WEAK for MD5 and SHA-1 and REASON_POP_FAILED for a
 * wrong one. */
MUST_CHECK bool csr_verify(const struct csr *csr, struct error *err);
/* csr_parse() and csr_verify() in one, for who reads many: costs less than the two. */
MUST_CHECK bool csr_parse_verified(struct verifier *verifier, struct bytes der, bool lenient,
				   struct csr **ret, struct error *err);

/* csr_parse() for a key that is made by whoever is asked (RFC 7030 4.4.1): the CSR's own key and
 * signature count for nothing and are not judged, all else is. csr_key() is NULL until
 * csr_set_key(). */
MUST_CHECK bool csr_parse_unkeyed(struct bytes der, bool lenient, struct csr **ret,
				  struct error *err);
/* What kind of key an unkeyed CSR carries, sound or not: by that a client says what it would like.
 * KEY_TYPE_COUNT for none that we know; *ret_bits is 0 where the key is not sound. */
enum key_type csr_key_wish(const struct csr *csr, unsigned int *ret_bits);
/* The key that was made for an unkeyed CSR; takes it over. */
void csr_set_key(struct csr *csr, struct public_key *key);

struct bytes csr_der(const struct csr *csr);
const struct name *csr_subject(const struct csr *csr);
struct bytes csr_subject_der(const struct csr *csr);
const struct public_key *csr_key(const struct csr *csr); /* see csr_parse_unkeyed */
const struct san *csr_san(const struct csr *csr);        /* empty when none was asked for */
const struct extensions *
csr_extensions(const struct csr *csr); /* what extensionRequest holds, SAN included */
/* challengePassword's text as UTF-8 without surrounding white space, or NULL. It may be a secret.
 */
const char *csr_challenge_password(const struct csr *csr);
/* The RFC 7894 attributes' texts, or NULL each. */
const char *csr_otp_challenge(const struct csr *csr);
const char *csr_est_identity_linking(const struct csr *csr);
/* The names that a ChangeSubjectName attribute (RFC 6402 2.8) asks for; false when the attribute is
 * absent. Either may be NULL. */
bool csr_change_subject(const struct csr *csr, const struct name **ret_subject,
			const struct san **ret_san);

/* The key under which a client wants the key made for it encrypted, beside what TLS does
 * (RFC 7030 4.4.1.1, 4.4.1.2). */
#define DECRYPT_KEY_ID_MAX 128
enum decrypt_key { DECRYPT_KEY_NONE, DECRYPT_KEY_SYMMETRIC, DECRYPT_KEY_ASYMMETRIC };
struct decrypt_key_wish {
	enum decrypt_key kind;
	struct bytes id;
	struct smime_capabilities capabilities;
};
const struct decrypt_key_wish *csr_decrypt_key(const struct csr *csr);
