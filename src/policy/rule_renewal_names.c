#include "policy/rule.h"

#include "policy/names.h"

/* ENR-06, ENR-07: compared by RFC 5280 7.1, the SAN as a set. A device that repeats its first
 * request asks for what it asked for then, before the profile's rules: it means the same names if
 * the rules still make the same of it. */
static bool refuse_change(const char *what, const struct error *why, struct error *err)
{
	if (why->reason == REASON_NO_MEMORY) {
		*err = *why;
		return false;
	}
	return error_set(err, REASON_SUBJECT_MISMATCH,
			 "the %s is not that of the certificate to renew", what);
}

/* What the request would come to today, where the client's certificate is the old one. */
static struct naming naming_of_renewal(const struct decision *decision)
{
	struct naming naming = decision_naming(decision);

	naming.client = decision->facts->renewed_cert;
	naming.renews = true;
	return naming;
}

static bool check_same_subject(const struct decision *decision, struct error *err)
{
	const struct naming naming = naming_of_renewal(decision);
	const struct name *old = cert_subject(decision->facts->renewed_cert);
	CLEANUP(name_done) struct name built = { 0 };
	struct error why = { 0 };

	if (name_equal(naming.subject, old))
		return true;
	if (subject_build(&naming, &built, &why) && name_equal(&built, old))
		return true;
	return refuse_change("subject", &why, err);
}

static bool check_same_san(const struct decision *decision, struct error *err)
{
	const struct naming naming = naming_of_renewal(decision);
	const struct san *old = cert_san(decision->facts->renewed_cert);
	CLEANUP(san_done) struct san built = { 0 };
	struct error why = { 0 };

	if (san_equal(naming.san, old))
		return true;
	if (san_build(&naming, &built, &why) && san_equal(&built, old))
		return true;
	return refuse_change("subjectAltName", &why, err);
}

static bool keep_names(struct decision *decision, struct error *err)
{
	const struct cert *old = decision->facts->renewed_cert;

	decision_note(decision, "names kept");
	return name_copy(cert_subject(old), &decision->subject, err) &&
	       san_copy(cert_san(old), &decision->san, err);
}

/* RFC 6402 2.8: what the attribute leaves out is empty in the new certificate, not kept. */
static bool change_names(struct decision *decision, const struct name *subject,
			 const struct san *san, struct error *err)
{
	static const struct name no_name;
	static const struct san no_san;
	struct naming naming = naming_of_renewal(decision);

	if (!decision->profile->change_subject)
		return error_set(err, REASON_SUBJECT_MISMATCH,
				 "the profile does not honour ChangeSubjectName");
	decision_note(decision, "names changed by ChangeSubjectName");
	naming.subject = subject ? subject : &no_name;
	naming.san = san ? san : &no_san;
	return subject_build(&naming, &decision->subject, err) &&
	       san_build(&naming, &decision->san, err);
}

static bool find_names(struct decision *decision, struct error *err)
{
	const struct name *subject = NULL;
	const struct san *san = NULL;

	if (!check_same_subject(decision, err) || !check_same_san(decision, err))
		return false;
	if (csr_change_subject(decision->facts->csr, &subject, &san))
		return change_names(decision, subject, san, err);
	return keep_names(decision, err);
}

bool rule_renewal_names(struct decision *decision, struct error *err)
{
	return find_names(decision, err) &&
	       names_check_present(&decision->subject, &decision->san, err);
}
