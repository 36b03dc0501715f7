#include "pki/key_internal.h"

#include <stdatomic.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "base/hash.h"
#include "pki/der.h"
#include "pki/key_curve25519.h"
#include "pki/key_weak.h"

#define DER(text)                                                                                  \
	{                                                                                          \
		(const unsigned char *)(text), sizeof(text) - 1                                    \
	}
#define SPKI_MAX 4096 /* the largest key we take needs 560 octets */
#define POINT_UNCOMPRESSED 0x04

struct public_key {
	atomic_int references;
	enum key_type type;
	unsigned int bits;
	_Atomic(EVP_PKEY *) evp; /* NULL until something is verified */
	struct bytes bit_string; /* within spki */
	unsigned char hash[KEY_HASH_LEN];
	size_t spki_len;
	unsigned char spki[];
};

/* Of the raw octets of subjectPublicKey one function judges the form and tells the key's size; one
 * judges the number or point by arithmetic; and one makes OpenSSL's key of them, which only those
 * who verify need: it costs most. */
struct key_kind;
typedef bool read_function(const struct key_kind *kind, struct bytes octets, unsigned int *ret_bits,
			   struct error *err);
typedef bool judge_function(const struct key_kind *kind, struct bytes octets, struct error *err);
typedef EVP_PKEY *load_function(const struct key_kind *kind, struct bytes octets);
static read_function read_form_rsa, read_form_ec, read_form_ed25519;
static judge_function judge_rsa, judge_ec;
static load_function load_rsa, load_ec, load_ed25519;

/* What we take, with the only AlgorithmIdentifier that each may have (RFC 3279 2.3.1, RFC 5480 2.1,
 * RFC 8410 3). */
static const struct key_kind {
	enum key_type type;
	unsigned int bits;
	struct bytes algorithm;
	read_function *read_form;
	judge_function *judge; /* NULL: the form says all */
	load_function *load;
} kinds[] = {
	{ KEY_P256, 256,
	  DER("\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01"
	      "\x07"),
	  read_form_ec, judge_ec, load_ec },
	{ KEY_RSA, 0, DER("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"),
	  read_form_rsa, judge_rsa, load_rsa },
	{ KEY_ED25519, 256, DER("\x30\x05\x06\x03\x2b\x65\x70"), read_form_ed25519, NULL,
	  load_ed25519 },
	{ KEY_P384, 384,
	  DER("\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22"),
	  read_form_ec, judge_ec, load_ec },
	{ KEY_P521, 521,
	  DER("\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23"),
	  read_form_ec, judge_ec, load_ec },
};

static const struct bytes oid_rsa = DER("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01");
static const struct bytes oid_ec = DER("\x2a\x86\x48\xce\x3d\x02\x01");

/* -- RSA -- */

static inline void bld_freep(OSSL_PARAM_BLD **bld)
{
	OSSL_PARAM_BLD_free(*bld);
}

static inline void params_freep(OSSL_PARAM **params)
{
	OSSL_PARAM_free(*params);
}

DEFINE_CLEANUP(BIGNUM *, BN_free)
DEFINE_CLEANUP(EC_POINT *, EC_POINT_free)

