/* One request on its way through the RA: what was asked, what was found, what was decided. */
#pragma once

#include "ca/ca.h"
#include "model/event.h"
#include "model/held_request.h"
#include "policy/policy.h"
#include <pthread.h>

#include "ra/flight.h"
#include "ra/device_code.h"
#include "ra/passphrase_check.h"
#include "ra/ra.h"

/* Locks: `catalog_lock` guards the pointer only; the catalog itself never changes. */
struct ra {
	struct est_service service; /* first: ra_service() hands it out */
	struct ra_options options;
	pthread_mutex_t catalog_lock;
	struct catalog *catalog;
	struct passphrase_checker *passphrases;
	struct code_checker *codes;
	struct limiter *cmc_refusals; /* see cmc.c */
	struct limiter *renewals;     /* see renewal_rate.c */
	struct flight *flight;
};

struct enrollment {
	struct ra *ra;
	const struct est_request *request;
	struct catalog *catalog; /* a reference */
	const struct profile *profile;
	struct csr *csr;
	struct private_key *made_key; /* serverkeygen: goes to the client and nowhere else */
	struct cert *chain[CLIENT_CHAIN_MAX];
	size_t chain_count;
	struct certificate client_record;  /* the client's certificate, if we issued it */
	const struct ca *stray_signer;     /* signed it, and the store does not know it */
	struct certificate renewed_record; /* what an RA renews for a device */
	struct cert *renewed_cert;
	struct device device_by_certificate, device_by_code;
	struct facts facts; /* views into the above */
	struct verdict verdict;
	struct held_request held; /* what an operator has approved: see approval.h */
	bool is_known_to_wait;    /* the operator has been told of it before */
	struct {
		uint64_t began, opened, authenticated, gathered;
	} moments; /* monotonic_us(), for a refusal's steps; 0: not reached */
	char peer[ADDRESS_TEXT_MAX];
};

/* Reads the request's CSR; enrollment_open_bare() leaves it unread. */
MUST_CHECK bool enrollment_open_bare(struct ra *ra, const struct est_request *request,
				     struct enrollment *ret, struct error *err);
MUST_CHECK bool enrollment_open(struct ra *ra, const struct est_request *request,
				struct enrollment *ret, struct error *err);
void enrollment_done(struct enrollment *enrollment);

/* Who is asking: fills facts.certificate, facts.passphrase, facts.code and facts.device. A refusal
 * is a finding, not a failure; false only when the question could not be judged. */
MUST_CHECK bool authenticate(struct enrollment *enrollment, struct error *err);
/* What the CSR's attributes bring: otpChallenge says itself that it is a secret (RFC 7894 3.1),
 * challengePassword only where the profile says so, as `meaning`. Returns how many, at most one. */
size_t candidates_in_csr(const struct enrollment *enrollment, enum challenge_meaning meaning,
			 struct bytes *candidates);
/* The same for a rehearsal, with what it cannot have: a passphrase, sent or in the CSR, is presumed
 * right where the profile has one. Guesses are not counted, because there are none. */
MUST_CHECK bool authenticate_presumed(struct enrollment *enrollment, bool sends_passphrase,
				      struct error *err);
/* The same by the certificate alone, where there is no CSR. */
MUST_CHECK bool authenticate_certificate(struct enrollment *enrollment, struct error *err);
/* Account, CA and address, of which the next one is the rest. */
void facts_gather_place(struct enrollment *enrollment);
/* Everything else that policy wants to know. After authenticate(). */
MUST_CHECK bool facts_gather(struct enrollment *enrollment, struct error *err);
/* Who of the profile's list shows this certificate, and whose the code is that was given. */
MUST_CHECK bool find_device_of_certificate(struct enrollment *enrollment, struct error *err);
/* The same of what an RA renews for a device, after it is found. */
MUST_CHECK bool find_device_of_renewed(struct enrollment *enrollment, struct error *err);
MUST_CHECK bool find_code(struct enrollment *enrollment, struct error *err);
/* For a rehearsal: the code of the device that the request names is presumed to be sent, or where
 * the profile admits any device, one that is nobody's in particular. */
MUST_CHECK bool presume_code(struct enrollment *enrollment, bool sent, struct error *err);
/* Fills facts.key from the store. */
MUST_CHECK bool facts_find_key_use(struct enrollment *enrollment, struct error *err);

/* serverkeygen: once policy lets the client have one, makes the key and puts its public half into
 * the CSR; does nothing for other operations. */
MUST_CHECK bool keygen_make(struct enrollment *enrollment, struct est_reply *reply,
			    struct error *err);
/* Puts the private key into the reply, encrypted if the client named a key for that. */
MUST_CHECK bool keygen_deliver(struct enrollment *enrollment, struct est_reply *reply,
			       struct error *err);
/* What a certificate takes up, in the transaction that enters it: a use of the code, a place among
 * its subject's. Neither the certificate that spoke for it nor the device has ended meanwhile.
 * Whoever comes second here is refused, whatever its facts had said. */
MUST_CHECK bool admission_take(struct enrollment *enrollment, struct store_tx *tx,
			       const struct certificate *certificate, struct error *err);
/* The device has got what was just entered. */
MUST_CHECK bool admission_note(struct enrollment *enrollment, struct store_tx *tx,
			       const struct certificate *certificate, struct error *err);

/* Counts a renewal that is about to be issued; REASON_RENEWAL_RATE, with a delay, for the one too
 * many in this minute. */
MUST_CHECK bool renewal_rate_take(struct enrollment *enrollment, struct error *err);
/* In the transaction of a refusal's event: a certificate of our CA's that the store does not know
 * is remembered, for operators to look at and to take in; does nothing for others. */
MUST_CHECK bool stray_note(const struct enrollment *enrollment, struct store_tx *tx,
			   struct error *err);

/* What happens to the certificate that was renewed, in the transaction of the new one. */
MUST_CHECK bool old_certificate_on_renewal(struct enrollment *enrollment, struct store_tx *tx,
					   struct error *err);
/* RENEW_OLD_REVOKED_ON_USE: the new certificate was just used, so the one it renewed is revoked. */
MUST_CHECK bool old_certificate_on_use(struct enrollment *enrollment, struct error *err);

/* Who asks, as a value: the authenticating certificate's fingerprint, or how else. */
MUST_CHECK bool enrollment_identity(const struct enrollment *enrollment,
				    unsigned char ret[HASH_LEN], struct error *err);
/* Finds what this very request already got; *ret_found tells. Its commit may be another thread's
 * and still under way: this answer waits for the same. */
MUST_CHECK bool enrollment_find_repeated(struct enrollment *enrollment,
					 const unsigned char identity[HASH_LEN],
					 struct certificate *ret, bool *ret_found,
					 struct error *err);

/* "CN=dev-1" of the authenticating certificate, "passphrase", or "nobody". */
void enrollment_requester(const struct enrollment *enrollment, char *into, size_t size);
/* The event of a refusal (err given) or of an issued certificate. */
void enrollment_event(const struct enrollment *enrollment, const struct error *refusal,
		      const struct certificate *issued, struct event *ret);
/* For a refusal's event: the steps as far as they were taken, kept in `into`; NULL when nothing was
 * decided yet. */
const char *enrollment_trace(const struct enrollment *enrollment, uint64_t ended,
			     struct buffer *into);
