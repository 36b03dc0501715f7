#include "policy/rule.h"

#include "policy/names.h"

/* An RA's own name is never a device's. */
static const struct name *device_name(const struct decision *decision)
{
	if (decision->identity != IDENTITY_OWN && decision->identity != IDENTITY_THIRD_PARTY)
		return NULL;
	return cert_subject(decision->facts->certificate.cert);
}

/* ChangeSubjectName (RFC 6402 2.8) asks for names other than the request's own. To pass over it
 * would issue a name that nobody asked for. */
static bool check_no_change_of_name(const struct csr *csr, struct error *err)
{
	const struct name *subject = NULL;
	const struct san *san = NULL;

	if (csr_change_subject(csr, &subject, &san))
		return error_set(err, REASON_SUBJECT_RULE,
				 "ChangeSubjectName has its place in renewals only");
	return true;
}

bool rule_subject(struct decision *decision, struct error *err)
{
	const struct csr *csr = decision->facts->csr;

	return check_no_change_of_name(csr, err) &&
	       subject_build(decision->profile, csr_subject(csr), device_name(decision),
			     &decision->subject, err);
}
