/* EnvelopedData (RFC 5652 6) to the one certificate of the one who asked. */
#include "pki/cms.h"

#include <limits.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "pki/der.h"
#include "pki/key_internal.h"

#define FLAGS (CMS_BINARY | CMS_PARTIAL)

DEFINE_CLEANUP(CMS_ContentInfo *, CMS_ContentInfo_free)
DEFINE_CLEANUP(X509 *, X509_free)
DEFINE_CLEANUP(BIO *, BIO_free)
DEFINE_CLEANUP(ASN1_OBJECT *, ASN1_OBJECT_free)

static bool choose_oaep(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) == 1;
}

/* RFC 8551 2.3 has every agent read PKCS#1 v1.5; RFC 5753 7.1.2 lets the hash be chosen. */
static bool choose_scheme(CMS_RecipientInfo *info, const struct smime_capabilities *capabilities)
{
	EVP_PKEY_CTX *ctx = CMS_RecipientInfo_get0_pkey_ctx(info);

	if (CMS_RecipientInfo_type(info) == CMS_RECIPINFO_AGREE)
		return ctx && EVP_PKEY_CTX_set_ecdh_kdf_md(ctx, EVP_sha256()) == 1;
	return ctx && (!capabilities->has[SMIME_RSA_OAEP] || choose_oaep(ctx));
}

/* What is encrypted to is a public key: no token has a part in it. */
static X509 *parse_certificate(const struct cert *cert)
{
	struct bytes der = cert_der(cert);
	const unsigned char *at = der.data;
	CLEANUP(X509_freep) X509 *x509 = X509_new_ex(NULL, KEY_IN_SOFTWARE);

	return x509 && d2i_X509(&x509, &at, (long)der.len) ? TAKE(x509) : NULL;
}

/* By the client's own name for the key where the certificate knows that name, else by issuer and
 * serial number (RFC 7030 4.4.2). */
static bool add_recipient(CMS_ContentInfo *cms, const struct cms_recipient *recipient)
{
	CLEANUP(X509_freep) X509 *x509 = parse_certificate(recipient->cert);
	unsigned int named = cms_recipient_by_key_id(recipient) ? CMS_USE_KEYID : 0;
	CMS_RecipientInfo *info =
		x509 ? CMS_add1_recipient_cert(cms, x509, FLAGS | CMS_KEY_PARAM | named) : NULL;

	return info && choose_scheme(info, &recipient->capabilities);
}

static bool set_type(CMS_ContentInfo *cms, struct bytes type)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	CLEANUP(ASN1_OBJECT_freep) ASN1_OBJECT *object = NULL;

	if (oid_to_text(type, &text) && buffer_cstring(&text))
		object = OBJ_txt2obj((const char *)text.data, 1);
	return object && CMS_set1_eContentType(cms, object) == 1;
}

static bool seal(struct bytes type, struct bytes content, const struct cms_recipient *recipient,
		 CMS_ContentInfo **ret)
{
	const char *cipher = smime_cipher(&recipient->capabilities);
	CLEANUP(BIO_freep) BIO *input = BIO_new_mem_buf(content.data, (int)content.len);
	CLEANUP(CMS_ContentInfo_freep)
	CMS_ContentInfo *cms =
		CMS_encrypt_ex(NULL, NULL, cipher ? EVP_get_cipherbyname(cipher) : NULL, FLAGS,
			       NULL, KEY_IN_SOFTWARE);

	if (!input || !cipher || !cms || !set_type(cms, type) || !add_recipient(cms, recipient) ||
	    CMS_final(cms, input, NULL, FLAGS) != 1)
		return false;
	*ret = TAKE(cms);
	return true;
}

bool cms_envelop(struct bytes type, struct bytes content, const struct cms_recipient *recipient,
		 struct buffer *ret, struct error *err)
{
	CLEANUP(CMS_ContentInfo_freep) CMS_ContentInfo *cms = NULL;
	unsigned char *der = NULL;

	if (!cms_recipient_check(recipient, err))
		return false;
	if (content.len > INT_MAX || !seal(type, content, recipient, &cms))
		return key_refuse(err, REASON_CRYPTO, "the message cannot be encrypted");
	int len = i2d_CMS_ContentInfo(cms, &der);
	if (len <= 0)
		return key_refuse(err, REASON_CRYPTO, "the encrypted message cannot be encoded");
	buffer_append(ret, (struct bytes){ der, (size_t)len });
	OPENSSL_free(der);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "encrypted message");
}
