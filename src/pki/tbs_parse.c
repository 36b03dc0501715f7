#include "pki/tbs.h"

#include "pki/der.h"

#define EXTENSIONS (DER_CONTEXT_0 + 3)

static struct bytes read_extensions(struct der *fields)
{
	if (!der_next_is(fields, EXTENSIONS))
		return (struct bytes){ 0 };

	struct der field = der_enter(fields, EXTENSIONS);
	struct bytes list = der_read(&field, DER_SEQUENCE);
	fields->failed = fields->failed || !der_at_end(&field);
	return list;
}

static void read_validity(struct der *fields, struct tbs *ret)
{
	struct der validity = der_enter(fields, DER_SEQUENCE);

	ret->not_before = der_read_time(&validity);
	ret->not_after = der_read_time(&validity);
	fields->failed = fields->failed || !der_at_end(&validity);
}

bool tbs_parse(struct bytes der, struct tbs *ret, struct error *err)
{
	struct der outer = der_open(der);
	struct der fields = der_enter(&outer, DER_SEQUENCE);
	struct tbs tbs = { 0 };
	bool weak = false;

	(void)der_read(&fields, DER_CONTEXT_0);
	tbs.serial = der_read(&fields, DER_INTEGER);
	tbs.signature_algorithm =
		signature_algorithm_parse(der_read_whole(&fields, DER_SEQUENCE), &weak);
	tbs.issuer = der_read_whole(&fields, DER_SEQUENCE);
	read_validity(&fields, &tbs);
	tbs.subject = der_read_whole(&fields, DER_SEQUENCE);
	tbs.spki = der_read_whole(&fields, DER_SEQUENCE);
	tbs.extensions = read_extensions(&fields);
	if (!der_at_end(&fields) || !der_at_end(&outer))
		return error_set(err, REASON_INVALID, "no TBSCertificate of ours");
	*ret = tbs;
	return true;
}
