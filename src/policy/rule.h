/* The rules of policy, one per file. A rule answers yes, or no with a reason; it may note words for
 * the trace and leave its finding in the decision. */
#pragma once

#include "policy/decision.h"
#include "policy/names.h"

MUST_CHECK bool rule_operation(struct decision *decision, struct error *err);
MUST_CHECK bool rule_profile_state(struct decision *decision, struct error *err);
MUST_CHECK bool rule_address(struct decision *decision, struct error *err);
/* Finds decision->identity. */
MUST_CHECK bool rule_authentication(struct decision *decision, struct error *err);
MUST_CHECK bool rule_certificate_time(struct decision *decision, struct error *err);
MUST_CHECK bool rule_revocation(struct decision *decision, struct error *err);
MUST_CHECK bool rule_ra_scope(struct decision *decision, struct error *err);
MUST_CHECK bool rule_ra_certificates(struct decision *decision, struct error *err);
MUST_CHECK bool rule_device(struct decision *decision, struct error *err);
MUST_CHECK bool rule_possession(struct decision *decision, struct error *err);
/* Finds decision->renews. */
MUST_CHECK bool rule_enrollment_kind(struct decision *decision, struct error *err);
MUST_CHECK bool rule_key(struct decision *decision, struct error *err);
MUST_CHECK bool rule_extensions(struct decision *decision, struct error *err);
/* Make decision->subject and decision->san for an enrollment… */
MUST_CHECK bool rule_subject(struct decision *decision, struct error *err);
MUST_CHECK bool rule_san(struct decision *decision, struct error *err);
MUST_CHECK bool rule_identity(struct decision *decision, struct error *err);
MUST_CHECK bool rule_renewal_window(struct decision *decision, struct error *err);
/* …and for a renewal. */
MUST_CHECK bool rule_renewal_names(struct decision *decision, struct error *err);
MUST_CHECK bool rule_renewal_key(struct decision *decision, struct error *err);
MUST_CHECK bool rule_key_reuse(struct decision *decision, struct error *err);
MUST_CHECK bool rule_limit(struct decision *decision, struct error *err);
MUST_CHECK bool rule_issuer(struct decision *decision, struct error *err);
/* Finds decision->waits. */
MUST_CHECK bool rule_approval(struct decision *decision, struct error *err);

/* -- what several rules ask -- */

/* Where the names of an enrollment come from. */
struct naming decision_naming(const struct decision *decision);

/* The scope names the profile one by one, not as one of all. */
bool ra_scope_lists(const struct ra_scope *scope, const struct profile *profile);
/* The CSR asks for the key that the renewed certificate has. */
bool renewal_keeps_key(const struct decision *decision);
/* The CA can sign at `now`: REASON_CA_UNAVAILABLE or another REASON_CA_*. */
MUST_CHECK bool issuer_check(const struct ca *ca, int64_t account_id, int64_t now,
			     struct error *err);
/* The same for who only tells the status of what the CA issued: also where it may issue no more. */
MUST_CHECK bool issuer_check_status(const struct ca *ca, int64_t account_id, int64_t now,
				    struct error *err);
/* What only a CA's certificate may say; no profile grants it. */
#define KU_CA (KU_KEY_CERT_SIGN | KU_CRL_SIGN)
/* What of `usage` a key of this type can do (RFC 3279 2.3, RFC 5480 3, RFC 8410 5). */
unsigned int key_usage_for(unsigned int usage, enum key_type type);
