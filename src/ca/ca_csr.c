#include "ca/ca_csr.h"

#include "pki/der.h"
#include "pki/tbs.h"

static const unsigned char extension_request[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e";

static void write_extensions(const struct ca_csr *csr, struct buffer *to)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };

	basic_constraints_encode(true, csr->path_len, &value);
	extension_write(to, oid_basic_constraints, true, buffer_view(&value));
	buffer_clear(&value);
	key_usage_encode(KU_KEY_CERT_SIGN | KU_CRL_SIGN, &value);
	extension_write(to, oid_key_usage, true, buffer_view(&value));
	buffer_clear(&value);
	key_id_encode(csr->key_id, &value);
	if (csr->key_id.len)
		extension_write(to, oid_subject_key_id, false, buffer_view(&value));
	if (csr->name_constraints.len)
		extension_write(to, oid_name_constraints, true, csr->name_constraints);
}

/* attributes [0] { extensionRequest { Extensions } } (RFC 2985 5.4.2) */
static void write_attributes(const struct ca_csr *csr, struct buffer *to)
{
	size_t attributes = der_begin(to, DER_CONTEXT_0);
	size_t attribute = der_begin(to, DER_SEQUENCE);

	der_write_oid(to, (struct bytes){ extension_request, sizeof extension_request - 1 });
	size_t values = der_begin(to, DER_SET);
	size_t extensions = der_begin(to, DER_SEQUENCE);
	write_extensions(csr, to);
	der_end(to, extensions);
	der_end(to, values);
	der_end(to, attribute);
	der_end(to, attributes);
}

static void write_info(const struct ca_csr *csr, struct buffer *to)
{
	size_t info = der_begin(to, DER_SEQUENCE);

	der_write_small(to, 0);
	buffer_append(to, csr->subject);
	buffer_append(to, public_key_spki(csr->key));
	write_attributes(csr, to);
	der_end(to, info);
}

bool ca_csr_sign(struct signer *signer, const char *key_name, const struct ca_csr *csr,
		 struct buffer *ret, struct error *err)
{
	enum signature_algorithm algorithm = key_type_default_algorithm(public_key_type(csr->key));
	CLEANUP(buffer_done) struct buffer info = { 0 };
	CLEANUP(buffer_done) struct buffer signature = { 0 };

	write_info(csr, &info);
	if (!buffer_ok(&info))
		return error_set(err, REASON_NO_MEMORY, "CSR");
	/* a request is put together as a certificate is: what is signed, how, and the signature */
	return signer_sign(signer, key_name, csr->key, algorithm, buffer_view(&info), &signature,
			   err) &&
	       tbs_sign_result(buffer_view(&info), algorithm, buffer_view(&signature), ret, err);
}
