#include "policy/rule.h"

bool renewal_keeps_key(const struct decision *decision)
{
	return decision->renews && !decision->facts->key_to_make &&
	       bytes_equal(public_key_spki(csr_key(decision->facts->csr)),
			   cert_spki(decision->facts->renewed_cert));
}

/* RFC 7030 4.2.2: the same key renews, another one rekeys. */
bool rule_renewal_key(struct decision *decision, struct error *err)
{
	bool keeps = renewal_keeps_key(decision);

	decision_note(decision, keeps ? "same key" : "new key");
	switch (decision->profile->renew_key) {
	case RENEW_KEY_ALLOWED:
		return true;
	case RENEW_KEY_SAME_REQUIRED:
		return keeps ||
		       error_set(err, REASON_KEY_MUST_STAY, "the request brings a new key");
	case RENEW_KEY_NEW_REQUIRED:
		return !keeps || error_set(err, REASON_KEY_MUST_CHANGE,
					   "the request brings the key of the old certificate");
	}
	return error_set(err, REASON_INTERNAL, "the unknown key rule %d",
			 (int)decision->profile->renew_key);
}
