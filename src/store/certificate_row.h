/* How a certificate record lies in its row. */
#pragma once

#include "model/certificate.h"
#include "store/store_private.h"

#define CERTIFICATE_COLUMNS                                                                        \
	"id, account_id, ca_id, profile_id, profile_version, state, purpose, operation, serial, "  \
	"not_before, not_after, created, key_hash, identity_hash, renews_id, renewed_by_id, "      \
	"revoked_at, revocation_reason, invalidity_date, subject, san, peer, requested_by, "       \
	"request_id, der"

/* From a SELECT of CERTIFICATE_COLUMNS; *ret is certificate_done()'s. */
MUST_CHECK bool certificate_of_row(const struct db_statement *row, struct certificate *ret,
				   struct error *err);

/* What the index holds of a holder: its subject, or where that is empty its subjectAltName, without
 * regard to case and needless spaces; of each profile its own, since holders are looked up there.
 */
MUST_CHECK bool subject_index(int64_t profile_id, const char *subject, const char *san,
			      int64_t *ret, struct error *err);
/* The same name, by these rules. */
bool holder_is_same(const char *subject, const char *san, const char *other_subject,
		    const char *other_san);