static EVP_PKEY *make_rsa(const BIGNUM *modulus, const BIGNUM *exponent)
{
	CLEANUP(bld_freep) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	CLEANUP(params_freep) OSSL_PARAM *params = NULL;
	CLEANUP(evp_pkey_ctx_freep)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", KEY_IN_SOFTWARE);
	EVP_PKEY *evp = NULL;

	if (bld && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
		params = OSSL_PARAM_BLD_to_param(bld);
	if (!ctx || !params || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &evp, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return NULL;
	return evp;
}

/* The magnitude of an INTEGER that is above zero and minimally encoded. */
static bool read_positive(struct der *der, struct bytes *ret)
{
	struct bytes contents = der_read(der, DER_INTEGER);

	if (contents.len == 0 || contents.data[0] & 0x80)
		return false;
	if (contents.data[0] == 0) {
		contents.data++;
		contents.len--;
		if (contents.len == 0 || !(contents.data[0] & 0x80))
			return false;
	}
	*ret = contents;
	return true;
}

static unsigned int count_bits(struct bytes magnitude)
{
	unsigned int bits = (unsigned int)magnitude.len * 8;

	for (unsigned char top = magnitude.data[0]; !(top & 0x80); top = (unsigned char)(top << 1))
		bits--;
	return bits;
}

static bool is_odd(struct bytes magnitude)
{
	return magnitude.data[magnitude.len - 1] & 1;
}

static bool check_modulus_size(struct bytes modulus, unsigned int *ret_bits, struct error *err)
{
	unsigned int bits = count_bits(modulus);

	if (bits < KEY_RSA_BITS_MIN)
		return error_set(err, REASON_KEY_TOO_WEAK, "RSA of %u bits; the least is %d", bits,
				 KEY_RSA_BITS_MIN);
	if (bits > KEY_RSA_BITS_MAX)
		return error_set(err, REASON_KEY_INVALID, "RSA of %u bits; the most is %d", bits,
				 KEY_RSA_BITS_MAX);
	if (bits % 8)
		return error_set(err, REASON_KEY_INVALID,
				 "RSA of %u bits, which is no multiple of 8", bits);
	*ret_bits = bits;
	return true;
}

/* With e = 1 a "signature" is the padded hash itself, so anyone proves possession. */
static bool check_exponent(struct bytes exponent, struct error *err)
{
	if (count_bits(exponent) > KEY_EXPONENT_BITS_MAX)
		return error_set(err, REASON_KEY_INVALID, "the RSA exponent has %u bits",
				 count_bits(exponent));
	if (!is_odd(exponent) || count_bits(exponent) == 1)
		return error_set(err, REASON_KEY_INVALID, "the RSA exponent is 1 or even");
	return true;
}

static bool read_rsa(struct bytes octets, struct bytes *ret_n, struct bytes *ret_e)
{
	struct der outer = der_open(octets);
	struct der sequence = der_enter(&outer, DER_SEQUENCE);

	return read_positive(&sequence, ret_n) && read_positive(&sequence, ret_e) &&
	       der_at_end(&sequence) && der_at_end(&outer);
}

static BIGNUM *number_of(struct bytes magnitude)
{
	return BN_bin2bn(magnitude.data, (int)magnitude.len, NULL);
}

static bool read_form_rsa(const struct key_kind *kind, struct bytes octets, unsigned int *ret_bits,
			  struct error *err)
{
	struct bytes n, e;

	(void)kind;
	if (!read_rsa(octets, &n, &e))
		return error_set(err, REASON_KEY_INVALID,
				 "no RSAPublicKey of two positive numbers (RFC 8017 A.1.1)");
	if (!check_modulus_size(n, ret_bits, err) || !check_exponent(e, err))
		return false;
	return is_odd(n) || error_set(err, REASON_KEY_INVALID, "the RSA modulus is even");
}

static bool judge_rsa(const struct key_kind *kind, struct bytes octets, struct error *err)
{
	struct bytes n, e;

	(void)kind;
	CLEANUP(BN_freep) BIGNUM *modulus = read_rsa(octets, &n, &e) ? number_of(n) : NULL;
	if (!modulus)
		return error_set(err, REASON_NO_MEMORY, "RSA key");
	return rsa_modulus_check(modulus, err);
}

static EVP_PKEY *load_rsa(const struct key_kind *kind, struct bytes octets)
{
	struct bytes n, e;

	(void)kind;
	if (!read_rsa(octets, &n, &e))
		return NULL;
	CLEANUP(BN_freep) BIGNUM *modulus = number_of(n);
	CLEANUP(BN_freep) BIGNUM *exponent = number_of(e);
	return modulus && exponent ? make_rsa(modulus, exponent) : NULL;
}

/* -- elliptic curves -- */

static bool read_form_ec(const struct key_kind *kind, struct bytes octets, unsigned int *ret_bits,
			 struct error *err)
{
	size_t coordinate = (kind->bits + 7) / 8;

	if (octets.len != 1 + 2 * coordinate || octets.data[0] != POINT_UNCOMPRESSED)
		return error_set(err, REASON_KEY_INVALID,
				 "the EC point is not in the uncompressed form (RFC 5480 2.2)");
	*ret_bits = kind->bits;
	return true;
}

/* OpenSSL refuses coordinates that are not below p and points that are not on the curve. The
 * cofactor of these curves is 1, so every point but infinity is sound. */
static bool judge_ec(const struct key_kind *kind, struct bytes octets, struct error *err)
{
	const EC_GROUP *curve = key_curve(kind->type);
	CLEANUP(EC_POINT_freep) EC_POINT *point = curve ? EC_POINT_new(curve) : NULL;
	if (!point)
		return error_set(err, REASON_CRYPTO, "the EC key cannot be loaded");
	if (EC_POINT_oct2point(curve, point, octets.data, octets.len, NULL) != 1)
		return error_set(err, REASON_KEY_INVALID, "the EC point is not on the curve");
	return true;
}

static EVP_PKEY *load_ec(const struct key_kind *kind, struct bytes octets)
{
	EVP_PKEY *template = key_template(kind->type);
	CLEANUP(evp_pkey_freep) EVP_PKEY *evp = template ? EVP_PKEY_dup(template) : NULL;

	if (!evp || EVP_PKEY_set1_encoded_public_key(evp, octets.data, octets.len) != 1)
		return NULL;
	return TAKE(evp);
}

/* -- Ed25519 -- */

static bool read_form_ed25519(const struct key_kind *kind, struct bytes octets,
			      unsigned int *ret_bits, struct error *err)
{
	*ret_bits = kind->bits;
	return ed25519_key_check(octets, err);
}

static EVP_PKEY *load_ed25519(const struct key_kind *kind, struct bytes octets)
{
	(void)kind;
	return EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, octets.data, octets.len);
}

/* -- SubjectPublicKeyInfo -- */

static const struct key_kind *find_kind(struct bytes algorithm)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (bytes_equal(kinds[i].algorithm, algorithm))
			return &kinds[i];
	return NULL;
}

