/* Passwords of administrators, judged so that guessing is slow and tells nothing: each source
 * address has few tries, one slow function runs at a time, and a name that nobody has costs the
 * same time as a wrong password. */
#pragma once

#include "base/address.h"
#include "model/access.h"

struct sign_in;
MUST_CHECK bool sign_in_new(struct sign_in **ret, struct error *err);
void sign_in_free(struct sign_in *sign_in);
DEFINE_CLEANUP(struct sign_in *, sign_in_free)

/* `administrator` is NULL where nobody has that name. True for the right password of somebody who
 * is not locked and has one. REASON_BAD_SIGN_IN, REASON_TOO_MANY_FAILURES. Thread-safe. */
MUST_CHECK bool sign_in_check(struct sign_in *sign_in, const struct administrator *administrator,
			      const struct address *peer, struct bytes password, struct error *err);
/* A try that failed for another cause, such as a wrong one-time password. */
void sign_in_note_failure(struct sign_in *sign_in, const struct address *peer);
/* Checks and turns a chosen password into its verifier. */
MUST_CHECK bool sign_in_set_password(struct administrator *administrator, struct bytes password,
				     struct error *err);
#define PASSWORD_MIN 12
