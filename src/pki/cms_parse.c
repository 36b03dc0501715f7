/* SignedData of one signer (RFC 5652 5), as CMC requests are. */
#include "pki/cms.h"

#include "pki/cms_digest.h"
#include "pki/der.h"

#define DER_BYTES(text)                                                                            \
	{                                                                                          \
		(const unsigned char *)(text), sizeof(text) - 1                                    \
	}

/* RFC 3370 3.2: with this one the hash is the one that digestAlgorithm names. */
static const struct bytes rsa_encryption =
	DER_BYTES("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00");
static const enum signature_algorithm rsa_with[CMS_DIGEST_COUNT] = {
	[CMS_SHA256] = SIGN_RSA_SHA256,
	[CMS_SHA384] = SIGN_RSA_SHA384,
	[CMS_SHA512] = SIGN_RSA_SHA512,
};
static const struct bytes no_signature =
	DER_BYTES("\x30\x0c\x06\x08\x2b\x06\x01\x05\x05\x07\x06\x02\x05\x00");

static bool malformed(struct error *err, const char *what)
{
	return error_set(err, REASON_CMS_MALFORMED, "%s", what);
}

static bool read_certs(struct der *signed_data, struct cms_signed *ret, struct error *err)
{
	if (!der_next_is(signed_data, DER_CONTEXT_0))
		return true;

	struct der certs = der_enter(signed_data, DER_CONTEXT_0);
	while (certs.rest.len > 0 && !certs.failed) {
		if (ret->cert_count == CMS_CERTS_MAX)
			return error_set(err, REASON_CMS_MALFORMED, "more than %d certificates",
					 CMS_CERTS_MAX);
		ret->certs[ret->cert_count++] = der_read_whole(&certs, DER_SEQUENCE);
	}
	return der_at_end(&certs) || malformed(err, "a certificate of another format than X.509's");
}

static bool read_content(struct der *signed_data, struct cms_signed *ret, struct error *err)
{
	struct der encapsulated = der_enter(signed_data, DER_SEQUENCE);

	ret->type = der_read(&encapsulated, DER_OID);
	struct der explicit = der_enter(&encapsulated, DER_CONTEXT_0);
	ret->content = der_read(&explicit, DER_OCTET_STRING);
	return (der_at_end(&explicit) && der_at_end(&encapsulated)) ||
	       malformed(err, "the signed content is not inside (RFC 5652 5.2)");
}

static void read_signer_name(struct der *info, struct cms_signed *ret)
{
	if (der_next_is(info, DER_CONTEXT_PRIMITIVE_0)) {
		ret->key_id = der_read(info, DER_CONTEXT_PRIMITIVE_0);
		return;
	}
	struct der name = der_enter(info, DER_SEQUENCE);
	ret->issuer = der_read_whole(&name, DER_SEQUENCE);
	ret->serial = der_read(&name, DER_INTEGER);
	if (!der_at_end(&name))
		info->failed = true;
}

static bool read_algorithm(struct bytes der, struct cms_signed *ret, struct error *err)
{
	bool weak = false;

	ret->is_unsigned = bytes_equal(der, no_signature);
	ret->algorithm = signature_algorithm_parse(der, &weak);
	if (bytes_equal(der, rsa_encryption))
		ret->algorithm = rsa_with[ret->digest];
	if (weak)
		return error_set(err, REASON_SIGNATURE_WEAK,
				 "the message is signed with MD5 or SHA-1");
	if (!ret->is_unsigned && ret->algorithm == SIGN_COUNT)
		return malformed(err, "an unknown signature algorithm");
	if (!ret->is_unsigned && cms_digest_of(ret->algorithm) != ret->digest)
		return malformed(err, "digest and signature algorithm do not go together");
	return true;
}

static bool read_signer(struct der *infos, struct cms_signed *ret, struct error *err)
{
	struct der info = der_enter(infos, DER_SEQUENCE);

	der_read_small(&info);
	read_signer_name(&info, ret);
	ret->digest = cms_digest_parse(der_read_whole(&info, DER_SEQUENCE));
	if (der_next_is(&info, DER_CONTEXT_0))
		ret->attributes = der_read(&info, DER_CONTEXT_0);
	struct bytes algorithm = der_read_whole(&info, DER_SEQUENCE);
	ret->signature = der_read(&info, DER_OCTET_STRING);
	if (der_next_is(&info, DER_CONTEXT_0 + 1))
		der_read(&info, DER_CONTEXT_0 + 1);
	if (!der_at_end(&info) || !der_at_end(infos))
		return malformed(err, "not exactly one signer (RFC 5652 5.3)");
	if (ret->digest == CMS_DIGEST_COUNT)
		return malformed(err, "the digest is none of SHA-256, SHA-384 and SHA-512");
	return read_algorithm(algorithm, ret, err);
}

