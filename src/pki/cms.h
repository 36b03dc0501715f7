/* Cryptographic Message Syntax (RFC 5652): what is signed by us, and what is encrypted for a
 * client. certs-only messages are pki/pkcs7.h's. */
#pragma once

#include "pki/cert.h"
#include "pki/smime_capabilities.h"

extern const struct bytes oid_cms_data;
extern const struct bytes oid_cms_signed_data;
extern const struct bytes oid_cms_enveloped_data;
extern const struct bytes oid_cms_asymmetric_key_package; /* RFC 5958 2 */

enum cms_digest { CMS_SHA256, CMS_SHA384, CMS_SHA512, CMS_DIGEST_COUNT };

/* Appends the digest of the content. */
MUST_CHECK bool cms_hash(enum cms_digest digest, struct bytes content, struct buffer *ret,
			 struct error *err);
/* The digest that goes with a signature (RFC 5754 2; RFC 8419 3.1 for Ed25519). */
enum cms_digest cms_digest_of(enum signature_algorithm algorithm);

/* ContentInfo ::= SEQUENCE { type, [0] content } */
void cms_content_info_write(struct buffer *to, struct bytes type, struct bytes content);

/* -- signing, in two steps so that the key may be anywhere -- */

struct cms_statement {
	struct bytes type; /* the content's OID */
	struct bytes content;
	enum signature_algorithm algorithm;
	const struct bytes *more_certs; /* to come along beside the signer's; sorted here */
	size_t more_count;
	const struct bytes *crls; /* whole CRLs to come along; sorted here too */
	size_t crl_count;
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

/* -- reading what others signed: strict DER, one signer, the content inside -- */

#define CMS_CERTS_MAX 8

/* Views into the message. */
struct cms_signed {
	struct bytes type, content;
	struct bytes certs[CMS_CERTS_MAX]; /* whole certificates, in the message's order */
	size_t cert_count;
	/* the signer's name: issuer and serial number, or else a subjectKeyIdentifier */
	struct bytes issuer, serial, key_id;
	enum cms_digest digest;
	struct bytes attributes; /* what stands in signedAttrs; empty: absent */
	bool is_unsigned;        /* id-alg-noSignature (RFC 5272 C.1): a digest in its stead */
	enum signature_algorithm algorithm; /* else */
	struct bytes signature;
};
/* From a whole ContentInfo. REASON_CMS_MALFORMED; REASON_SIGNATURE_WEAK for MD5 and SHA-1. */
MUST_CHECK bool cms_signed_parse(struct bytes der, struct cms_signed *ret, struct error *err);
/* Whether the certificate is the one that the signer is named by. */
bool cms_signer_is(const struct cms_signed *message, const struct cert *cert);
/* The content is what the signed attributes say, and the signature over them is by this key; NULL
 * for an unsigned message, whose digest is compared. REASON_CMS_SIGNATURE. */
MUST_CHECK bool cms_signed_verify(const struct cms_signed *message, const struct public_key *key,
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

/* -- decrypting what was encrypted for us -- */

/* Appends how a client names the key of its own certificate: by the subjectKeyIdentifier, or by the
 * SHA-1 where it has none. */
MUST_CHECK bool cms_key_id(const struct cert *cert, struct buffer *ret, struct error *err);
/* From a whole ContentInfo of EnvelopedData, whoever made it, DER or BER. Appends what is inside, a
 * secret. REASON_CMS_MALFORMED, also when it is for another key. */
MUST_CHECK bool cms_open(struct bytes message, const struct cert *recipient,
			 const struct private_key *key, struct buffer *ret, struct error *err);
/* AsymmetricKeyPackage (RFC 5958 2) of exactly one key. REASON_CMS_MALFORMED. */
MUST_CHECK bool cms_key_package_parse(struct bytes der, struct private_key **ret,
				      struct error *err);
