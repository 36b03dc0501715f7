#include "pki/cmc.h"

#include "pki/cmc_id.h"
#include "pki/cmc_oid.h"
#include "pki/der.h"

#define IDS_MAX (CMC_CONTROLS_MAX + 4 * CMC_PARTS_MAX)

/* A request being read, with the identifiers seen so far. */
struct reading {
	struct cmc_request request;
	uint32_t ids[IDS_MAX];
	size_t id_count;
};

static bool malformed(struct error *err, const char *what)
{
	return error_set(err, REASON_CMS_MALFORMED, "%s", what);
}

/* -- identifiers are unique (RFC 5272 3.2.2) -- */

static bool add_id(struct reading *reading, uint32_t id, struct error *err)
{
	for (size_t i = 0; i < reading->id_count; i++)
		if (reading->ids[i] == id)
			return error_set(err, REASON_CMS_MALFORMED,
					 "the body part identifier %lu is there twice "
					 "(RFC 5272 3.2.2)",
					 (unsigned long)id);
	if (reading->id_count == IDS_MAX)
		return malformed(err, "too many body parts");
	reading->ids[reading->id_count++] = id;
	return true;
}

static bool take_id(struct reading *reading, struct der *der, uint32_t *ret, struct error *err)
{
	if (!cmc_id_read(der, ret))
		return malformed(err, "a body part identifier is 0, or no number of four octets");
	return add_id(reading, *ret, err);
}

/* -- controls -- */

static bool may_be_there_twice(enum cmc_control_type type)
{
	return type == CMC_REVOKE_REQUEST || type == CMC_GET_CERT || type == CMC_GET_CRL ||
	       type == CMC_QUERY_PENDING || type == CMC_CONTROL_UNKNOWN;
}

static size_t value_max(enum cmc_control_type type)
{
	return type == CMC_QUERY_PENDING ? CMC_TOKEN_MAX : CMC_VALUE_MAX;
}

static bool add_control(struct cmc_request *request, struct cmc_control control, struct error *err)
{
	if (request->control_count == CMC_CONTROLS_MAX)
		return error_set(err, REASON_CMS_MALFORMED, "more than %d controls",
				 CMC_CONTROLS_MAX);
	if (!may_be_there_twice(control.type) && cmc_control_find(request, control.type))
		return error_set(err, REASON_CMS_MALFORMED,
				 "the control of body part %lu is there twice",
				 (unsigned long)control.id);
	request->controls[request->control_count++] = control;
	return true;
}

/* TaggedAttribute ::= SEQUENCE { bodyPartID, attrType, attrValues SET OF AttributeValue } */
static bool read_control(struct reading *reading, struct der *list, struct error *err)
{
	struct der fields = der_enter(list, DER_SEQUENCE);
	struct cmc_control control = { 0 };

	if (!take_id(reading, &fields, &control.id, err))
		return false;
	control.type = cmc_control_by_oid(der_read(&fields, DER_OID));
	struct der values = der_enter(&fields, DER_SET);
	control.value = values.rest;
	der_read_any(&values, NULL);
	if (!der_at_end(&values) || !der_at_end(&fields) ||
	    control.value.len > value_max(control.type))
		return error_set(err, REASON_CMS_MALFORMED,
				 "the control of body part %lu has not one value of at most %zu "
				 "octets",
				 (unsigned long)control.id, value_max(control.type));
	return add_control(&reading->request, control, err);
}

/* -- requests and messages within the message -- */

static bool add_part(struct reading *reading, struct cmc_part part, struct error *err)
{
	struct cmc_request *request = &reading->request;

	if (request->part_count == sizeof request->parts / sizeof request->parts[0])
		return malformed(err, "too many requests");
	request->parts[request->part_count++] = part;
	return true;
}

/* TaggedCertificationRequest ::= SEQUENCE { bodyPartID, certificationRequest } */
static bool read_pkcs10(struct reading *reading, struct der *fields, struct cmc_part *part,
			struct error *err)
{
	if (!take_id(reading, fields, &part->id, err))
		return false;
	part->der = der_read_whole(fields, DER_SEQUENCE);
	return der_at_end(fields) || malformed(err, "no CertificationRequest where one belongs");
}

/* CertReqMsg ::= SEQUENCE { certReq SEQUENCE { certReqId, … }, … } (RFC 4211 3) */
static bool read_crmf(struct reading *reading, struct der *fields, struct cmc_part *part,
		      struct error *err)
{
	part->der = fields->rest;
	struct der request = der_enter(fields, DER_SEQUENCE);
	return take_id(reading, &request, &part->id, err);
}

