#include "policy/rule.h"

#include "policy/names.h"

/* An RA's own name is never a device's. */
struct naming decision_naming(const struct decision *decision)
{
	bool own = decision->identity == IDENTITY_OWN || decision->identity == IDENTITY_THIRD_PARTY;

	return (struct naming){
		.profile = decision->profile,
		.subject = csr_subject(decision->facts->csr),
		.san = csr_san(decision->facts->csr),
		.client = own ? decision->facts->certificate.cert : NULL,
		.by_ra = decision->identity == IDENTITY_RA,
	};
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
	const struct naming naming = decision_naming(decision);

	return check_no_change_of_name(decision->facts->csr, err) &&
	       subject_build(&naming, &decision->subject, err);
}

void policy_subject_text(const struct profile *profile, const struct facts *facts,
			 struct buffer *ret)
{
	const struct decision decision = {
		.profile = profile,
		.facts = facts,
		.identity = facts->certificate.kind,
	};
	const struct naming naming = decision_naming(&decision);
	CLEANUP(name_done) struct name built = { 0 };

	if (facts->renewed && decision_asks_renewal(&decision))
		buffer_append(ret, bytes_of_string(facts->renewed->subject));
	else if (subject_build(&naming, &built, NULL))
		name_to_text(&built, ret);
	else /* will be refused */
		name_to_text(naming.subject, ret);
}
