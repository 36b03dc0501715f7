#include "pki/crmf.h"

#include "pki/csr_internal.h"
#include "pki/der.h"

static const struct bytes id_extension_request =
	BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e");

bool crmf_key(const struct crmf *crmf, struct public_key **ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer spki = { 0 };

	der_write(&spki, DER_SEQUENCE, crmf->key);
	if (!buffer_ok(&spki))
		return error_set(err, REASON_NO_MEMORY, "CRMF request");
	return public_key_parse(buffer_view(&spki), ret, err);
}

/* -- as PKCS#10 -- */

static void write_attribute(struct buffer *to, struct bytes type, struct bytes value)
{
	size_t attribute = der_begin(to, DER_SEQUENCE);

	der_write_oid(to, type);
	der_write(to, DER_SET, value);
	der_end(to, attribute);
}

static void write_extensions(const struct crmf *crmf, struct buffer *to)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };

	if (crmf->extensions.len == 0)
		return;
	der_write(&value, DER_SEQUENCE, crmf->extensions);
	write_attribute(to, id_extension_request, buffer_view(&value));
	to->failed = to->failed || !buffer_ok(&value);
}

/* CertificationRequestInfo (RFC 2986 4.1) */
static void write_info(const struct crmf *crmf, struct buffer *to)
{
	size_t info = der_begin(to, DER_SEQUENCE);

	der_write_small(to, 0);
	buffer_append(to, crmf->subject);
	der_write(to, DER_SEQUENCE, crmf->key);
	size_t attributes = der_begin(to, DER_CONTEXT_0);
	write_extensions(crmf, to);
	if (crmf->changed_subject.len)
		write_attribute(to, BYTES_LITERAL(OID_CHANGE_SUBJECT_NAME), crmf->changed_subject);
	der_end(to, attributes);
	der_end(to, info);
}

bool crmf_to_csr(const struct crmf *crmf, struct csr **ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(csr_freep) struct csr *csr = NULL;
	size_t whole = der_begin(&der, DER_SEQUENCE);

	write_info(crmf, &der);
	buffer_append(&der, crmf->algorithm);
	der_write_octet_bits(&der, crmf->signature);
	der_end(&der, whole);
	if (!buffer_ok(&der))
		return error_set(err, REASON_NO_MEMORY, "CRMF request");
	if (!csr_parse(buffer_view(&der), false, &csr, err) ||
	    !csr_check_signature(csr, NULL, crmf->request, err))
		return false;
	*ret = TAKE(csr);
	return true;
}
