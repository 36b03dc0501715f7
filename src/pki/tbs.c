#include "pki/tbs.h"

#include "pki/der.h"

#define VERSION_3 2
#define ROOM_FOR_FIXED_PARTS 256 /* version, serial, algorithm, validity, tags and lengths */

/* RFC 5280 4.1.2.1: extensions need version 3, and nothing of ours is without them. */
static void write_version(struct buffer *to)
{
	size_t begun = der_begin(to, DER_CONTEXT_0);

	der_write_small(to, VERSION_3);
	der_end(to, begun);
}

static void write_validity(struct buffer *to, const struct tbs *tbs)
{
	size_t begun = der_begin(to, DER_SEQUENCE);

	der_write_time(to, tbs->not_before);
	der_write_time(to, tbs->not_after);
	der_end(to, begun);
}

static void write_extensions(struct buffer *to, struct bytes extensions)
{
	if (extensions.len == 0)
		return;

	size_t outer = der_begin(to, DER_CONTEXT_0 + 3);
	der_write(to, DER_SEQUENCE, extensions);
	der_end(to, outer);
}

/* Asked for once, so that the buffer does not grow by steps. */
static void make_room(struct buffer *to, size_t len)
{
	size_t before = to->len;

	if (buffer_reserve(to, len))
		to->len = before;
}

static bool check_input(const struct tbs *tbs, struct error *err)
{
	if (tbs->serial.len == 0 || tbs->serial.len > CERT_SERIAL_MAX)
		return error_set(err, REASON_INTERNAL, "serial of %zu octets", tbs->serial.len);
	if (tbs->signature_algorithm >= SIGN_COUNT)
		return error_set(err, REASON_INTERNAL, "no signature algorithm");
	return true;
}

bool tbs_encode(const struct tbs *tbs, struct buffer *ret, struct error *err)
{
	if (!check_input(tbs, err))
		return false;
	make_room(ret, ROOM_FOR_FIXED_PARTS + tbs->issuer.len + tbs->subject.len + tbs->spki.len +
			       tbs->extensions.len);

	size_t begun = der_begin(ret, DER_SEQUENCE);
	write_version(ret);
	der_write(ret, DER_INTEGER, tbs->serial);
	buffer_append(ret, signature_algorithm_der(tbs->signature_algorithm));
	buffer_append(ret, tbs->issuer);
	write_validity(ret, tbs);
	buffer_append(ret, tbs->subject);
	buffer_append(ret, tbs->spki);
	write_extensions(ret, tbs->extensions);
	der_end(ret, begun);
	return buffer_ok(ret) ||
	       error_set(err, REASON_NO_MEMORY, "certificate, or a date beyond the year 9999");
}

bool tbs_sign_result(struct bytes tbs, enum signature_algorithm algorithm, struct bytes signature,
		     struct buffer *ret, struct error *err)
{
	if (algorithm >= SIGN_COUNT || signature.len == 0)
		return error_set(err, REASON_INTERNAL, "no signature");
	make_room(ret, ROOM_FOR_FIXED_PARTS + tbs.len + signature.len);

	size_t begun = der_begin(ret, DER_SEQUENCE);
	buffer_append(ret, tbs);
	buffer_append(ret, signature_algorithm_der(algorithm));
	der_write_octet_bits(ret, signature);
	der_end(ret, begun);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "certificate");
}
