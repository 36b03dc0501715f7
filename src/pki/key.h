/* Public keys as they arrive (SubjectPublicKeyInfo) and private keys as we keep them. */
#pragma once

#include <openssl/types.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret.h"

enum key_type { KEY_RSA, KEY_P256, KEY_P384, KEY_P521, KEY_ED25519, KEY_TYPE_COUNT };

enum signature_algorithm {
	SIGN_RSA_SHA256,
	SIGN_RSA_SHA384,
	SIGN_RSA_SHA512,
	SIGN_ECDSA_SHA256,
	SIGN_ECDSA_SHA384,
	SIGN_ECDSA_SHA512,
	SIGN_ED25519,
	SIGN_RSA_PSS_SHA256,
	SIGN_RSA_PSS_SHA384,
	SIGN_RSA_PSS_SHA512,
	SIGN_COUNT,
};

#define KEY_RSA_BITS_MIN 2048
#define KEY_RSA_BITS_MAX 4096
#define KEY_EXPONENT_BITS_MAX 64 /* 65537 in practice; a long exponent only costs the verifier */
#define KEY_HASH_LEN 32
#define SIGNATURE_MAX 1024
#define SIGNATURE_TEXT_MAX 31

const char *key_type_text(enum key_type type);    /* "rsa", "p256", "p384", "p521", "ed25519" */
enum key_type key_type_by_text(const char *text); /* KEY_TYPE_COUNT when unknown */
const char *signature_algorithm_text(enum signature_algorithm algorithm); /* "ecdsa-sha256" … */
enum signature_algorithm
signature_algorithm_by_text(const char *text); /* SIGN_COUNT when unknown */

/* The AlgorithmIdentifier as DER, exact in its parameters (NULL for PKCS#1 v1.5, absent for ECDSA
 * and EdDSA). */
struct bytes signature_algorithm_der(enum signature_algorithm algorithm);
/* From a whole AlgorithmIdentifier; SIGN_COUNT for unknown, weak (MD5, SHA-1) and wrongly
 * parameterised ones. *ret_weak tells a known weak one apart. For RSA PKCS#1 v1.5 absent parameters
 * are refused. */
enum signature_algorithm signature_algorithm_parse(struct bytes der, bool *ret_weak);

/* A public key, judged on its raw DER before any arithmetic: type and curve from the list, RSA
 * modulus 2048 to 4096 bits and a multiple of 8, odd, exponent odd, at least 3 and at most
 * KEY_EXPONENT_BITS_MAX bits; EC by named curve, point uncompressed, coordinates below p and on the
 * curve; Ed25519 32 octets, not of small order. Weak keys (ROCA, close primes, small factors) are
 * refused. */
struct public_key;

/* REASON_KEY_INVALID, REASON_KEY_TOO_WEAK, REASON_KEY_TYPE_NOT_ALLOWED or REASON_KEY_BLOCKLISTED.
 * The bytes are copied. */
MUST_CHECK bool public_key_parse(struct bytes spki, struct public_key **ret, struct error *err);
/* The two halves of it: the form, and the arithmetic on a point or on a modulus, which whoever
 * verifies by a point does in any case. */
MUST_CHECK bool public_key_parse_form(struct bytes spki, struct public_key **ret,
				      struct error *err);
MUST_CHECK bool public_key_judge(const struct public_key *key, struct error *err);
/* The same key once more, for another owner; thread-safe. */
struct public_key *public_key_ref(const struct public_key *key);
void public_key_free(struct public_key *key);
DEFINE_CLEANUP(struct public_key *, public_key_free)
/* By the algorithm alone, the key not judged: KEY_TYPE_COUNT for none of ours. */
enum key_type public_key_type_of(struct bytes spki);
enum key_type public_key_type(const struct public_key *key);
unsigned int public_key_bits(const struct public_key *key);
struct bytes public_key_spki(const struct public_key *key); /* DER, borrowed from the key */
struct bytes
public_key_bit_string(const struct public_key *key); /* subjectPublicKey octets, for SKI */
const unsigned char *
public_key_hash(const struct public_key *key); /* SHA-256 of the SPKI, KEY_HASH_LEN bytes */
/* True if `signature` over `message` was made with this key. Any failure is false. */
bool public_key_verify(const struct public_key *key, enum signature_algorithm algorithm,
		       struct bytes message, struct bytes signature);

/* -- private keys: for ca/signer_file.c, manage (RA keys to PKCS#12) and tests -- */
struct private_key;

/* `bits` counts for KEY_RSA only. */
MUST_CHECK bool private_key_generate(enum key_type type, unsigned int bits,
				     struct private_key **ret, struct error *err);
/* Encrypted PKCS#8 PEM (PBES2: AES-256-CBC, PBKDF2-HMAC-SHA256). A wrong passphrase is
 * REASON_SECRET_FILE. */
MUST_CHECK bool private_key_decrypt(struct bytes pem, struct bytes passphrase,
				    struct private_key **ret, struct error *err);
MUST_CHECK bool private_key_encrypt(const struct private_key *key, struct bytes passphrase,
				    struct buffer *ret, struct error *err);
/* Unencrypted PKCS#8 DER: only for a node's own TLS key on its way to the edges, and for PKCS#12.
 */
MUST_CHECK bool private_key_parse(struct bytes pkcs8, struct private_key **ret, struct error *err);
MUST_CHECK bool private_key_encode(const struct private_key *key, struct buffer *ret,
				   struct error *err);
void private_key_free(struct private_key *key);
DEFINE_CLEANUP(struct private_key *, private_key_free)
/* The matching public key; the caller's. */
MUST_CHECK bool private_key_public(const struct private_key *key, struct public_key **ret,
				   struct error *err);
/* Signs. Thread-safe. The algorithm must fit the key's type. */
MUST_CHECK bool private_key_sign(const struct private_key *key, enum signature_algorithm algorithm,
				 struct bytes message, struct buffer *ret, struct error *err);
enum key_type private_key_type(const struct private_key *key);
/* Whether a key of that type can make it. */
bool key_type_signs_with(enum key_type type, enum signature_algorithm algorithm);
/* SHA-256 for RSA and P-256, SHA-384 for P-384, SHA-512 for P-521, Ed25519. */
enum signature_algorithm key_type_default_algorithm(enum key_type type);
