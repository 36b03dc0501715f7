#include "pki/cms.h"

#include <openssl/evp.h>

#include "pki/der.h"
#include "pki/key_internal.h"

#define OID(text)                                                                                  \
	{                                                                                          \
		(const unsigned char *)(text), sizeof(text) - 1                                    \
	}
#define PKCS_7 "\x2a\x86\x48\x86\xf7\x0d\x01\x07"
#define PKCS_9 "\x2a\x86\x48\x86\xf7\x0d\x01\x09"
#define SHA_2 "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02"

#define SIGNED_DATA_VERSION 3 /* RFC 5652 5.1: the content is not id-data */
#define SIGNER_INFO_VERSION 1 /* 5.3: the signer is named by issuer and serial number */

const struct bytes oid_cms_data = OID(PKCS_7 "\x01");
const struct bytes oid_cms_signed_data = OID(PKCS_7 "\x02");
const struct bytes oid_cms_enveloped_data = OID(PKCS_7 "\x03");
const struct bytes oid_cms_asymmetric_key_package = OID("\x60\x86\x48\x01\x65\x02\x01\x02\x4e"
							"\x05");

static const struct bytes id_content_type = OID(PKCS_9 "\x03");
static const struct bytes id_message_digest = OID(PKCS_9 "\x04");

/* The digest that goes with each signature (RFC 5754 2, without parameters; RFC 8419 3.1 for
 * Ed25519). */
static const struct digest {
	struct bytes der;
	const char *name;
} digests[] = {
	{ OID(SHA_2 "\x01"), "SHA256" },
	{ OID(SHA_2 "\x02"), "SHA384" },
	{ OID(SHA_2 "\x03"), "SHA512" },
};
static const struct digest *const digest_of[SIGN_COUNT] = {
	[SIGN_RSA_SHA256] = &digests[0],     [SIGN_RSA_SHA384] = &digests[1],
	[SIGN_RSA_SHA512] = &digests[2],     [SIGN_ECDSA_SHA256] = &digests[0],
	[SIGN_ECDSA_SHA384] = &digests[1],   [SIGN_ECDSA_SHA512] = &digests[2],
	[SIGN_ED25519] = &digests[2],        [SIGN_RSA_PSS_SHA256] = &digests[0],
	[SIGN_RSA_PSS_SHA384] = &digests[1], [SIGN_RSA_PSS_SHA512] = &digests[2],
};

void cms_content_info_write(struct buffer *to, struct bytes type, struct bytes content)
{
	size_t begun = der_begin(to, DER_SEQUENCE);

	der_write_oid(to, type);
	size_t explicit = der_begin(to, DER_CONTEXT_0);
	buffer_append(to, content);
	der_end(to, explicit);
	der_end(to, begun);
}

static void write_attribute(struct buffer *to, struct bytes type, unsigned int tag,
			    struct bytes value)
{
	size_t begun = der_begin(to, DER_SEQUENCE);

	der_write_oid(to, type);
	size_t values = der_begin(to, DER_SET);
	der_write(to, tag, value);
	der_end(to, values);
	der_end(to, begun);
}

static void write_attributes(struct buffer *to, struct bytes type, struct bytes digest)
{
	CLEANUP(buffer_done) struct buffer content_type = { 0 };
	CLEANUP(buffer_done) struct buffer message_digest = { 0 };

	write_attribute(&content_type, id_content_type, DER_OID, type);
	write_attribute(&message_digest, id_message_digest, DER_OCTET_STRING, digest);
	struct bytes attributes[] = { buffer_view(&content_type), buffer_view(&message_digest) };
	der_write_set_of(to, DER_SET, attributes, ARRAY_LEN(attributes));
	if (!buffer_ok(&content_type) || !buffer_ok(&message_digest))
		to->failed = true;
}

bool cms_signed_attributes_encode(const struct cms_statement *statement, struct buffer *ret,
				  struct error *err)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	size_t len = 0;

	if (statement->algorithm >= SIGN_COUNT)
		return error_set(err, REASON_INTERNAL, "no signature algorithm");
	if (EVP_Q_digest(NULL, digest_of[statement->algorithm]->name, NULL, statement->content.data,
			 statement->content.len, digest, &len) != 1)
		return key_refuse(err, REASON_CRYPTO, "the content cannot be hashed");
	write_attributes(ret, statement->type, (struct bytes){ digest, len });
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "signed attributes");
}

static void write_content(struct buffer *to, const struct cms_statement *statement)
{
	size_t begun = der_begin(to, DER_SEQUENCE);

	der_write_oid(to, statement->type);
	size_t explicit = der_begin(to, DER_CONTEXT_0);
	der_write(to, DER_OCTET_STRING, statement->content);
	der_end(to, explicit);
	der_end(to, begun);
}

static void write_issuer_and_serial(struct buffer *to, const struct cert *cert)
{
	size_t begun = der_begin(to, DER_SEQUENCE);

	buffer_append(to, cert_issuer_der(cert));
	der_write(to, DER_INTEGER, cert_serial(cert));
	der_end(to, begun);
}

/* The attributes are signed as a SET and sent under the tag [0] (RFC 5652 5.4). */
static void write_signer_info(struct buffer *to, const struct cms_statement *statement,
			      const struct cert *signer, struct bytes attributes,
			      struct bytes signature)
{
	size_t set = der_begin(to, DER_SET);
	size_t begun = der_begin(to, DER_SEQUENCE);

	der_write_small(to, SIGNER_INFO_VERSION);
	write_issuer_and_serial(to, signer);
	buffer_append(to, digest_of[statement->algorithm]->der);
	buffer_append_byte(to, DER_CONTEXT_0);
	buffer_append(to, (struct bytes){ attributes.data + 1, attributes.len - 1 });
	buffer_append(to, signature_algorithm_der(statement->algorithm));
	der_write(to, DER_OCTET_STRING, signature);
	der_end(to, begun);
	der_end(to, set);
}

bool cms_signed_data_encode(const struct cms_statement *statement, const struct cert *signer,
			    struct bytes attributes, struct bytes signature, struct buffer *ret,
			    struct error *err)
{
	struct bytes cert = cert_der(signer);

	if (statement->algorithm >= SIGN_COUNT || attributes.len == 0)
		return error_set(err, REASON_INTERNAL, "nothing was signed");

	struct bytes digest = digest_of[statement->algorithm]->der;
	size_t begun = der_begin(ret, DER_SEQUENCE);
	der_write_small(ret, SIGNED_DATA_VERSION);
	der_write_set_of(ret, DER_SET, &digest, 1);
	write_content(ret, statement);
	der_write_set_of(ret, DER_CONTEXT_0, &cert, 1);
	write_signer_info(ret, statement, signer, attributes, signature);
	der_end(ret, begun);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "signed message");
}
