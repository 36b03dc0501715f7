#include "pki/extension.h"

#include "pki/der.h"

#define OID(text)                                                                                  \
	{                                                                                          \
		(const unsigned char *)(text), sizeof(text) - 1                                    \
	}
#define ID_CE "\x55\x1d"                   /* 2.5.29 */
#define ID_PKIX "\x2b\x06\x01\x05\x05\x07" /* 1.3.6.1.5.5.7 */

const struct bytes oid_basic_constraints = OID(ID_CE "\x13");
const struct bytes oid_key_usage = OID(ID_CE "\x0f");
const struct bytes oid_ext_key_usage = OID(ID_CE "\x25");
const struct bytes oid_subject_alt_name = OID(ID_CE "\x11");
const struct bytes oid_subject_key_id = OID(ID_CE "\x0e");
const struct bytes oid_authority_key_id = OID(ID_CE "\x23");
const struct bytes oid_crl_distribution_points = OID(ID_CE "\x1f");
const struct bytes oid_authority_info_access = OID(ID_PKIX "\x01\x01");
const struct bytes oid_certificate_policies = OID(ID_CE "\x20");
const struct bytes oid_name_constraints = OID(ID_CE "\x1e");

const struct bytes oid_server_auth = OID(ID_PKIX "\x03\x01");
const struct bytes oid_client_auth = OID(ID_PKIX "\x03\x02");
const struct bytes oid_code_signing = OID(ID_PKIX "\x03\x03");
const struct bytes oid_email_protection = OID(ID_PKIX "\x03\x04");
const struct bytes oid_time_stamping = OID(ID_PKIX "\x03\x08");
const struct bytes oid_ocsp_signing = OID(ID_PKIX "\x03\x09");
const struct bytes oid_cmc_ra = OID(ID_PKIX "\x03\x1c"); /* RFC 6402 2.10 */
const struct bytes oid_any_ext_key_usage = OID(ID_CE "\x25\x00");

/* An explicit `critical FALSE` is no DER (X.690 11.5), but manufacturers write it and it misleads
 * nobody; our own certificates are held to DER by lint. */
static bool read_extension(struct der *list, struct extension *ret)
{
	struct der item = der_enter(list, DER_SEQUENCE);
	struct extension extension = { .oid = der_read(&item, DER_OID) };

	if (der_next_is(&item, DER_BOOLEAN))
		extension.critical = der_read_boolean(&item);
	extension.value = der_read(&item, DER_OCTET_STRING);
	*ret = extension;
	return der_at_end(&item);
}

/* RFC 5280 4.2: "A certificate MUST NOT include more than one instance of a particular extension."
 */
static bool add_extension(struct extensions *to, const struct extension *extension,
			  struct error *err)
{
	if (to->count == EXTENSIONS_MAX)
		return error_set(err, REASON_EXTENSION_NOT_ALLOWED, "more than %d extensions",
				 EXTENSIONS_MAX);
	if (extension->oid.len == 0 || extension->value.len == 0)
		return error_set(err, REASON_EXTENSION_NOT_ALLOWED, "extension %zu is empty",
				 to->count + 1);
	if (extensions_find(to, extension->oid))
		return error_set(err, REASON_EXTENSION_NOT_ALLOWED,
				 "extension %zu repeats an earlier one (RFC 5280 4.2)",
				 to->count + 1);
	to->items[to->count++] = *extension;
	return true;
}

bool extensions_parse(struct bytes der, struct extensions *ret, struct error *err)
{
	struct der reader = der_open(der);
	struct der list = der_enter(&reader, DER_SEQUENCE);
	struct extension extension;
	struct extensions found;

	found.count = 0;
	while (list.rest.len > 0) {
		if (!read_extension(&list, &extension))
			return error_set(err, REASON_EXTENSION_NOT_ALLOWED,
					 "extension %zu is malformed", found.count + 1);
		if (!add_extension(&found, &extension, err))
			return false;
	}
	if (!der_at_end(&list) || !der_at_end(&reader))
		return error_set(err, REASON_EXTENSION_NOT_ALLOWED, "malformed list of extensions");
	*ret = found;
	return true;
}

const struct extension *extensions_find(const struct extensions *extensions, struct bytes oid)
{
	for (size_t i = 0; i < extensions->count; i++)
		if (bytes_equal(extensions->items[i].oid, oid))
			return &extensions->items[i];
	return NULL;
}

void extension_write(struct buffer *to, struct bytes oid, bool critical, struct bytes value)
{
	size_t begun = der_begin(to, DER_SEQUENCE);

	der_write_oid(to, oid);
	if (critical)
		der_write_boolean(to, true);
	der_write(to, DER_OCTET_STRING, value);
	der_end(to, begun);
}
