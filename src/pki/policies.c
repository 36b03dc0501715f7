#include "pki/policies.h"

#include "pki/der.h"
#include "pki/extension.h"

#define POLICIES_READ_MAX 32

/* id-qt-cps, 1.3.6.1.5.5.7.2.1 */
static const struct bytes id_cps = BYTES_LITERAL("\x2b\x06\x01\x05\x05\x07\x02\x01");

static void write_cps(struct buffer *to, const char *cps)
{
	size_t qualifiers = der_begin(to, DER_SEQUENCE);
	size_t qualifier = der_begin(to, DER_SEQUENCE);

	der_write_oid(to, id_cps);
	der_write(to, DER_IA5_STRING, bytes_of_string(cps));
	der_end(to, qualifier);
	der_end(to, qualifiers);
}

bool policy_information_write(const char *oid, const char *cps, struct buffer *to,
			      struct error *err)
{
	CLEANUP(buffer_done) struct buffer contents = { 0 };

	if (!oid_from_text(oid, &contents))
		return error_set(err, REASON_LINT_FAILED, "policy %s is no OID", oid);

	size_t information = der_begin(to, DER_SEQUENCE);
	der_write_oid(to, buffer_view(&contents));
	if (cps)
		write_cps(to, cps);
	der_end(to, information);
	return true;
}

/* -- reading -- */

static bool read_qualifiers(struct der *information)
{
	struct der qualifiers = der_enter(information, DER_SEQUENCE);

	if (der_at_end(&qualifiers))
		return false;
	while (qualifiers.rest.len > 0) {
		struct der qualifier = der_enter(&qualifiers, DER_SEQUENCE);

		if (!bytes_equal(der_read(&qualifier, DER_OID), id_cps) ||
		    der_read(&qualifier, DER_IA5_STRING).len == 0 || !der_at_end(&qualifier))
			return false;
	}
	return der_at_end(&qualifiers);
}

static bool read_policy(struct der *list, struct bytes *ret_oid)
{
	struct der information = der_enter(list, DER_SEQUENCE);

	*ret_oid = der_read(&information, DER_OID);
	if (!oid_is_sound(*ret_oid))
		return false;
	if (der_next_is(&information, DER_SEQUENCE) && !read_qualifiers(&information))
		return false;
	return der_at_end(&information);
}

static bool holds(const struct bytes *oids, size_t count, struct bytes oid)
{
	for (size_t i = 0; i < count; i++)
		if (bytes_equal(oids[i], oid))
			return true;
	return false;
}

bool policies_are_legal(struct bytes value)
{
	struct der reader = der_open(value);
	struct der list = der_enter(&reader, DER_SEQUENCE);
	struct bytes oids[POLICIES_READ_MAX];
	size_t count = 0;

	for (; list.rest.len > 0; count++)
		if (count == POLICIES_READ_MAX || !read_policy(&list, &oids[count]) ||
		    holds(oids, count, oids[count]))
			return false;
	return count > 0 && der_at_end(&list) && der_at_end(&reader);
}