static struct der enter_signed_data(struct der *outer)
{
	struct der failed = { .failed = true };
	struct der content_info = der_enter(outer, DER_SEQUENCE);
	bool is_signed = bytes_equal(der_read(&content_info, DER_OID), oid_cms_signed_data);
	struct der explicit = der_enter(&content_info, DER_CONTEXT_0);
	struct der signed_data = der_enter(&explicit, DER_SEQUENCE);

	return is_signed && der_at_end(outer) && der_at_end(&content_info) && der_at_end(&explicit)
		       ? signed_data
		       : failed;
}

bool cms_signed_parse(struct bytes der, struct cms_signed *ret, struct error *err)
{
	struct der outer = der_open(der);
	struct der signed_data = enter_signed_data(&outer);
	struct cms_signed message = { 0 };

	der_read_small(&signed_data);
	der_read(&signed_data, DER_SET);
	if (signed_data.failed)
		return malformed(err, "no DER SignedData (RFC 5652 5.1)");
	if (!read_content(&signed_data, &message, err) || !read_certs(&signed_data, &message, err))
		return false;
	if (der_next_is(&signed_data, DER_CONTEXT_0 + 1))
		der_read(&signed_data, DER_CONTEXT_0 + 1);
	struct der infos = der_enter(&signed_data, DER_SET);
	if (!der_at_end(&signed_data))
		return malformed(err, "the SignedData does not end where it should");
	if (!read_signer(&infos, &message, err))
		return false;
	*ret = message;
	return true;
}

bool cms_signer_is(const struct cms_signed *message, const struct cert *cert)
{
	if (message->key_id.len)
		return bytes_equal(message->key_id, cert_subject_key_id(cert));
	return bytes_equal(message->issuer, cert_issuer_der(cert)) &&
	       bytes_equal(message->serial, cert_serial(cert));
}

/* -- verifying -- */

/* The one value of the attribute, whole; empty when it is absent, not alone or there twice. */
static struct bytes find_attribute(struct bytes attributes, struct bytes type)
{
	struct der list = der_open(attributes);
	struct bytes found = { 0 };

	while (list.rest.len > 0 && !list.failed) {
		struct der attribute = der_enter(&list, DER_SEQUENCE);
		bool is_wanted = bytes_equal(der_read(&attribute, DER_OID), type);
		struct bytes value = der_read(&attribute, DER_SET);

		if (!der_at_end(&attribute) || (is_wanted && found.len))
			return (struct bytes){ 0 };
		if (is_wanted)
			found = value;
	}
	if (list.failed)
		return (struct bytes){ 0 };
	return found;
}

static bool attribute_is(const struct cms_signed *message, struct bytes type, unsigned int tag,
			 struct bytes wanted)
{
	struct der value = der_open(find_attribute(message->attributes, type));
	struct bytes contents = der_read(&value, tag);

	return der_at_end(&value) && bytes_equal(contents, wanted);
}

static bool check_attributes(const struct cms_signed *message, struct error *err)
{
	CLEANUP(buffer_done) struct buffer digest = { 0 };

	if (!cms_hash(message->digest, message->content, &digest, err))
		return false;
	if (!attribute_is(message, oid_cms_content_type, DER_OID, message->type) ||
	    !attribute_is(message, oid_cms_message_digest, DER_OCTET_STRING, buffer_view(&digest)))
		return error_set(err, REASON_CMS_SIGNATURE,
				 "the signed attributes are not those of the content "
				 "(RFC 5652 11)");
	return true;
}

/* RFC 5652 5.4: the attributes as a SET; without any, the content itself. Only an unsigned message
 * may lack them: our contents are never of type id-data. */
static bool signed_bytes(const struct cms_signed *message, struct buffer *ret, struct error *err)
{
	if (message->attributes.len == 0 && !message->is_unsigned)
		return error_set(err, REASON_CMS_SIGNATURE, "there are no signed attributes");
	if (message->attributes.len)
		der_write(ret, DER_SET, message->attributes);
	else
		buffer_append(ret, message->content);
	if (!buffer_ok(ret))
		return error_set(err, REASON_NO_MEMORY, "signed attributes");
	return message->attributes.len == 0 || check_attributes(message, err);
}

static bool verify_digest(const struct cms_signed *message, struct bytes covered, struct error *err)
{
	CLEANUP(buffer_done) struct buffer digest = { 0 };

	if (!cms_hash(message->digest, covered, &digest, err))
		return false;
	return bytes_equal(message->signature, buffer_view(&digest)) ||
	       error_set(err, REASON_CMS_SIGNATURE,
			 "the digest in the signature's stead is wrong (RFC 5272 C.1)");
}

bool cms_signed_verify(const struct cms_signed *message, const struct public_key *key,
		       struct error *err)
{
	CLEANUP(buffer_done) struct buffer covered = { 0 };

	if (!signed_bytes(message, &covered, err))
		return false;
	if (message->is_unsigned)
		return verify_digest(message, buffer_view(&covered), err);
	return (key && public_key_verify(key, message->algorithm, buffer_view(&covered),
					 message->signature)) ||
	       error_set(err, REASON_CMS_SIGNATURE, "the signature is wrong");
}
