/* Which key a client means, and whether it may be encrypted to. Apart from cms_envelop.c, whose
 * OpenSSL headers have other numbers under the names of our key usages. */
#include "pki/cms.h"

#include <openssl/evp.h>

#define SHA1_LEN 20

bool cms_recipient_by_key_id(const struct cms_recipient *recipient)
{
	return bytes_equal(cert_subject_key_id(recipient->cert), recipient->key_id);
}

/* Names a key for those whose certificate does not (RFC 5280 4.2.1.2 method 1): an identifier, no
 * matter of trust. */
static bool hash_key(const struct public_key *key, unsigned char hash[SHA1_LEN])
{
	size_t len = 0;
	struct bytes octets = public_key_bit_string(key);

	return EVP_Q_digest(NULL, "SHA1", NULL, octets.data, octets.len, hash, &len) == 1;
}

static bool key_id_is_hash(const struct cms_recipient *recipient, const struct public_key *key)
{
	unsigned char hash[SHA1_LEN];

	return hash_key(key, hash) &&
	       bytes_equal((struct bytes){ hash, sizeof hash }, recipient->key_id);
}

bool cms_key_id(const struct cert *cert, struct buffer *ret, struct error *err)
{
	struct bytes id = cert_subject_key_id(cert);
	unsigned char hash[SHA1_LEN];

	if (id.len) {
		buffer_append(ret, id);
	} else {
		if (!cert_key(cert) || !hash_key(cert_key(cert), hash))
			return error_set(err, REASON_DECRYPT_KEY,
					 "the certificate's key has no name");
		buffer_append(ret, (struct bytes){ hash, sizeof hash });
	}
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "key identifier");
}

/* What the key must be allowed to do, by its type; 0: nothing can be encrypted to it. */
static const unsigned int usages[KEY_TYPE_COUNT] = {
	[KEY_RSA] = KU_KEY_ENCIPHERMENT,
	[KEY_P256] = KU_KEY_AGREEMENT,
	[KEY_P384] = KU_KEY_AGREEMENT,
	[KEY_P521] = KU_KEY_AGREEMENT,
	[KEY_ED25519] = 0,
};

static bool check_usage(const struct cert *cert, enum key_type type, struct error *err)
{
	if (usages[type] == 0)
		return error_set(err, REASON_DECRYPT_KEY, "nothing can be encrypted to a %s key",
				 key_type_text(type));
	if (cert_has_key_usage(cert) && !(cert_key_usage(cert) & usages[type]))
		return error_set(err, REASON_DECRYPT_KEY,
				 "the client certificate's keyUsage has no %s",
				 type == KEY_RSA ? "keyEncipherment" : "keyAgreement");
	return true;
}

bool cms_recipient_check(const struct cms_recipient *recipient, struct error *err)
{
	const struct public_key *key = recipient->cert ? cert_key(recipient->cert) : NULL;

	if (!key)
		return error_set(err, REASON_DECRYPT_KEY,
				 "the client showed no certificate whose key could be meant");
	if (!cms_recipient_by_key_id(recipient) && !key_id_is_hash(recipient, key))
		return error_set(err, REASON_DECRYPT_KEY,
				 "the named key is not that of the client certificate");
	if (!smime_cipher(&recipient->capabilities))
		return error_set(err, REASON_DECRYPT_KEY,
				 "smimeCapabilities name none of AES-256-CBC, AES-192-CBC and "
				 "AES-128-CBC (RFC 7030 4.4.1)");
	return check_usage(recipient->cert, public_key_type(key), err);
}
