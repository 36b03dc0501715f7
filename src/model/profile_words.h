/* The words of a profile's enums, as they stand in JSON and on the command line. */
#pragma once

#include "model/profile.h"

struct words {
	const char *const *texts;
	unsigned int count;
};

extern const struct words profile_state_words, profile_template_words, auth_method_words,
	challenge_words, binding_words, identity_rule_words, device_rule_words,
	subject_source_words, san_source_words, unlisted_words, key_reuse_words, renew_valid_words,
	renew_expired_words, renew_key_words, renew_old_words, own_certificate_words,
	published_words, csrattrs_words, approval_words;

/* NULL when `value` has no word. */
const char *words_text(const struct words *words, unsigned int value);
/* False when `text` is none of them. */
bool words_find(const struct words *words, const char *text, unsigned int *ret);
