#include "pki/ocsp_response.h"

#include "pki/der.h"
#include "pki/extension.h"
#include "pki/ocsp_oid.h"

#define STATUS_SUCCESSFUL 0

static void write_response_status(unsigned int status, struct buffer *to)
{
	const unsigned char octet = (unsigned char)status;

	der_write(to, DER_ENUMERATED, (struct bytes){ &octet, 1 });
}

void ocsp_error_encode(enum ocsp_error error, struct buffer *to)
{
	size_t begun = der_begin(to, DER_SEQUENCE);

	write_response_status(error, to);
	der_end(to, begun);
}

/* -- one certificate -- */

static void write_revoked(const struct ocsp_single *single, struct buffer *to)
{
	const unsigned char reason = (unsigned char)single->reason;
	size_t revoked = der_begin(to, DER_CONTEXT_0 + 1);

	der_write_generalized_time(to, single->revoked_at);
	/* RFC 5280 5.3.1: unspecified is said by saying nothing */
	if (single->reason != OCSP_REASON_UNSPECIFIED) {
		size_t tagged = der_begin(to, DER_CONTEXT_0);
		der_write(to, DER_ENUMERATED, (struct bytes){ &reason, 1 });
		der_end(to, tagged);
	}
	der_end(to, revoked);
}

static void write_status(const struct ocsp_single *single, struct buffer *to)
{
	switch (single->status) {
	case OCSP_GOOD:
		der_write(to, DER_CONTEXT_PRIMITIVE_0, (struct bytes){ 0 });
		return;
	case OCSP_REVOKED:
		write_revoked(single, to);
		return;
	case OCSP_UNKNOWN:
		der_write(to, DER_CONTEXT_PRIMITIVE_0 + 2, (struct bytes){ 0 });
		return;
	}
}

void ocsp_single_encode(const struct ocsp_single *single, struct buffer *to)
{
	size_t begun = der_begin(to, DER_SEQUENCE);

	buffer_append(to, single->cert_id);
	write_status(single, to);
	der_write_generalized_time(to, single->this_update);
	size_t next = der_begin(to, DER_CONTEXT_0);
	der_write_generalized_time(to, single->next_update);
	der_end(to, next);
	der_end(to, begun);
}

/* -- all of them -- */

static void write_nonce(struct bytes nonce, struct buffer *to)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };

	der_write(&value, DER_OCTET_STRING, nonce);
	if (!buffer_ok(&value))
		to->failed = true;
	extension_write(to, oid_ocsp_nonce, false, buffer_view(&value));
}

static void write_extensions(const struct ocsp_head *head, struct buffer *to)
{
	static const struct bytes null = BYTES_LITERAL("\x05\x00");

	if (head->nonce.len == 0 && !head->extends_revoked)
		return;
	size_t outer = der_begin(to, DER_CONTEXT_0 + 1);
	size_t list = der_begin(to, DER_SEQUENCE);
	if (head->nonce.len)
		write_nonce(head->nonce, to);
	if (head->extends_revoked)
		extension_write(to, oid_ocsp_extended_revoke, false, null);
	der_end(to, list);
	der_end(to, outer);
}

bool ocsp_tbs_encode(const struct ocsp_head *head, struct bytes singles, struct buffer *ret,
		     struct error *err)
{
	if (head->responder_key_hash.len == 0 || singles.len == 0)
		return error_set(err, REASON_INTERNAL, "an OCSP response of nobody or nothing");

	size_t begun = der_begin(ret, DER_SEQUENCE);
	size_t by_key = der_begin(ret, DER_CONTEXT_0 + 2);
	der_write(ret, DER_OCTET_STRING, head->responder_key_hash);
	der_end(ret, by_key);
	der_write_generalized_time(ret, head->produced_at);
	der_write(ret, DER_SEQUENCE, singles);
	write_extensions(head, ret);
	der_end(ret, begun);
	return buffer_ok(ret) ||
	       error_set(err, REASON_NO_MEMORY, "OCSP response, or a date beyond the year 9999");
}

static void write_basic(const struct ocsp_signed *response, struct buffer *to)
{
	size_t begun = der_begin(to, DER_SEQUENCE);

	buffer_append(to, response->tbs);
	buffer_append(to, signature_algorithm_der(response->algorithm));
	der_write_octet_bits(to, response->signature);
	size_t tagged = der_begin(to, DER_CONTEXT_0);
	der_write(to, DER_SEQUENCE, response->certificate);
	der_end(to, tagged);
	der_end(to, begun);
}

bool ocsp_response_encode(const struct ocsp_signed *response, struct buffer *ret, struct error *err)
{
	if (response->algorithm >= SIGN_COUNT || response->signature.len == 0)
		return error_set(err, REASON_INTERNAL, "an OCSP response without signature");

	size_t begun = der_begin(ret, DER_SEQUENCE);
	write_response_status(STATUS_SUCCESSFUL, ret);
	size_t tagged = der_begin(ret, DER_CONTEXT_0);
	size_t response_bytes = der_begin(ret, DER_SEQUENCE);
	der_write_oid(ret, oid_ocsp_basic);
	size_t octets = der_begin(ret, DER_OCTET_STRING);
	write_basic(response, ret);
	der_end(ret, octets);
	der_end(ret, response_bytes);
	der_end(ret, tagged);
	der_end(ret, begun);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "OCSP response");
}
