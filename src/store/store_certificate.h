/* Certificates that we issued. */
#pragma once

#include "store/store.h"

/* Enters an intent (state CERTIFICATE_INTENT, der = the TBSCertificate) before anything is signed;
 * the serial is unique per CA or REASON_CONFLICT. Sets *ret_id. */
MUST_CHECK bool store_certificate_insert_intent(struct store_tx *tx,
						const struct certificate *certificate,
						int64_t *ret_id, struct error *err);
/* The intent becomes CERTIFICATE_ISSUED with the signed DER; its renews_id, if any, gets this
 * certificate as renewed_by_id. */
MUST_CHECK bool store_certificate_complete(struct store_tx *tx, int64_t id, struct bytes der,
					   struct error *err);
/* Enters a certificate that needed no intent, as issued: both of the above at once. */
MUST_CHECK bool store_certificate_insert(struct store_tx *tx, const struct certificate *certificate,
					 int64_t *ret_id, struct error *err);
/* Enters one that was issued and is not known here (a backup was restored), as issued; an intent
 * for this very TBSCertificate, also an abandoned one, is completed instead. *ret_id is 0 where the
 * store knows it by now. REASON_CONFLICT when the CA's serial is another certificate's. */
MUST_CHECK bool store_certificate_adopt(struct store_tx *tx, const struct certificate *certificate,
					struct bytes tbs, int64_t *ret_id, struct error *err);
/* At start: intents that a crash left behind become CERTIFICATE_ABANDONED; how many. */
MUST_CHECK bool store_certificate_abandon_intents(struct store_tx *tx, size_t *ret_count,
						  struct error *err);

/* REASON_NOT_FOUND when absent. `serial` as contents octets. *ret is certificate_done()'s. */
MUST_CHECK bool store_certificate_find_by_serial(struct store *store, int64_t ca_id,
						 struct bytes serial, struct certificate *ret,
						 struct error *err);
MUST_CHECK bool store_certificate_find_by_serial_tx(struct store_tx *tx, int64_t ca_id,
						    struct bytes serial, struct certificate *ret,
						    struct error *err);
MUST_CHECK bool store_certificate_find(struct store *store, int64_t id, struct certificate *ret,
				       struct error *err);
/* As it is for whoever writes next. */
MUST_CHECK bool store_certificate_find_tx(struct store_tx *tx, int64_t id, struct certificate *ret,
					  struct error *err);
/* The newest certificate issued to this profile, key and identity since `since`: what a client that
 * lost our answer gets again. Sees uncommitted work of this group. */
MUST_CHECK bool store_certificate_find_recent(struct store_tx *tx, int64_t profile_id,
					      const unsigned char *key_hash,
					      const unsigned char *identity_hash, int64_t since,
					      struct certificate *ret, struct error *err);
/* The newest certificate of this profile with this subject text, also when it is revoked: what an
 * RA renews for a device. */
MUST_CHECK bool store_certificate_find_by_subject(struct store *store, int64_t profile_id,
						  const char *subject, struct certificate *ret,
						  struct error *err);
MUST_CHECK bool store_certificate_find_by_subject_tx(struct store_tx *tx, int64_t profile_id,
						     const char *subject, struct certificate *ret,
						     struct error *err);

struct store_holder {
	int64_t profile_id;
	const char *subject, *san; /* as certificate records have them */
};
/* How many certificates the profile has live for this holder: issued, not ended, not revoked at
 * `now`, and not renewed by another. `except_id` is not counted. Sees uncommitted work of this
 * group, so that what is counted in the transaction that enters one is exact. */
MUST_CHECK bool store_certificate_count_of_holder(struct store_tx *tx,
						  const struct store_holder *holder,
						  int64_t except_id, int64_t now, unsigned int *ret,
						  struct error *err);

/* When the newest certificate of the node that is issued and not revoked was made; 0 if there is
 * none. Sees uncommitted work of this group. */
MUST_CHECK bool store_certificate_newest(struct store_tx *tx, int64_t *ret_created,
					 struct error *err);

/* All that an account knows of a key, in one read. `live` means issued, not revoked, not after
 * `now`. */
struct store_key_use {
	bool used;          /* by any certificate, ever */
	bool used_by_other; /* by a live one with another subject */
	bool revoked;       /* by one revoked for another reason than REVOKED_SUPERSEDED */
};
MUST_CHECK bool store_key_use_find(struct store *store, int64_t account_id,
				   const unsigned char *key_hash, const char *subject, int64_t now,
				   struct store_key_use *ret, struct error *err);

/* Revocation takes effect at `at` (now, or later for RENEW_OLD_REVOKED_LATER). Already revoked at
 * or before: true, unchanged; but a hold becomes a revocation for good. CERTIFICATE_INTENT or
 * unknown: REASON_NOT_FOUND. */
MUST_CHECK bool store_certificate_revoke(struct store_tx *tx, int64_t id,
					 enum revocation_reason reason, int64_t at,
					 int64_t invalidity_date, struct error *err);
/* The same as REVOKED_SUPERSEDED, but of one that is on hold `now`, at once. */
MUST_CHECK bool store_certificate_supersede(struct store_tx *tx, int64_t id, int64_t at,
					    int64_t now, struct error *err);
/* Ends a hold at `at`; REASON_NOT_FOUND where there is none. */
MUST_CHECK bool store_certificate_release(struct store_tx *tx, int64_t id, int64_t at,
					  struct error *err);

struct store_certificate_filter {
	int64_t account_id;            /* always given: nothing crosses accounts */
	int64_t ca_id, profile_id;     /* 0: any */
	int state;                     /* -1: any; else enum certificate_state */
	bool only_expired, only_valid; /* as of `now` */
	int64_t now;
	int64_t expires_before;                /* 0: any */
	const char *subject_holds, *san_holds; /* NULL: any; text taken literally */
	const char *subject_begins;            /* as subject_holds, but found by an index */
	const char *text; /* words that begin words of the names; found by an index; NULL: any */
	const char *serial_prefix; /* hexadecimal; NULL: any */
	int64_t before_id;         /* cursor: ids below this, newest first; 0: from the newest */
	unsigned int limit;        /* 1 to 1000 */
};
/* Calls back for each; a callback that returns false stops. The record is the store's for the call.
 */
MUST_CHECK bool
store_certificate_list(struct store *store, const struct store_certificate_filter *filter,
		       bool (*each)(void *context, const struct certificate *certificate),
		       void *context, struct error *err);
/* Counts by state for status pages. */
MUST_CHECK bool store_certificate_count(struct store *store, int64_t account_id, int64_t now,
					int64_t *ret_valid, int64_t *ret_expired,
					int64_t *ret_revoked, struct error *err);
