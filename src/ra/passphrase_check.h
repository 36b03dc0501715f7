/* Judges an offered passphrase against a profile's verifiers. */
#pragma once

#include "model/catalog.h"
#include "ra/limiter.h"

struct passphrase_checker;
MUST_CHECK bool passphrase_checker_new(struct bytes pepper, struct passphrase_checker **ret,
				       struct error *err);
void passphrase_checker_free(struct passphrase_checker *checker);
DEFINE_CLEANUP(struct passphrase_checker *, passphrase_checker_free)

/* True if any candidate is a passphrase of the profile that holds at `now`. REASON_BAD_PASSPHRASE,
 * also when the profile has none; REASON_TOO_MANY_FAILURES; REASON_BUSY while a slow verifier is at
 * work for someone else. Thread-safe. Time does not depend on where a candidate differs. */
MUST_CHECK bool passphrase_check(struct passphrase_checker *checker, const struct catalog *catalog,
				 int64_t profile_id, const struct address *peer,
				 const struct bytes *candidates, size_t candidate_count,
				 int64_t now, struct error *err);
