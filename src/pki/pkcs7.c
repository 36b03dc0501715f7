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
