#include "pki/cmc.h"

#include "pki/cert.h"
#include "pki/cmc_id.h"
#include "pki/der.h"

#define UNIFORM_RESOURCE_IDENTIFIER (DER_CONTEXT_PRIMITIVE_0 + 6)
#define DIRECTORY_NAME (DER_CONTEXT_0 + 4) /* GeneralName, explicitly tagged as a CHOICE is */

static bool read_serial(struct der *fields, struct bytes *ret)
{
	*ret = der_read(fields, DER_INTEGER);
	return ret->len > 0 && ret->len <= CERT_SERIAL_MAX;
}

/* GetCert ::= SEQUENCE { issuerName GeneralName, serialNumber INTEGER } */
bool cmc_get_cert_parse(struct bytes value, struct cmc_certificate *ret, struct error *err)
{
	struct der outer = der_open(value);
	struct der fields = der_enter(&outer, DER_SEQUENCE);
	struct der name = der_enter(&fields, DIRECTORY_NAME);
	struct cmc_certificate certificate = { .issuer = der_read_whole(&name, DER_SEQUENCE) };

	if (!der_at_end(&name) || !read_serial(&fields, &certificate.serial) ||
	    !der_at_end(&fields) || !der_at_end(&outer))
		return error_set(err, REASON_CMS_MALFORMED,
				 "getCert holds no directory name and serial number "
				 "(RFC 5272 6.9)");
	*ret = certificate;
	return true;
}

/* The shared secret is for those who lost their key; none is ever registered here. */
static void skip_optional(struct der *fields, unsigned int tag)
{
	if (der_next_is(fields, tag))
		der_read(fields, tag);
}

/* RevokeRequest ::= SEQUENCE { issuerName, serialNumber, reason, invalidityDate OPTIONAL,
 * passphrase OPTIONAL, comment OPTIONAL } */
bool cmc_revocation_parse(struct bytes value, struct cmc_revocation *ret, struct error *err)
{
	struct der outer = der_open(value);
	struct der fields = der_enter(&outer, DER_SEQUENCE);
	struct cmc_revocation revocation = {
		.certificate.issuer = der_read_whole(&fields, DER_SEQUENCE),
	};
	bool has_serial = read_serial(&fields, &revocation.certificate.serial);
	struct bytes reason = der_read(&fields, DER_ENUMERATED);

	if (der_next_is(&fields, DER_GENERALIZED_TIME))
		revocation.invalidity_date = der_read_time(&fields);
	skip_optional(&fields, DER_OCTET_STRING);
	skip_optional(&fields, DER_UTF8_STRING);
	if (!has_serial || reason.len != 1 || !der_at_end(&fields) || !der_at_end(&outer))
		return error_set(err, REASON_CMS_MALFORMED,
				 "revokeRequest is malformed (RFC 5272 6.11)");
	revocation.reason = reason.data[0];
	*ret = revocation;
	return true;
}

/* ReasonFlags: our lists are of all reasons, so whichever are asked for are among them. */
static void read_place(struct der *fields, struct cmc_crl_query *query)
{
	unsigned int tag = 0;

	if (der_next_is(fields, DER_GENERALIZED_TIME) || der_next_is(fields, DER_BIT_STRING) ||
	    fields->rest.len == 0)
		return;
	query->has_place = true;
	query->uri = der_read_any(fields, &tag);
	if (tag != UNIFORM_RESOURCE_IDENTIFIER)
		query->uri = (struct bytes){ 0 };
}

/* GetCRL ::= SEQUENCE { issuerName Name, cRLName GeneralName OPTIONAL, time GeneralizedTime
 * OPTIONAL, reasons ReasonFlags OPTIONAL } */
bool cmc_get_crl_parse(struct bytes value, struct cmc_crl_query *ret, struct error *err)
{
	struct der outer = der_open(value);
	struct der fields = der_enter(&outer, DER_SEQUENCE);
	struct cmc_crl_query query = { .issuer = der_read_whole(&fields, DER_SEQUENCE) };

	read_place(&fields, &query);
	if (der_next_is(&fields, DER_GENERALIZED_TIME))
		query.time = der_read_time(&fields);
	skip_optional(&fields, DER_BIT_STRING);
	if (!der_at_end(&fields) || !der_at_end(&outer))
		return error_set(err, REASON_CMS_MALFORMED, "getCRL is malformed (RFC 5272 6.10)");
	*ret = query;
	return true;
}

static bool holds(const struct cmc_part_list *list, uint32_t id)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->ids[i] == id)
			return true;
	return false;
}

static bool add_part(struct der *ids, struct cmc_part_list *list)
{
	uint32_t id = 0;

	if (list->count == CMC_PARTS_MAX || !cmc_id_read(ids, &id) || holds(list, id))
		return false;
	list->ids[list->count++] = id;
	return true;
}

static bool read_parts(struct der *ids, struct cmc_part_list *ret)
{
	while (ids->rest.len > 0)
		if (!add_part(ids, ret))
			return false;
	return der_at_end(ids) && ret->count > 0;
}

/* BodyPartList ::= SEQUENCE SIZE (1..MAX) OF BodyPartID */
bool cmc_part_list_parse(struct bytes value, struct cmc_part_list *ret, struct error *err)
{
	struct der outer = der_open(value);
	struct der ids = der_enter(&outer, DER_SEQUENCE);
	struct cmc_part_list list = { 0 };

	if (!read_parts(&ids, &list) || !der_at_end(&outer))
		return error_set(err, REASON_CMS_MALFORMED,
				 "no list of 1 to %d body part identifiers, each once",
				 CMC_PARTS_MAX);
	*ret = list;
	return true;
}

/* LraPopWitness ::= SEQUENCE { pkiDataBodyid BodyPartID, bodyIds SEQUENCE OF BodyPartID }; the
 * first is 0 for this message, and otherwise one within it. */
bool cmc_witness_names(struct bytes value, uint32_t part)
{
	const struct bytes this_message = BYTES_LITERAL("\x00");
	struct der outer = der_open(value);
	struct der fields = der_enter(&outer, DER_SEQUENCE);
	bool is_this = bytes_equal(der_read(&fields, DER_INTEGER), this_message);
	struct der ids = der_enter(&fields, DER_SEQUENCE);
	uint32_t id = 0;

	while (is_this && cmc_id_read(&ids, &id))
		if (id == part)
			return true;
	return false;
}
