#include "pki/crmf.h"

#include "pki/csr_internal.h"
#include "pki/der.h"

#define OID(text)                                                                                  \
	{                                                                                          \
		(const unsigned char *)(text), sizeof(text) - 1                                    \
	}
#define ID_REG_CTRL "\x2b\x06\x01\x05\x05\x07\x05\x01" /* 1.3.6.1.5.5.7.5.1 */
#define VERSION_3 "\x02"

static bool malformed(struct error *err, const char *what)
{
	return error_set(err, REASON_CSR_MALFORMED, "%s", what);
}

/* -- the template: CertTemplate ::= SEQUENCE of ten optional fields (RFC 4211 5) -- */

/* The field's contents, under its tag. */
typedef bool read_field(struct crmf *crmf, struct bytes contents, struct error *err);

/* "It MUST be 2 if supplied." */
static bool read_version(struct crmf *crmf, struct bytes contents, struct error *err)
{
	(void)crmf;
	return bytes_equal(contents, BYTES_LITERAL(VERSION_3)) ||
	       malformed(err, "the template's version is not 2 (RFC 4211 5)");
}

/* A Name is a CHOICE, so its tag is explicit. */
static bool read_name(struct bytes contents, struct bytes *ret, struct error *err)
{
	struct der fields = der_open(contents);

	*ret = der_read_whole(&fields, DER_SEQUENCE);
	return der_at_end(&fields) || malformed(err, "a name in the template is no Name");
}

static bool read_issuer(struct crmf *crmf, struct bytes contents, struct error *err)
{
	return read_name(contents, &crmf->issuer, err);
}

/* OptionalValidity ::= SEQUENCE { notBefore [0] Time, notAfter [1] Time }, each optional */
static bool read_validity(struct crmf *crmf, struct bytes contents, struct error *err)
{
	struct der fields = der_open(contents);

	(void)crmf;
	for (unsigned int tag = DER_CONTEXT_0; tag <= DER_CONTEXT_0 + 1; tag++) {
		if (!der_next_is(&fields, tag))
			continue;
		struct der time = der_enter(&fields, tag);
		(void)der_read_time(&time);
		if (!der_at_end(&time))
			return malformed(err, "the template's validity is malformed");
	}
	return der_at_end(&fields) || malformed(err, "the template's validity is malformed");
}

static bool read_subject(struct crmf *crmf, struct bytes contents, struct error *err)
{
	return read_name(contents, &crmf->subject, err);
}

static bool read_key(struct crmf *crmf, struct bytes contents, struct error *err)
{
	(void)err;
	crmf->key = contents;
	return true;
}

/* Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension */
static bool read_extensions(struct crmf *crmf, struct bytes contents, struct error *err)
{
	crmf->extensions = contents;
	return contents.len > 0 || malformed(err, "the template's extensions are empty");
}

/* In the order of their tags. What the CA fills in "MUST be omitted", as RFC 4211 says of each. */
static const struct {
	const char *name;
	unsigned int tag;
	read_field *read; /* NULL: the CA's to fill in */
} fields[] = {
	{ "version", DER_CONTEXT_PRIMITIVE_0, read_version },
	{ "serialNumber", DER_CONTEXT_PRIMITIVE_0 + 1, NULL },
	{ "signingAlg", DER_CONTEXT_0 + 2, NULL },
	{ "issuer", DER_CONTEXT_0 + 3, read_issuer },
	{ "validity", DER_CONTEXT_0 + 4, read_validity },
	{ "subject", DER_CONTEXT_0 + 5, read_subject },
	{ "publicKey", DER_CONTEXT_0 + 6, read_key },
	{ "issuerUID", DER_CONTEXT_PRIMITIVE_0 + 7, NULL },
	{ "subjectUID", DER_CONTEXT_PRIMITIVE_0 + 8, NULL },
	{ "extensions", DER_CONTEXT_0 + 9, read_extensions },
};

static bool read_next_field(struct crmf *crmf, struct der *template, size_t which,
			    struct error *err)
{
	if (!der_next_is(template, fields[which].tag))
		return true;
	struct bytes contents = der_read(template, fields[which].tag);
	if (template->failed)
		return malformed(err, "the template is malformed (RFC 4211 5)");
	if (!fields[which].read)
		return error_set(err, REASON_CSR_MALFORMED,
				 "the template's %s is the CA's to fill in (RFC 4211 5)",
				 fields[which].name);
	return fields[which].read(crmf, contents, err);
}

/* A field a second time, or out of order, is left over in the end. */
static bool read_template(struct crmf *crmf, struct der *request, struct error *err)
{
	struct der template = der_enter(request, DER_SEQUENCE);

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (!read_next_field(crmf, &template, i, err))
			return false;
	if (!der_at_end(&template))
		return malformed(err, "the template's fields are not each there once and in order "
				      "(RFC 4211 5)");
	if (crmf->subject.len == 0 || crmf->key.len == 0)
		return malformed(err, "the template lacks its subject, which may be empty, or its "
				      "publicKey (RFC 5272 3.2.1.2.2)");
	return true;
}

/* -- Controls ::= SEQUENCE SIZE (1..MAX) OF AttributeTypeAndValue (RFC 4211 6) -- */

static bool take_changed_subject(struct crmf *crmf, struct bytes value, struct error *err)
{
	if (crmf->changed_subject.len)
		return malformed(err, "the control changeSubjectName is there twice");
	crmf->changed_subject = value;
	return true;
}