static bool read_other(struct reading *reading, struct der *fields, struct cmc_part *part,
		       struct error *err)
{
	return take_id(reading, fields, &part->id, err);
}

/* TaggedRequest ::= CHOICE { tcr [0], crm [1], orm [2] } */
static bool (*const readers[])(struct reading *, struct der *, struct cmc_part *,
			       struct error *) = {
	[CMC_PKCS10] = read_pkcs10,
	[CMC_CRMF] = read_crmf,
	[CMC_OTHER_REQUEST] = read_other,
};

static bool read_request(struct reading *reading, struct der *list, struct error *err)
{
	for (unsigned int kind = 0; kind < ARRAY_LEN(readers); kind++) {
		struct cmc_part part = { .kind = (enum cmc_part_kind)kind };

		if (!der_next_is(list, DER_CONTEXT_0 + kind))
			continue;
		struct der again = *list;
		struct der fields = der_enter(list, DER_CONTEXT_0 + kind);
		part.whole = der_read_whole(&again, DER_CONTEXT_0 + kind);
		return readers[kind](reading, &fields, &part, err) && add_part(reading, part, err);
	}
	return malformed(err, "a request of no known form (RFC 5272 3.2.1.2)");
}

bool cmc_query_pending_parse(struct bytes value, struct cmc_part *ret, struct error *err)
{
	struct der outer = der_open(value);
	struct der token = der_open(der_read(&outer, DER_OCTET_STRING));
	struct reading reading = { 0 };

	if (!der_at_end(&outer) || !read_request(&reading, &token, NULL) || !der_at_end(&token))
		return error_set(err, REASON_CMC_CONTROL, "the token is none that was given here");
	*ret = reading.request.parts[0];
	return true;
}

static bool read_content(struct reading *reading, struct der *list, struct error *err)
{
	struct cmc_part part = { .kind = CMC_CONTENT };
	struct der fields = der_enter(list, DER_SEQUENCE);

	if (!take_id(reading, &fields, &part.id, err))
		return false;
	part.der = der_read_whole(&fields, DER_SEQUENCE);
	if (!der_at_end(&fields))
		return malformed(err, "no ContentInfo where one belongs (RFC 5272 3.2.1.3)");
	return add_part(reading, part, err);
}

/* Nobody here refers to one, so its contents are passed over (RFC 5272 3.2.1.4). */
static bool read_other_message(struct reading *reading, struct der *list, struct error *err)
{
	struct der fields = der_enter(list, DER_SEQUENCE);
	uint32_t id;

	return take_id(reading, &fields, &id, err);
}

/* -- PKIData ::= SEQUENCE { controlSequence, reqSequence, cmsSequence, otherMsgSequence } -- */

static const struct {
	bool (*read)(struct reading *, struct der *, struct error *);
	size_t max;
} sequences[] = {
	{ read_control, CMC_CONTROLS_MAX },
	{ read_request, CMC_PARTS_MAX },
	{ read_content, CMC_PARTS_MAX },
	{ read_other_message, CMC_PARTS_MAX },
};

static bool read_sequence(struct reading *reading, struct der *data, size_t which,
			  struct error *err)
{
	struct der list = der_enter(data, DER_SEQUENCE);

	for (size_t count = 0; list.rest.len > 0 && !list.failed; count++) {
		if (count == sequences[which].max)
			return error_set(err, REASON_CMS_MALFORMED, "more than %zu elements",
					 sequences[which].max);
		if (!sequences[which].read(reading, &list, err))
			return false;
	}
	return der_at_end(&list) || malformed(err, "the PKIData is malformed (RFC 5272 3.2.1)");
}

bool cmc_request_parse(struct bytes der, struct cmc_request *ret, struct error *err)
{
	struct der outer = der_open(der);
	struct der data = der_enter(&outer, DER_SEQUENCE);
	struct reading reading = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(sequences); i++)
		if (!read_sequence(&reading, &data, i, err))
			return false;
	if (!der_at_end(&data) || !der_at_end(&outer))
		return malformed(err, "the PKIData does not end where it should");
	*ret = reading.request;
	return true;
}

const struct cmc_control *cmc_control_find(const struct cmc_request *request,
					   enum cmc_control_type type)
{
	for (size_t i = 0; i < request->control_count; i++)
		if (request->controls[i].type == type)
			return &request->controls[i];
	return NULL;
}