/* Only for the words: whoever arrives here is refused. */
static bool refuse_algorithm(struct bytes algorithm, struct error *err)
{
	struct der outer = der_open(algorithm);
	struct der inner = der_enter(&outer, DER_SEQUENCE);
	struct bytes oid = der_read(&inner, DER_OID);
	CLEANUP(buffer_done) struct buffer text = { 0 };

	if (bytes_equal(oid, oid_rsa))
		return error_set(err, REASON_KEY_INVALID,
				 "the parameters of rsaEncryption are not NULL (RFC 3279 2.3.1)");
	if (bytes_equal(oid, oid_ec) && !der_next_is(&inner, DER_OID))
		return error_set(err, REASON_KEY_TYPE_NOT_ALLOWED,
				 "an EC key without a named curve (RFC 5480 2.1.1)");
	if (bytes_equal(oid, oid_ec))
		oid = der_read(&inner, DER_OID);
	if (!oid_to_text(oid, &text) || !buffer_cstring(&text))
		return error_set(err, REASON_KEY_INVALID, "the key's algorithm cannot be read");
	return error_set(err, REASON_KEY_TYPE_NOT_ALLOWED, "keys of type or curve %s are not taken",
			 (const char *)text.data);
}

static bool fill(struct public_key *key, struct bytes spki, struct error *err)
{
	struct der outer = der_open(spki);
	struct der inner = der_enter(&outer, DER_SEQUENCE);
	struct bytes algorithm = der_read_whole(&inner, DER_SEQUENCE);
	struct bytes octets = der_read_octet_bits(&inner);

	if (!der_at_end(&inner) || !der_at_end(&outer))
		return error_set(err, REASON_KEY_INVALID,
				 "no DER SubjectPublicKeyInfo (RFC 5280 4.1.2.7)");

	const struct key_kind *kind = find_kind(algorithm);
	if (!kind)
		return refuse_algorithm(algorithm, err);
	if (!kind->read_form(kind, octets, &key->bits, err))
		return false;
	key->type = kind->type;
	key->bit_string = octets;
	return hash_sha256(spki, key->hash, err);
}

static const struct key_kind *kind_of(enum key_type type)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

enum key_type public_key_type_of(struct bytes spki)
{
	struct der outer = der_open(spki);
	struct der fields = der_enter(&outer, DER_SEQUENCE);
	const struct key_kind *kind = find_kind(der_read_whole(&fields, DER_SEQUENCE));

	return kind ? kind->type : KEY_TYPE_COUNT;
}

bool public_key_parse_form(struct bytes spki, struct public_key **ret, struct error *err)
{
	if (spki.len > SPKI_MAX)
		return error_set(err, REASON_KEY_INVALID, "a key of %zu octets", spki.len);

	CLEANUP(public_key_freep) struct public_key *key = calloc(1, sizeof *key + spki.len);
	if (!key)
		return error_set(err, REASON_NO_MEMORY, "public key");
	if (spki.len)
		memcpy(key->spki, spki.data, spki.len);
	key->spki_len = spki.len;
	atomic_init(&key->references, 1);
	atomic_init(&key->evp, NULL);
	if (!fill(key, public_key_spki(key), err))
		return false;
	*ret = TAKE(key);
	return true;
}

