#include "pki/cert_internal.h"

#include "pki/der.h"

#define VERSION_2 1
#define VERSION_3 2
#define ISSUER_UNIQUE_ID (DER_CONTEXT_PRIMITIVE_0 + 1)
#define SUBJECT_UNIQUE_ID (DER_CONTEXT_PRIMITIVE_0 + 2)
#define EXTENSIONS (DER_CONTEXT_0 + 3)

MUST_CHECK static bool malformed(struct error *err, const char *what)
{
	return error_set(err, REASON_CLIENT_CERT_INVALID, "%s", what);
}

/* -- the extensions that mean something here -- */

static bool read_basic_constraints(struct cert *cert, struct bytes value, struct error *err)
{
	return basic_constraints_parse(value, &cert->is_ca, &cert->path_len, err);
}

static bool read_key_usage(struct cert *cert, struct bytes value, struct error *err)
{
	cert->has_key_usage = true;
	return key_usage_parse(value, &cert->key_usage, err);
}

/* RFC 5280 4.2.1.12: at least one. */
static bool read_ext_key_usage(struct cert *cert, struct bytes value, struct error *err)
{
	struct der outer = der_open(value);
	struct der list = der_enter(&outer, DER_SEQUENCE);

	cert->ext_key_usages = list.rest;
	while (list.rest.len > 0)
		der_read(&list, DER_OID);
	if (!der_at_end(&list) || !der_at_end(&outer) || cert->ext_key_usages.len == 0)
		return malformed(err, "malformed extKeyUsage (RFC 5280 4.2.1.12)");
	return true;
}

/* Manufacturers write names that we would never issue; the certificate may still prove who is
 * calling, but not by those names. */
static bool read_san(struct cert *cert, struct bytes value, struct error *err)
{
	struct error why = { 0 };

	if (san_parse_tolerant(value, &cert->san, &why))
		return true;
	if (why.reason == REASON_NO_MEMORY)
		return error_set(err, why.reason, "%s", why.detail);
	cert->san_is_unreadable = true;
	return true;
}

static bool read_subject_key_id(struct cert *cert, struct bytes value, struct error *err)
{
	struct der outer = der_open(value);

	cert->subject_key_id = der_read(&outer, DER_OCTET_STRING);
	return der_at_end(&outer) || malformed(err, "malformed subjectKeyIdentifier");
}

/* keyIdentifier [0]; issuer and serial, which may follow, say no more than the issuer's name does.
 */
static bool read_authority_key_id(struct cert *cert, struct bytes value, struct error *err)
{
	struct der outer = der_open(value);
	struct der fields = der_enter(&outer, DER_SEQUENCE);

	if (der_next_is(&fields, DER_CONTEXT_PRIMITIVE_0))
		cert->authority_key_id = der_read(&fields, DER_CONTEXT_PRIMITIVE_0);
	while (fields.rest.len > 0)
		der_read_any(&fields, NULL);
	if (!der_at_end(&fields) || !der_at_end(&outer))
		return malformed(err, "malformed authorityKeyIdentifier");
	return true;
}

static const struct {
	const struct bytes *oid;
	bool (*read)(struct cert *cert, struct bytes value, struct error *err);
} readers[] = {
	{ &oid_basic_constraints, read_basic_constraints },
	{ &oid_key_usage, read_key_usage },
	{ &oid_ext_key_usage, read_ext_key_usage },
	{ &oid_subject_alt_name, read_san },
	{ &oid_subject_key_id, read_subject_key_id },
	{ &oid_authority_key_id, read_authority_key_id },
};

static bool read_known_extensions(struct cert *cert, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
		const struct extension *extension =
			extensions_find(&cert->extensions, *readers[i].oid);

		if (extension && !readers[i].read(cert, extension->value, err))
			return false;
	}
	return true;
}

/* -- TBSCertificate (RFC 5280 4.1.2) -- */

