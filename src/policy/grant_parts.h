/* The parts of a grant, each with its own care; only this folder makes grants. */
#pragma once

#include "model/grant.h"

MUST_CHECK bool grant_new(enum certificate_purpose purpose, struct grant **ret, struct error *err);
MUST_CHECK bool grant_set_names(struct grant *grant, const struct name *subject,
				const struct san *san, struct error *err);
/* The key, and of `usage` what a key of its type can do. */
void grant_set_key(struct grant *grant, const struct public_key *key, unsigned int usage);
MUST_CHECK bool grant_set_ext_key_usages(struct grant *grant, const char *const *oids, size_t count,
					 struct error *err);

/* Both ends inclusive. */
struct validity {
	int64_t first, last;
};
/* Nothing outlives its issuer, nor is older (CRT-03); `issuer` NULL leaves it as it is. */
MUST_CHECK bool grant_set_validity(struct grant *grant, struct validity validity,
				   const struct cert *issuer, struct error *err);
/* The same for an end that must not be cut: REASON_END_UNREACHABLE where it is over at `now`, or
 * later than the issuer's. */
MUST_CHECK bool grant_set_fixed_end(struct grant *grant, struct validity validity,
				    const struct cert *issuer, int64_t now, struct error *err);
/* What the profile writes besides names, key and usages (grant_content.c). */
MUST_CHECK bool grant_set_content(struct grant *grant, const struct profile_content *content,
				  struct error *err);
/* `seconds` of validity from `first` on: the last second is the one before they are over
 * (RFC 5280 4.1.2.5 counts both ends). */
int64_t validity_last(int64_t first, int64_t seconds);
/* NULL reads as "". */
MUST_CHECK bool grant_set_record(struct grant *grant, const char *requested_by, const char *peer,
				 const char *request_id, struct error *err);
