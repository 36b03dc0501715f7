#include "policy/rule.h"

static bool check_not_others(const struct key_finding *key, struct error *err)
{
	if (key->revoked)
		return error_set(err, REASON_KEY_REUSED,
				 "the key is that of a revoked certificate");
	if (key->used_by_other)
		return error_set(err, REASON_KEY_REUSED, "the key is in use under another name");
	return true;
}

/* rule_renewal_key has passed, so the profile lets this renewal keep its key. */
static bool check_never_used(const struct decision *decision, const struct key_finding *key,
			     struct error *err)
{
	if (!check_not_others(key, err))
		return false;
	if (key->used && !renewal_keeps_key(decision))
		return error_set(err, REASON_KEY_REUSED, "the key was certified before");
	return true;
}

bool rule_key_reuse(struct decision *decision, struct error *err)
{
	const struct key_finding *key = &decision->facts->key;

	switch (decision->profile->key_reuse) {
	case KEY_REUSE_ANY:
		return true;
	case KEY_REUSE_SAME_DEVICE:
		return check_not_others(key, err);
	case KEY_REUSE_NEVER:
		return check_never_used(decision, key, err);
	}
	return error_set(err, REASON_INTERNAL, "the unknown key reuse rule %d",
			 (int)decision->profile->key_reuse);
}
