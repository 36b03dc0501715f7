#include "est_client/envelope.h"

#include "base/clock.h"
#include "est_client/authorities.h"
#include "pki/bundle_add.h"
#include "pki/cms.h"
#include "pki/der.h"

static bool refuse(struct error *err, const struct error *why)
{
	return error_set(err, why->reason == REASON_NO_MEMORY ? why->reason : REASON_SERVER_ANSWER,
			 "the enveloped key: %s", why->detail);
}

/* -- who signed -- */

static const struct cert *find_signer(const struct cms_signed *message, const struct bundle *among)
{
	for (size_t i = 0; i < among->count; i++)
		if (cms_signer_is(message, among->certs[i]))
			return among->certs[i];
	return NULL;
}

static bool is_among(const struct cert *cert, const struct bundle *anchors)
{
	for (size_t i = 0; i < anchors->count; i++)
		if (bytes_equal(cert_der(anchors->certs[i]), cert_der(cert)))
			return true;
	return false;
}

static bool check_signer(const struct cert *signer, const struct bundle *sent,
			 const struct envelope_expectation *expected, struct error *err)
{
	struct authorities above = authorities_find(signer, sent, expected->cacerts);

	if (cert_not_after(signer) < expected->now)
		return error_set(err, REASON_CMS_SIGNATURE, "the signer's certificate has ended");
	return is_among(signer, expected->anchors) ||
	       authorities_check(signer, &above, expected->anchors, expected->now, err);
}

static bool parse_sent(const struct cms_signed *message, struct bundle *ret, struct error *err)
{
	for (size_t i = 0; i < message->cert_count; i++)
		if (!bundle_add_cert(ret, message->certs[i], err))
			return false;
	return true;
}

/* RFC 7030 4.4.2: by the party that made the key, which need not be the server or the CA. */
static bool check_signature(const struct cms_signed *message,
			    const struct envelope_expectation *expected, struct error *err)
{
	CLEANUP(bundle_done) struct bundle sent = { 0 };

	if (message->is_unsigned)
		return error_set(err, REASON_CMS_SIGNATURE, "it is not signed (RFC 7030 4.4.2)");
	if (!parse_sent(message, &sent, err))
		return false;

	const struct cert *signer = find_signer(message, &sent);
	if (!signer)
		signer = find_signer(message, expected->cacerts);
	if (!signer)
		return error_set(err, REASON_CMS_SIGNATURE, "nobody knows who signed it");
	return check_signer(signer, &sent, expected, err) &&
	       cms_signed_verify(message, cert_key(signer), err);
}

/* -- what is inside -- */

/* The content's type says that it is a SignedData, which then has no ContentInfo around it; tools
 * that encrypt any file leave the ContentInfo where it was. */
static bool wrap(struct bytes content, struct buffer *ret, struct error *err)
{
	struct der outer = der_open(content);
	struct der first = der_enter(&outer, DER_SEQUENCE);
	struct der whole = der_open(content);
	struct bytes signed_data = der_read_whole(&whole, DER_SEQUENCE);

	if (!der_at_end(&whole))
		return error_set(err, REASON_CMS_MALFORMED, "there is no SignedData in it");
	if (der_next_is(&first, DER_OID))
		buffer_append(ret, signed_data);
	else
		cms_content_info_write(ret, oid_cms_signed_data, signed_data);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "signed message");
}

static bool read_signed(struct bytes content, const struct envelope_expectation *expected,
			struct private_key **ret, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer der = { 0 };
	struct cms_signed message;

	buffer_make_room(&der, content.len + 64);
	if (!wrap(content, &der, err) || !cms_signed_parse(buffer_view(&der), &message, err))
		return false;
	if (!bytes_equal(message.type, oid_cms_asymmetric_key_package))
		return error_set(err, REASON_CMS_MALFORMED, "what is signed is no key package");
	return check_signature(&message, expected, err) &&
	       cms_key_package_parse(message.content, ret, err);
}

bool envelope_read(struct bytes content, const struct envelope_expectation *expected,
		   struct private_key **ret, struct error *err)
{
	struct error why = { 0 };

	return read_signed(content, expected, ret, &why) || refuse(err, &why);
}

bool envelope_open(struct bytes message, const struct envelope_expectation *expected,
		   struct private_key **ret, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer content = { 0 };
	struct error why = { 0 };

	buffer_make_room(&content, message.len);
	if (!cms_open(message, expected->recipient, expected->key, &content, &why))
		return refuse(err, &why);
	return envelope_read(buffer_view(&content), expected, ret, err);
}
