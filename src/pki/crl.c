#include "pki/crl.h"

#include "pki/crl_oid.h"
#include "pki/der.h"
#include "pki/extension.h"

#define VERSION_2 1
#define ROOM_FOR_FIXED_PARTS 512
#define NUMBER_LEN 8

#define OID(name, ...)                                                                             \
	static const unsigned char name##_octets[] = { __VA_ARGS__ };                              \
	const struct bytes name = { name##_octets, sizeof name##_octets }

OID(oid_crl_number, 0x55, 0x1d, 20);
OID(oid_crl_reason, 0x55, 0x1d, 21);
OID(oid_invalidity_date, 0x55, 0x1d, 24);
OID(oid_delta_crl_indicator, 0x55, 0x1d, 27);
OID(oid_freshest_crl, 0x55, 0x1d, 46);

/* -- entries -- */

static void write_reason(int reason, struct buffer *to)
{
	const unsigned char value[] = { DER_ENUMERATED, 1, (unsigned char)reason };

	extension_write(to, oid_crl_reason, false, (struct bytes){ value, sizeof value });
}

/* RFC 5280 5.3.2: always a GeneralizedTime. */
static void write_invalidity_date(int64_t seconds, struct buffer *to)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };

	der_write_generalized_time(&value, seconds);
	if (!buffer_ok(&value))
		to->failed = true;
	extension_write(to, oid_invalidity_date, false, buffer_view(&value));
}

void crl_entry_encode(const struct crl_entry *entry, struct buffer *to)
{
	size_t begun = der_begin(to, DER_SEQUENCE);

	der_write(to, DER_INTEGER, entry->serial);
	der_write_time(to, entry->date);
	/* RFC 5280 5.3.1: unspecified is said by saying nothing */
	if (entry->reason != CRL_REASON_UNSPECIFIED || entry->invalidity_date) {
		size_t extensions = der_begin(to, DER_SEQUENCE);
		if (entry->reason != CRL_REASON_UNSPECIFIED)
			write_reason(entry->reason, to);
		if (entry->invalidity_date)
			write_invalidity_date(entry->invalidity_date, to);
		der_end(to, extensions);
	}
	der_end(to, begun);
}

/* -- the list -- */

static void write_number(struct bytes oid, bool critical, int64_t number, struct buffer *to)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };
	unsigned char octets[NUMBER_LEN];

	for (size_t i = 0; i < NUMBER_LEN; i++)
		octets[i] = (unsigned char)((uint64_t)number >> (8 * (NUMBER_LEN - 1 - i)));
	der_write_unsigned(&value, (struct bytes){ octets, NUMBER_LEN });
	extension_write(to, oid, critical, buffer_view(&value));
}

static void write_extensions(const struct crl_head *head, struct buffer *to)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };
	size_t outer = der_begin(to, DER_CONTEXT_0);
	size_t list = der_begin(to, DER_SEQUENCE);

	authority_key_id_encode(head->authority_key_id, &value);
	extension_write(to, oid_authority_key_id, false, buffer_view(&value));
	write_number(oid_crl_number, false, head->number, to);
	/* RFC 5280 5.2.4: critical, so that nobody takes a delta for the whole */
	if (head->base_number >= 0)
		write_number(oid_delta_crl_indicator, true, head->base_number, to);
	if (head->freshest_uri) {
		buffer_clear(&value);
		crl_distribution_point_encode(head->freshest_uri, &value);
		extension_write(to, oid_freshest_crl, false, buffer_view(&value));
	}
	der_end(to, list);
	der_end(to, outer);
}

bool crl_tbs_encode(const struct crl_head *head, struct bytes entries, struct buffer *ret,
		    struct error *err)
{
	if (head->signature_algorithm >= SIGN_COUNT || head->authority_key_id.len == 0)
		return error_set(err, REASON_INTERNAL, "a CRL without algorithm or issuer");

	size_t before = ret->len;
	if (buffer_reserve(ret, entries.len + head->issuer.len + ROOM_FOR_FIXED_PARTS))
		ret->len = before;
	size_t begun = der_begin(ret, DER_SEQUENCE);
	der_write_small(ret, VERSION_2);
	buffer_append(ret, signature_algorithm_der(head->signature_algorithm));
	buffer_append(ret, head->issuer);
	der_write_time(ret, head->this_update);
	der_write_time(ret, head->next_update);
	/* RFC 5280 5.1.2.6: an empty list must not be there */
	if (entries.len)
		der_write(ret, DER_SEQUENCE, entries);
	write_extensions(head, ret);
	der_end(ret, begun);
	return buffer_ok(ret) ||
	       error_set(err, REASON_NO_MEMORY, "CRL, or a date beyond the year 9999");
}
