#include "pki/extension_words.h"

#include "pki/der.h"
#include "pki/san.h"

#define URI (DER_CONTEXT_PRIMITIVE_0 + 6) /* GeneralName (RFC 5280 4.2.1.6) */
#define KEY_ID DER_CONTEXT_PRIMITIVE_0
#define KU_BITS 9
#define ADD(to, begun, ...)                                                                        \
	(buffer_append_text(to, (to)->len > (begun) ? ", " : ""), buffer_printf(to, __VA_ARGS__))

static void write_hex(struct bytes octets, struct buffer *to)
{
	for (size_t i = 0; i < octets.len; i++)
		buffer_printf(to, "%02x", octets.data[i]);
}

/* -- one value each; false leaves it to be shown as octets -- */

static bool basic_constraints_words(struct bytes value, struct buffer *to)
{
	bool is_ca = false;
	int path_len = -1;

	if (!basic_constraints_parse(value, &is_ca, &path_len, NULL))
		return false;
	buffer_append_text(to, is_ca ? "a CA" : "no CA");
	if (is_ca && path_len >= 0)
		buffer_printf(to, " with at most %d CAs below", path_len);
	return true;
}

static bool key_usage_words(struct bytes value, struct buffer *to)
{
	size_t begun = to->len;
	unsigned int bits = 0;

	if (!key_usage_parse(value, &bits, NULL))
		return false;
	for (unsigned int n = 0; n < KU_BITS; n++)
		if (bits & 1U << n)
			ADD(to, begun, "%s", key_usage_text((enum key_usage)(1U << n)));
	return true;
}

static void usage_name(struct bytes oid, struct buffer *to)
{
	static const struct {
		const struct bytes *oid;
		const char *name;
	} usages[] = {
		{ &oid_server_auth, "serverAuth" },
		{ &oid_client_auth, "clientAuth" },
		{ &oid_code_signing, "codeSigning" },
		{ &oid_email_protection, "emailProtection" },
		{ &oid_time_stamping, "timeStamping" },
		{ &oid_ocsp_signing, "OCSPSigning" },
		{ &oid_cmc_ra, "cmcRA" },
		{ &oid_any_ext_key_usage, "anyExtendedKeyUsage" },
	};

	for (size_t i = 0; i < ARRAY_LEN(usages); i++)
		if (bytes_equal(oid, *usages[i].oid)) {
			buffer_append_text(to, usages[i].name);
			return;
		}
	if (!oid_to_text(oid, to))
		write_hex(oid, to);
}

static bool ext_key_usage_words(struct bytes value, struct buffer *to)
{
	struct der reader = der_open(value);
	struct der list = der_enter(&reader, DER_SEQUENCE);
	size_t begun = to->len;

	while (!der_at_end(&list) && !list.failed) {
		struct bytes oid = der_read(&list, DER_OID);
		buffer_append_text(to, to->len > begun ? ", " : "");
		usage_name(oid, to);
	}
	return der_at_end(&reader) && !list.failed;
}

static bool san_words(struct bytes value, struct buffer *to)
{
	size_t begun = to->len;
	struct san san = { 0 };

	if (!san_parse_tolerant(value, &san, NULL))
		return false;
	for (size_t i = 0; i < san.count; i++)
		ADD(to, begun, "%s:%s", san_type_text(san.entries[i].type), san.entries[i].value);
	san_done(&san);
	return true;
}

static bool subject_key_id_words(struct bytes value, struct buffer *to)
{
	struct der reader = der_open(value);

	write_hex(der_read(&reader, DER_OCTET_STRING), to);
	return der_at_end(&reader);
}

static bool authority_key_id_words(struct bytes value, struct buffer *to)
{
	struct der reader = der_open(value);
	struct der fields = der_enter(&reader, DER_SEQUENCE);

	write_hex(der_read(&fields, KEY_ID), to);
	return !fields.failed;
}

static void add_uri(struct der *from, const char *before, size_t begun, struct buffer *to)
{
	struct bytes uri = der_read(from, URI);

	ADD(to, begun, "%s%.*s", before, (int)uri.len, (const char *)uri.data);
}

