#include <string.h>

#include "pki/der.h"
#include "pki/key.h"

#define DER(text)                                                                                  \
	{                                                                                          \
		(const unsigned char *)(text), sizeof(text) - 1                                    \
	}

/* -- types of keys -- */

static const struct {
	const char *text;
	enum signature_algorithm signature; /* what a CA key of this type signs with, unless told */
} key_types[KEY_TYPE_COUNT] = {
	[KEY_RSA] = { "rsa", SIGN_RSA_SHA256 },      [KEY_P256] = { "p256", SIGN_ECDSA_SHA256 },
	[KEY_P384] = { "p384", SIGN_ECDSA_SHA384 },  [KEY_P521] = { "p521", SIGN_ECDSA_SHA512 },
	[KEY_ED25519] = { "ed25519", SIGN_ED25519 },
};

const char *key_type_text(enum key_type type)
{
	return type < KEY_TYPE_COUNT ? key_types[type].text : NULL;
}

enum key_type key_type_by_text(const char *text)
{
	enum key_type type = 0;

	while (type < KEY_TYPE_COUNT && strcmp(key_types[type].text, text) != 0)
		type++;
	return type;
}

enum signature_algorithm key_type_default_algorithm(enum key_type type)
{
	return type < KEY_TYPE_COUNT ? key_types[type].signature : SIGN_COUNT;
}

/* -- signature algorithms -- */

#define OID_PKCS1(last) "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01" last
#define OID_ECDSA_SHA2(last) "\x06\x08\x2a\x86\x48\xce\x3d\x04\x03" last
#define OID_SHA2(last) "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" last
#define NULL_PARAMETERS "\x05\x00"

#define HASH(last) "\x30\x0d" OID_SHA2(last) NULL_PARAMETERS
#define HASH_BARE(last) "\x30\x0b" OID_SHA2(last)
#define MGF1 OID_PKCS1("\x08")
#define SALT(len) "\xa2\x03\x02\x01" len

/* RFC 4055 3.1: the same hash in both places and a salt as long as its output. The trailer's
 * default is left out, as DER wants. */
#define PSS(hash, salt)                                                                            \
	DER("\x30\x41" OID_PKCS1("\x0a") "\x30\x34\xa0\x0f" HASH(                                  \
		hash) "\xa1\x1c\x30\x1a" MGF1 HASH(hash) SALT(salt))
/* RFC 4055 2.1: a hash's parameters may also be absent, and then mean the same. */
#define PSS_BARE(hash, salt)                                                                       \
	DER("\x30\x3d" OID_PKCS1("\x0a") "\x30\x30\xa0\x0d" HASH_BARE(                             \
		hash) "\xa1\x1a\x30\x18" MGF1 HASH_BARE(hash) SALT(salt))

static const struct {
	const char *text;
	struct bytes der;
	struct bytes also; /* another encoding that is read, never written */
} signatures[SIGN_COUNT] = {
	[SIGN_RSA_SHA256] = { "rsa-sha256",
			      DER("\x30\x0d" OID_PKCS1("\x0b") NULL_PARAMETERS),
			      { 0 } },
	[SIGN_RSA_SHA384] = { "rsa-sha384",
			      DER("\x30\x0d" OID_PKCS1("\x0c") NULL_PARAMETERS),
			      { 0 } },
	[SIGN_RSA_SHA512] = { "rsa-sha512",
			      DER("\x30\x0d" OID_PKCS1("\x0d") NULL_PARAMETERS),
			      { 0 } },
	[SIGN_ECDSA_SHA256] = { "ecdsa-sha256", DER("\x30\x0a" OID_ECDSA_SHA2("\x02")), { 0 } },
	[SIGN_ECDSA_SHA384] = { "ecdsa-sha384", DER("\x30\x0a" OID_ECDSA_SHA2("\x03")), { 0 } },
	[SIGN_ECDSA_SHA512] = { "ecdsa-sha512", DER("\x30\x0a" OID_ECDSA_SHA2("\x04")), { 0 } },
	[SIGN_ED25519] = { "ed25519", DER("\x30\x05\x06\x03\x2b\x65\x70"), { 0 } },
	[SIGN_RSA_PSS_SHA256] = { "rsa-pss-sha256", PSS("\x01", "\x20"), PSS_BARE("\x01", "\x20") },
	[SIGN_RSA_PSS_SHA384] = { "rsa-pss-sha384", PSS("\x02", "\x30"), PSS_BARE("\x02", "\x30") },
	[SIGN_RSA_PSS_SHA512] = { "rsa-pss-sha512", PSS("\x03", "\x40"), PSS_BARE("\x03", "\x40") },
};

const char *signature_algorithm_text(enum signature_algorithm algorithm)
{
	return algorithm < SIGN_COUNT ? signatures[algorithm].text : NULL;
}

enum signature_algorithm signature_algorithm_by_text(const char *text)
{
	enum signature_algorithm algorithm = 0;

	while (algorithm < SIGN_COUNT && strcmp(signatures[algorithm].text, text) != 0)
		algorithm++;
	return algorithm;
}

struct bytes signature_algorithm_der(enum signature_algorithm algorithm)
{
	return algorithm < SIGN_COUNT ? signatures[algorithm].der : (struct bytes){ 0 };
}

/* Known, and broken: MD2, MD4, MD5 and SHA-1 in their several names. */
static const struct bytes weak_oids[] = {
	DER("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x02"), /* md2WithRSAEncryption */
	DER("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x03"), /* md4WithRSAEncryption */
	DER("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"), /* md5WithRSAEncryption */
	DER("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"), /* sha1WithRSAEncryption */
	DER("\x2b\x0e\x03\x02\x03"),                 /* md5WithRSA of the OIW */
	DER("\x2b\x0e\x03\x02\x1d"),                 /* sha1WithRSA of the OIW */
	DER("\x2b\x0e\x03\x02\x1b"),                 /* dsaWithSHA1 of the OIW */
	DER("\x2a\x86\x48\xce\x38\x04\x03"),         /* dsa-with-sha1 */
	DER("\x2a\x86\x48\xce\x3d\x04\x01"),         /* ecdsa-with-SHA1 */
};
static const struct bytes oid_rsassa_pss = DER("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a");

static bool algorithm_is_weak(struct bytes der)
{
	struct der outer = der_open(der);
	struct der inner = der_enter(&outer, DER_SEQUENCE);
	struct bytes oid = der_read(&inner, DER_OID);

	for (size_t i = 0; i < ARRAY_LEN(weak_oids); i++)
		if (bytes_equal(oid, weak_oids[i]))
			return true;
	if (!bytes_equal(oid, oid_rsassa_pss))
		return false;

	/* RFC 4055 3.1: PSS that names no hash means SHA-1 */
	struct der parameters = der_enter(&inner, DER_SEQUENCE);
	return !parameters.failed && !der_next_is(&parameters, DER_CONTEXT_0);
}

enum signature_algorithm signature_algorithm_parse(struct bytes der, bool *ret_weak)
{
	enum signature_algorithm algorithm = 0;

	while (algorithm < SIGN_COUNT && !bytes_equal(der, signatures[algorithm].der) &&
	       !(der.len > 0 && bytes_equal(der, signatures[algorithm].also)))
		algorithm++;
	*ret_weak = algorithm == SIGN_COUNT && algorithm_is_weak(der);
	return algorithm;
}