bool public_key_judge(const struct public_key *key, struct error *err)
{
	const struct key_kind *kind = kind_of(key->type);

	if (kind && (!kind->judge || kind->judge(kind, key->bit_string, err)))
		return true;
	ERR_clear_error(); /* TLS reads this thread's queue too */
	return false;
}

bool public_key_parse(struct bytes spki, struct public_key **ret, struct error *err)
{
	CLEANUP(public_key_freep) struct public_key *key = NULL;

	if (!public_key_parse_form(spki, &key, err) || !public_key_judge(key, err))
		return false;
	*ret = TAKE(key);
	return true;
}

struct public_key *public_key_ref(const struct public_key *key)
{
	/* everything but the count is immutable */
	struct public_key *shared = (struct public_key *)(uintptr_t)key;

	atomic_fetch_add(&shared->references, 1);
	return shared;
}

void public_key_free(struct public_key *key)
{
	if (!key || atomic_fetch_sub(&key->references, 1) != 1)
		return;
	EVP_PKEY_free(atomic_load(&key->evp));
	free(key);
}

enum key_type public_key_type(const struct public_key *key)
{
	return key->type;
}

unsigned int public_key_bits(const struct public_key *key)
{
	return key->bits;
}

struct bytes public_key_spki(const struct public_key *key)
{
	return (struct bytes){ key->spki, key->spki_len };
}

struct bytes public_key_bit_string(const struct public_key *key)
{
	return key->bit_string;
}

const unsigned char *public_key_hash(const struct public_key *key)
{
	return key->hash;
}

/* -- verifying -- */

/* OpenSSL's key, made by the first who needs it; of two at the same time one wins. */
static EVP_PKEY *evp_of(const struct public_key *key)
{
	/* everything but this and the count is immutable */
	struct public_key *shared = (struct public_key *)(uintptr_t)key;
	EVP_PKEY *evp = atomic_load(&shared->evp);

	if (evp)
		return evp;
	const struct key_kind *kind = kind_of(key->type);
	CLEANUP(evp_pkey_freep) EVP_PKEY *made = kind ? kind->load(kind, key->bit_string) : NULL;
	if (made && atomic_compare_exchange_strong(&shared->evp, &evp, made))
		return TAKE(made);
	return evp;
}

static bool verify_message(EVP_PKEY *evp, struct bytes message, struct bytes signature)
{
	CLEANUP(evp_md_ctx_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	return evp && ctx &&
	       EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, KEY_IN_SOFTWARE, evp, NULL) == 1 &&
	       EVP_DigestVerify(ctx, signature.data, signature.len, message.data, message.len) == 1;
}

/* Hashing first and verifying the hash spares the search for the digest by its name. */
static bool verify_hash(const struct public_key *key, const struct signature_scheme *scheme,
			struct bytes message, struct bytes signature)
{
	EVP_PKEY *evp = evp_of(key);
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int hash_len = 0;
	CLEANUP(evp_pkey_ctx_freep)
	EVP_PKEY_CTX *ctx = evp ? EVP_PKEY_CTX_new_from_pkey(NULL, evp, KEY_IN_SOFTWARE) : NULL;

	return ctx &&
	       EVP_Digest(message.data, message.len, hash, &hash_len, scheme->digest, NULL) == 1 &&
	       EVP_PKEY_verify_init(ctx) == 1 && signature_scheme_apply(scheme, key->type, ctx) &&
	       EVP_PKEY_verify(ctx, signature.data, signature.len, hash, hash_len) == 1;
}

bool public_key_verify(const struct public_key *key, enum signature_algorithm algorithm,
		       struct bytes message, struct bytes signature)
{
	struct signature_scheme scheme;

	if (signature.len == 0 || signature.len > SIGNATURE_MAX ||
	    !signature_scheme_for(algorithm, key->type, &scheme))
		return false;

	bool valid = scheme.digest ? verify_hash(key, &scheme, message, signature)
				   : verify_message(evp_of(key), message, signature);
	if (!valid)
		ERR_clear_error();
	return valid;
}
