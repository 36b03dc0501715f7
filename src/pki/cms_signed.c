#include "pki/cms.h"

#include <stdlib.h>

#include "pki/cms_digest.h"
#include "pki/der.h"

#define SIGNED_DATA_VERSION 3 /* RFC 5652 5.1: the content is not id-data */
#define SIGNER_INFO_VERSION 1 /* 5.3: the signer is named by issuer and serial number */

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

	write_attribute(&content_type, oid_cms_content_type, DER_OID, type);
	write_attribute(&message_digest, oid_cms_message_digest, DER_OCTET_STRING, digest);
	struct bytes attributes[] = { buffer_view(&content_type), buffer_view(&message_digest) };
	der_write_set_of(to, DER_SET, attributes, ARRAY_LEN(attributes));
	if (!buffer_ok(&content_type) || !buffer_ok(&message_digest))
		to->failed = true;
}

bool cms_signed_attributes_encode(const struct cms_statement *statement, struct buffer *ret,
				  struct error *err)
{
	CLEANUP(buffer_done) struct buffer digest = { 0 };

	if (statement->algorithm >= SIGN_COUNT)
		return error_set(err, REASON_INTERNAL, "no signature algorithm");
	if (!cms_hash(cms_digest_of(statement->algorithm), statement->content, &digest, err))
		return false;
	write_attributes(ret, statement->type, buffer_view(&digest));
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
	buffer_append(to, cms_digest_der(cms_digest_of(statement->algorithm)));
	buffer_append_byte(to, DER_CONTEXT_0);
	buffer_append(to, (struct bytes){ attributes.data + 1, attributes.len - 1 });
	buffer_append(to, signature_algorithm_der(statement->algorithm));
	der_write(to, DER_OCTET_STRING, signature);
	der_end(to, begun);
	der_end(to, set);
}

/* A SET's elements are sorted in a copy; `first` may be empty. */
static void write_set(struct buffer *to, unsigned int tag, struct bytes first,
		      const struct bytes *more, size_t more_count)
{
	CLEANUP(freep) struct bytes *elements = calloc(more_count + 1, sizeof *elements);
	size_t count = 0;

	if (!elements) {
		to->failed = true;
		return;
	}
	if (first.len)
		elements[count++] = first;
	for (size_t i = 0; i < more_count; i++)
		elements[count++] = more[i];
	der_write_set_of(to, tag, elements, count);
}

/* certificates [0]: the signer's and those beside it; crls [1] where there are any */
static void write_certs_and_crls(struct buffer *to, const struct cms_statement *statement,
				 const struct cert *signer)
{
	write_set(to, DER_CONTEXT_0, cert_der(signer), statement->more_certs,
		  statement->more_count);
	if (statement->crl_count)
		write_set(to, DER_CONTEXT_0 + 1, (struct bytes){ 0 }, statement->crls,
			  statement->crl_count);
}

bool cms_signed_data_encode(const struct cms_statement *statement, const struct cert *signer,
			    struct bytes attributes, struct bytes signature, struct buffer *ret,
			    struct error *err)
{
	if (statement->algorithm >= SIGN_COUNT || attributes.len == 0)
		return error_set(err, REASON_INTERNAL, "nothing was signed");

	struct bytes digest = cms_digest_der(cms_digest_of(statement->algorithm));
	size_t begun = der_begin(ret, DER_SEQUENCE);
	der_write_small(ret, SIGNED_DATA_VERSION);
	der_write_set_of(ret, DER_SET, &digest, 1);
	write_content(ret, statement);
	write_certs_and_crls(ret, statement, signer);
	write_signer_info(ret, statement, signer, attributes, signature);
	der_end(ret, begun);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "signed message");
}