/* CertId, which is written as getCert's value is. */
static bool take_old_cert_id(struct crmf *crmf, struct bytes value, struct error *err)
{
	if (crmf->renews.serial.len)
		return malformed(err, "the control oldCertID is there twice");
	return cmc_get_cert_parse(value, &crmf->renews, NULL) ||
	       malformed(err, "oldCertID holds no directory name and serial number "
			      "(RFC 4211 6.5)");
}

/* RFC 5274 4.3 forbids the first two in CMC, and takes the others for unused. */
static const struct {
	struct bytes oid;
	const char *name;
	bool (*take)(struct crmf *, struct bytes, struct error *); /* NULL: refused */
} controls[] = {
	{ OID(ID_REG_CTRL "\x01"), "regToken", NULL },
	{ OID(ID_REG_CTRL "\x02"), "authenticator", NULL },
	{ OID(ID_REG_CTRL "\x03"), "pkiPublicationInfo", NULL },
	{ OID(ID_REG_CTRL "\x04"), "pkiArchiveOptions", NULL },
	{ OID(ID_REG_CTRL "\x05"), "oldCertID", take_old_cert_id },
	{ OID(ID_REG_CTRL "\x06"), "protocolEncrKey", NULL },
	{ OID(OID_CHANGE_SUBJECT_NAME), "changeSubjectName", take_changed_subject },
};

static bool take_control(struct crmf *crmf, struct bytes oid, struct bytes value, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(controls); i++) {
		if (!bytes_equal(controls[i].oid, oid))
			continue;
		if (controls[i].take)
			return controls[i].take(crmf, value, err);
		return error_set(err, REASON_CMC_CONTROL, "CRMF's control %s is not taken",
				 controls[i].name);
	}
	return error_set(err, REASON_CMC_CONTROL, "an unknown control in a CRMF request");
}

static bool read_controls(struct crmf *crmf, struct der *request, struct error *err)
{
	struct der list = der_enter(request, DER_SEQUENCE);

	if (der_at_end(&list))
		return malformed(err, "the CRMF request's controls are empty");
	while (list.rest.len > 0) {
		struct der pair = der_enter(&list, DER_SEQUENCE);
		struct bytes oid = der_read(&pair, DER_OID);
		struct bytes value = pair.rest;

		der_read_any(&pair, NULL);
		if (!der_at_end(&pair))
			return malformed(err, "a control of the CRMF request is malformed");
		if (!take_control(crmf, oid, value, err))
			return false;
	}
	return der_at_end(&list) || malformed(err, "the CRMF request's controls are malformed");
}

/* -- CertRequest ::= SEQUENCE { certReqId INTEGER, certTemplate, controls OPTIONAL } -- */

static bool read_request(struct crmf *crmf, struct error *err)
{
	struct der outer = der_open(crmf->request);
	struct der request = der_enter(&outer, DER_SEQUENCE);

	der_read(&request, DER_INTEGER); /* its body part identifier (RFC 5272 3.2.2) */
	if (!read_template(crmf, &request, err))
		return false;
	if (request.rest.len > 0 && !read_controls(crmf, &request, err))
		return false;
	return der_at_end(&request) || malformed(err, "the CertRequest is malformed");
}

/* -- ProofOfPossession (RFC 4211 4) -- */

static bool unproven(struct error *err, const char *why)
{
	return error_set(err, REASON_POP_MISSING, "%s", why);
}

/* POPOSigningKey ::= SEQUENCE { poposkInput [0] OPTIONAL, algorithmIdentifier, signature } */
static bool read_signature(struct crmf *crmf, struct der *message, struct error *err)
{
	struct der proof = der_enter(message, DER_CONTEXT_0 + 1);

	if (der_next_is(&proof, DER_CONTEXT_0))
		return malformed(err, "poposkInput has no place in CMC (RFC 5272 3.2.1.2.2)");
	crmf->algorithm = der_read_whole(&proof, DER_SEQUENCE);
	crmf->signature = der_read_octet_bits(&proof);
	return der_at_end(&proof) || malformed(err, "the POPOSigningKey is malformed");
}

/* Of the four kinds only a signature can be checked here and now. */
static bool read_possession(struct crmf *crmf, struct der *message, struct error *err)
{
	if (der_next_is(message, DER_CONTEXT_0 + 1))
		return read_signature(crmf, message, err);
	if (der_next_is(message, DER_CONTEXT_PRIMITIVE_0))
		return unproven(err, "raVerified: an RA's word does not prove possession here");
	if (der_next_is(message, DER_CONTEXT_0 + 2) || der_next_is(message, DER_CONTEXT_0 + 3))
		return unproven(err, "a key that cannot sign cannot prove itself here: "
				     "serverkeygen makes such keys");
	return unproven(err, "the CRMF request has no proof of possession");
}

/* CertReqMsg ::= SEQUENCE { certReq, popo OPTIONAL, regInfo OPTIONAL } */
bool crmf_parse(struct bytes contents, struct crmf *ret, struct error *err)
{
	struct der message = der_open(contents);
	struct crmf crmf = { 0 };

	if (contents.len > CSR_MAX)
		return error_set(err, REASON_TOO_LARGE,
				 "a CRMF request of %zu octets; the most is %d", contents.len,
				 CSR_MAX);
	crmf.request = der_read_whole(&message, DER_SEQUENCE);
	if (!read_request(&crmf, err) || !read_possession(&crmf, &message, err))
		return false;
	if (der_next_is(&message, DER_SEQUENCE))
		return malformed(err, "regInfo has no place in CMC (RFC 5272 3.2.1.2.2)");
	if (!der_at_end(&message))
		return malformed(err, "the CertReqMsg does not end where it should");
	*ret = crmf;
	return true;
}
