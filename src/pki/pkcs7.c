#include "pki/pkcs7.h"

#include <string.h>

#include "pki/der.h"

#define SIGNED_DATA_VERSION_1 1 /* RFC 5652 5.1: no attribute certificates, no other formats */

static const struct bytes id_signed_data = BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02");
static const struct bytes id_data = BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01");

/* RFC 5652 5.2: eContent absent, not empty: Bouncy Castle refuses an empty one. */
static void write_content_info(struct buffer *to)
{
	size_t begun = der_begin(to, DER_SEQUENCE);

	der_write_oid(to, id_data);
	der_end(to, begun);
}

static void write_signed_data(struct buffer *to, struct bytes *certs, size_t count)
{
	size_t begun = der_begin(to, DER_SEQUENCE);

	der_write_small(to, SIGNED_DATA_VERSION_1);
	der_write_set_of(to, DER_SET, NULL, 0); /* digestAlgorithms */
	write_content_info(to);
	der_write_set_of(to, DER_CONTEXT_0, certs, count);
	der_write_set_of(to, DER_SET, NULL, 0); /* signerInfos */
	der_end(to, begun);
}

bool pkcs7_certs_only_encode(const struct bytes *certs, size_t count, struct buffer *ret,
			     struct error *err)
{
	CLEANUP(freep) struct bytes *sorted = count ? calloc(count, sizeof *sorted) : NULL;

	if (count == 0)
		return error_set(err, REASON_INTERNAL, "PKCS#7 without certificates");
	if (!sorted)
		return error_set(err, REASON_NO_MEMORY, "PKCS#7");
	memcpy(sorted, certs, count * sizeof *sorted);

	size_t content_info = der_begin(ret, DER_SEQUENCE);
	der_write_oid(ret, id_signed_data);
	size_t content = der_begin(ret, DER_CONTEXT_0);
	write_signed_data(ret, sorted, count);
	der_end(ret, content);
	der_end(ret, content_info);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "PKCS#7");
}

/* -- reading -- */

bool pkcs7_is_signed_data(struct bytes der)
{
	struct der reader = der_open(der);
	struct der content_info = der_enter(&reader, DER_SEQUENCE);

	return bytes_equal(der_read(&content_info, DER_OID), id_signed_data);
}

/* Old writers put an empty OCTET STRING where nothing belongs; anything in it is refused. */
static bool has_no_content(struct der *signed_data)
{
	struct der content_info = der_enter(signed_data, DER_SEQUENCE);

	if (!bytes_equal(der_read(&content_info, DER_OID), id_data))
		return false;
	if (der_next_is(&content_info, DER_CONTEXT_0)) {
		struct der content = der_enter(&content_info, DER_CONTEXT_0);

		if (der_read(&content, DER_OCTET_STRING).len > 0 || !der_at_end(&content))
			return false;
	}
	return der_at_end(&content_info);
}

static struct der enter_signed_data(struct bytes der)
{
	struct der failed = { .failed = true };
	struct der reader = der_open(der);
	struct der content_info = der_enter(&reader, DER_SEQUENCE);
	bool is_signed_data = bytes_equal(der_read(&content_info, DER_OID), id_signed_data);
	struct der content = der_enter(&content_info, DER_CONTEXT_0);
	struct der signed_data = der_enter(&content, DER_SEQUENCE);

	if (!is_signed_data || !der_at_end(&reader) || !der_at_end(&content_info) ||
	    !der_at_end(&content))
		return failed;
	return signed_data;
}

bool pkcs7_certs_open(struct bytes der, struct der *ret_certs, struct error *err)
{
	struct der signed_data = enter_signed_data(der);

	der_read_small(&signed_data);
	der_read(&signed_data, DER_SET);
	if (signed_data.failed)
		return error_set(err, REASON_IMPORT_MALFORMED, "no DER SignedData (RFC 5652 5.1)");
	if (!has_no_content(&signed_data))
		return error_set(err, REASON_IMPORT_MALFORMED,
				 "the PKCS#7 has contents of its own; only certificates are read");

	struct der certs = der_enter(&signed_data, DER_CONTEXT_0);
	if (der_next_is(&signed_data, DER_CONTEXT_0 + 1))
		der_read_any(&signed_data, NULL);
	der_read(&signed_data, DER_SET);
	if (!der_at_end(&signed_data))
		return error_set(err, REASON_IMPORT_MALFORMED,
				 "a PKCS#7 without certificates, or broken (RFC 5652 5.1)");
	*ret_certs = certs;
	return true;
}
