/* Cryptographic Message Syntax (RFC 5652): what is signed by us, and what is encrypted for a
 * client. certs-only messages are pki/pkcs7.h's. */
#pragma once

#include "pki/cert.h"
#include "pki/smime_capabilities.h"

extern const struct bytes oid_cms_data;
extern const struct bytes oid_cms_signed_data;
extern const struct bytes oid_cms_enveloped_data;
extern const struct bytes oid_cms_asymmetric_key_package; /* RFC 5958 2 */

/* ContentInfo ::= SEQUENCE { type, [0] content } */
void cms_content_info_write(struct buffer *to, struct bytes type, struct bytes content);

/* -- signing, in two steps so that the key may be anywhere -- */

struct cms_statement {
	struct bytes type; /* the content's OID */
	struct bytes content;
	enum signature_algorithm algorithm;
};
/* The signed attributes as the DER SET that the signature covers (RFC 5652 5.4): the content's type
 * and digest. */
MUST_CHECK bool cms_signed_attributes_encode(const struct cms_statement *statement,
					     struct buffer *ret, struct error *err);
/* Appends a SignedData, not yet a ContentInfo, of one signer, whose certificate comes along. */
MUST_CHECK bool cms_signed_data_encode(const struct cms_statement *statement,
				       const struct cert *signer, struct bytes attributes,
				       struct bytes signature, struct buffer *ret,
				       struct error *err);

/* -- encrypting -- */

struct cms_recipient {
	const struct cert *cert;
	struct bytes key_id; /* as the client named its key */
	struct smime_capabilities capabilities;
};
/* The certificate's key is the one of this identifier, by its subjectKeyIdentifier or by the
 * SHA-1 of RFC 5280 4.2.1.2; and may be encrypted to: key transport for RSA, key agreement for EC,
 * unless a keyUsage extension says otherwise (RFC 7030 4.4.1.2). REASON_DECRYPT_KEY. */
MUST_CHECK bool cms_recipient_check(const struct cms_recipient *recipient, struct error *err);
/* The certificate itself bears the identifier that the client used. */
bool cms_recipient_by_key_id(const struct cms_recipient *recipient);
/* Appends a ContentInfo of EnvelopedData that only the recipient can open. `content` is a secret
 * and is not left in memory by this. */
MUST_CHECK bool cms_envelop(struct bytes type, struct bytes content,
			    const struct cms_recipient *recipient, struct buffer *ret,
			    struct error *err);