/* RFC 5280 4.2.1.13: distributionPoint [0], fullName [0], URIs as we write them. */
static bool crl_points_words(struct bytes value, struct buffer *to)
{
	struct der reader = der_open(value);
	struct der points = der_enter(&reader, DER_SEQUENCE);
	size_t begun = to->len;

	while (!der_at_end(&points) && !points.failed) {
		struct der point = der_enter(&points, DER_SEQUENCE);
		struct der name = der_enter(&point, DER_CONTEXT_0);
		struct der full = der_enter(&name, DER_CONTEXT_0);
		do
			add_uri(&full, "", begun, to);
		while (!der_at_end(&full) && !full.failed);
		points.failed = points.failed || full.failed;
	}
	return der_at_end(&reader) && !points.failed;
}

/* RFC 5280 4.2.2.1. */
static bool info_access_words(struct bytes value, struct buffer *to)
{
	const struct bytes ad_ocsp = BYTES_LITERAL("\x2b\x06\x01\x05\x05\x07\x30\x01");
	const struct bytes ad_ca_issuers = BYTES_LITERAL("\x2b\x06\x01\x05\x05\x07\x30\x02");
	struct der reader = der_open(value);
	struct der list = der_enter(&reader, DER_SEQUENCE);
	size_t begun = to->len;

	while (!der_at_end(&list) && !list.failed) {
		struct der description = der_enter(&list, DER_SEQUENCE);
		struct bytes method = der_read(&description, DER_OID);
		bool is_ocsp = bytes_equal(method, ad_ocsp);
		description.failed |= !is_ocsp && !bytes_equal(method, ad_ca_issuers);
		add_uri(&description, is_ocsp ? "OCSP " : "CA ", begun, to);
		list.failed = list.failed || description.failed;
	}
	return der_at_end(&reader) && !list.failed;
}

static bool policies_words(struct bytes value, struct buffer *to)
{
	struct der reader = der_open(value);
	struct der list = der_enter(&reader, DER_SEQUENCE);
	size_t begun = to->len;

	while (!der_at_end(&list) && !list.failed) {
		struct der policy = der_enter(&list, DER_SEQUENCE);
		buffer_append_text(to, to->len > begun ? ", " : "");
		list.failed = list.failed || !oid_to_text(der_read(&policy, DER_OID), to);
	}
	return der_at_end(&reader) && !list.failed;
}

static const struct row {
	const struct bytes *oid;
	const char *name;
	bool (*words)(struct bytes value, struct buffer *to);
} rows[] = {
	{ &oid_basic_constraints, "basicConstraints", basic_constraints_words },
	{ &oid_key_usage, "keyUsage", key_usage_words },
	{ &oid_ext_key_usage, "extKeyUsage", ext_key_usage_words },
	{ &oid_subject_alt_name, "subjectAltName", san_words },
	{ &oid_subject_key_id, "subjectKeyIdentifier", subject_key_id_words },
	{ &oid_authority_key_id, "authorityKeyIdentifier", authority_key_id_words },
	{ &oid_crl_distribution_points, "cRLDistributionPoints", crl_points_words },
	{ &oid_authority_info_access, "authorityInfoAccess", info_access_words },
	{ &oid_certificate_policies, "certificatePolicies", policies_words },
	{ &oid_name_constraints, "nameConstraints", NULL },
};

static const struct row *find_row(struct bytes oid)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (bytes_equal(*rows[i].oid, oid))
			return &rows[i];
	return NULL;
}

void extension_name(struct bytes oid, struct buffer *to)
{
	const struct row *row = find_row(oid);

	if (row)
		buffer_append_text(to, row->name);
	else if (!oid_to_text(oid, to))
		write_hex(oid, to);
}

void extension_words(const struct extension *extension, struct buffer *to)
{
	const struct row *row = find_row(extension->oid);
	size_t begun = to->len;

	if (row && row->words && row->words(extension->value, to))
		return;
	to->len = begun;
	write_hex(extension->value, to);
}
