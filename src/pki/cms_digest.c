#include "pki/cms_digest.h"

#include <openssl/evp.h>

#include "pki/key_internal.h"

#define OID(text)                                                                                  \
	{                                                                                          \
		(const unsigned char *)(text), sizeof(text) - 1                                    \
	}
#define PKCS_7 "\x2a\x86\x48\x86\xf7\x0d\x01\x07"
#define PKCS_9 "\x2a\x86\x48\x86\xf7\x0d\x01\x09"
#define SHA_2 "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02"

const struct bytes oid_cms_data = OID(PKCS_7 "\x01");
const struct bytes oid_cms_signed_data = OID(PKCS_7 "\x02");
const struct bytes oid_cms_enveloped_data = OID(PKCS_7 "\x03");
const struct bytes oid_cms_asymmetric_key_package = OID("\x60\x86\x48\x01\x65\x02\x01\x02\x4e"
							"\x05");
const struct bytes oid_cms_content_type = OID(PKCS_9 "\x03");
const struct bytes oid_cms_message_digest = OID(PKCS_9 "\x04");

static const struct {
	struct bytes der;
	struct bytes also; /* with parameters, as many still write it */
	const char *name;
} digests[CMS_DIGEST_COUNT] = {
	[CMS_SHA256] = { OID("\x30\x0b" SHA_2 "\x01"), OID("\x30\x0d" SHA_2 "\x01\x05\x00"),
			 "SHA256" },
	[CMS_SHA384] = { OID("\x30\x0b" SHA_2 "\x02"), OID("\x30\x0d" SHA_2 "\x02\x05\x00"),
			 "SHA384" },
	[CMS_SHA512] = { OID("\x30\x0b" SHA_2 "\x03"), OID("\x30\x0d" SHA_2 "\x03\x05\x00"),
			 "SHA512" },
};

static const enum cms_digest digest_of[SIGN_COUNT] = {
	[SIGN_RSA_SHA256] = CMS_SHA256,     [SIGN_RSA_SHA384] = CMS_SHA384,
	[SIGN_RSA_SHA512] = CMS_SHA512,     [SIGN_ECDSA_SHA256] = CMS_SHA256,
	[SIGN_ECDSA_SHA384] = CMS_SHA384,   [SIGN_ECDSA_SHA512] = CMS_SHA512,
	[SIGN_ED25519] = CMS_SHA512,        [SIGN_RSA_PSS_SHA256] = CMS_SHA256,
	[SIGN_RSA_PSS_SHA384] = CMS_SHA384, [SIGN_RSA_PSS_SHA512] = CMS_SHA512,
};

enum cms_digest cms_digest_of(enum signature_algorithm algorithm)
{
	return algorithm < SIGN_COUNT ? digest_of[algorithm] : CMS_DIGEST_COUNT;
}

struct bytes cms_digest_der(enum cms_digest digest)
{
	return digest < CMS_DIGEST_COUNT ? digests[digest].der : (struct bytes){ 0 };
}

enum cms_digest cms_digest_parse(struct bytes der)
{
	enum cms_digest digest = 0;

	while (digest < CMS_DIGEST_COUNT && !bytes_equal(digests[digest].der, der) &&
	       !bytes_equal(digests[digest].also, der))
		digest++;
	return digest;
}

bool cms_hash(enum cms_digest digest, struct bytes content, struct buffer *ret, struct error *err)
{
	unsigned char value[EVP_MAX_MD_SIZE];
	size_t len = 0;

	if (digest >= CMS_DIGEST_COUNT || EVP_Q_digest(NULL, digests[digest].name, NULL,
						       content.data, content.len, value, &len) != 1)
		return key_refuse(err, REASON_CRYPTO, "the content cannot be hashed");
	buffer_append(ret, (struct bytes){ value, len });
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "digest");
}
