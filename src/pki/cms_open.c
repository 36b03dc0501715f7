/* EnvelopedData (RFC 5652 6) that somebody made for our key. */
#include "pki/cms.h"

#include <limits.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "pki/der.h"
#include "pki/key_internal.h"

DEFINE_CLEANUP(CMS_ContentInfo *, CMS_ContentInfo_free)
DEFINE_CLEANUP(X509 *, X509_free)
DEFINE_CLEANUP(BIO *, BIO_free)

static CMS_ContentInfo *parse(struct bytes message)
{
	const unsigned char *at = message.data;
	CLEANUP(CMS_ContentInfo_freep)
	CMS_ContentInfo *cms =
		message.len <= LONG_MAX ? d2i_CMS_ContentInfo(NULL, &at, (long)message.len) : NULL;

	if (!cms || at != message.data + message.len ||
	    OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_enveloped)
		return NULL;
	return TAKE(cms);
}

static X509 *parse_certificate(const struct cert *cert)
{
	struct bytes der = cert_der(cert);
	const unsigned char *at = der.data;

	return d2i_X509(NULL, &at, (long)der.len);
}

/* The memory BIO wipes what it held. */
static bool take_content(BIO *from, struct buffer *ret, struct error *err)
{
	char *data = NULL;
	long len = BIO_get_mem_data(from, &data);

	if (len > 0)
		buffer_append(ret, (struct bytes){ (unsigned char *)data, (size_t)len });
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "decrypted message");
}

/* What a token's own library said, which alone knows why its key was not used: "" for nothing. */
static const char *token_words(void)
{
	const char *words = NULL;

	for (unsigned long code = ERR_get_error(); code && !words; code = ERR_get_error())
		if (ERR_GET_LIB(code) >= ERR_LIB_USER)
			words = ERR_reason_error_string(code);
	return words ? words : "";
}

static bool refuse_opening(struct error *err)
{
	const char *words = token_words();

	(void)error_set(err, REASON_CMS_MALFORMED, "the message is not one that this key opens%s%s",
			*words ? ": " : "", words);
	ERR_clear_error();
	return false;
}

/* The certificate is named so that no other recipient's part is tried with our key; a wrong one
 * then ends as garbage or as a failure, and nothing tells which (RFC 3218). */
bool cms_open(struct bytes message, const struct cert *recipient, const struct private_key *key,
	      struct buffer *ret, struct error *err)
{
	CLEANUP(CMS_ContentInfo_freep) CMS_ContentInfo *cms = parse(message);
	CLEANUP(X509_freep) X509 *x509 = parse_certificate(recipient);
	CLEANUP(BIO_freep) BIO *content = BIO_new(BIO_s_mem());

	if (!cms)
		return key_refuse(err, REASON_CMS_MALFORMED, "no EnvelopedData (RFC 5652 6)");
	ERR_clear_error();
	if (!x509 || !content || CMS_decrypt(cms, key->evp, x509, NULL, content, CMS_BINARY) != 1)
		return refuse_opening(err);
	ERR_clear_error();
	return take_content(content, ret, err);
}

bool cms_key_package_parse(struct bytes der, struct private_key **ret, struct error *err)
{
	struct der outer = der_open(der);
	struct der keys = der_enter(&outer, DER_SEQUENCE);
	struct bytes key = der_read_whole(&keys, DER_SEQUENCE);
	struct error why = { 0 };

	if (!der_at_end(&keys) || !der_at_end(&outer))
		return error_set(err, REASON_CMS_MALFORMED,
				 "no package of one private key (RFC 5958 2)");
	return private_key_parse(key, ret, &why) ||
	       error_set(err, why.reason == REASON_NO_MEMORY ? why.reason : REASON_CMS_MALFORMED,
			 "%s", why.detail);
}