/* [0] EXPLICIT, absent for version 1, which is the default. */
static bool read_version(struct der *tbs, uint32_t *ret, struct error *err)
{
	*ret = 0;
	if (!der_next_is(tbs, DER_CONTEXT_0))
		return true;

	struct der field = der_enter(tbs, DER_CONTEXT_0);
	*ret = der_read_small(&field);
	if (!der_at_end(&field) || (*ret != VERSION_2 && *ret != VERSION_3))
		return malformed(err, "no X.509 version 1, 2 or 3 (RFC 5280 4.1.2.1)");
	return true;
}

/* Negative and zero ones exist in the field; more octets than RFC 5280 4.1.2.2 permits would not
 * fit where serials are kept. */
static bool read_serial(struct cert *cert, struct der *tbs, struct error *err)
{
	struct bytes serial = der_read(tbs, DER_INTEGER);

	if (serial.len == 0 || serial.len > CERT_SERIAL_MAX)
		return error_set(err, REASON_CLIENT_CERT_INVALID,
				 "a serial number of %zu octets (RFC 5280 4.1.2.2)", serial.len);
	cert->serial = serial;
	return true;
}

static bool read_validity(struct cert *cert, struct der *tbs, struct error *err)
{
	struct der validity = der_enter(tbs, DER_SEQUENCE);

	cert->not_before = der_read_time(&validity);
	cert->not_after = der_read_time(&validity);
	return der_at_end(&validity) || malformed(err, "malformed validity (RFC 5280 4.1.2.5)");
}

static bool read_extensions(struct cert *cert, struct der *tbs, uint32_t version, struct error *err)
{
	if (version >= VERSION_2 && der_next_is(tbs, ISSUER_UNIQUE_ID))
		der_read(tbs, ISSUER_UNIQUE_ID);
	if (version >= VERSION_2 && der_next_is(tbs, SUBJECT_UNIQUE_ID))
		der_read(tbs, SUBJECT_UNIQUE_ID);
	if (version < VERSION_3 || !der_next_is(tbs, EXTENSIONS))
		return true;

	struct der field = der_enter(tbs, EXTENSIONS);
	struct bytes list = der_read_whole(&field, DER_SEQUENCE);
	if (!der_at_end(&field))
		return malformed(err, "malformed extensions");
	return extensions_parse(list, &cert->extensions, err) && read_known_extensions(cert, err);
}

/* `algorithm` is the outer one, which the inner one must repeat (RFC 5280 4.1.1.2). */
static bool read_tbs(struct cert *cert, struct bytes algorithm, struct error *err)
{
	struct der outer = der_open(cert->tbs);
	struct der tbs = der_enter(&outer, DER_SEQUENCE);
	uint32_t version;

	if (!read_version(&tbs, &version, err) || !read_serial(cert, &tbs, err))
		return false;
	if (!bytes_equal(der_read_whole(&tbs, DER_SEQUENCE), algorithm))
		return malformed(err, "the signature algorithms within and without differ");
	cert->issuer_der = der_read_whole(&tbs, DER_SEQUENCE);
	if (!read_validity(cert, &tbs, err))
		return false;
	cert->subject_der = der_read_whole(&tbs, DER_SEQUENCE);
	cert->spki = der_read_whole(&tbs, DER_SEQUENCE);
	if (!read_extensions(cert, &tbs, version, err))
		return false;
	if (!der_at_end(&tbs))
		return malformed(err, "malformed TBSCertificate (RFC 5280 4.1.2)");
	return name_parse_tolerant(cert->issuer_der, &cert->issuer, err) &&
	       name_parse_tolerant(cert->subject_der, &cert->subject, err);
}

bool cert_read(struct cert *cert, struct error *err)
{
	struct der outer = der_open(cert->der);
	struct der fields = der_enter(&outer, DER_SEQUENCE);

	cert->path_len = -1;
	cert->tbs = der_read_whole(&fields, DER_SEQUENCE);
	struct bytes algorithm = der_read_whole(&fields, DER_SEQUENCE);
	cert->signature = der_read_octet_bits(&fields);
	if (!der_at_end(&fields) || !der_at_end(&outer))
		return malformed(err, "not one DER Certificate (RFC 5280 4.1)");
	cert->algorithm = signature_algorithm_parse(algorithm, &cert->signature_is_weak);
	return read_tbs(cert, algorithm, err);
}
