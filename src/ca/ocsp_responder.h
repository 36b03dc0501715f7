/* Answers OCSP requests (RFC 6960) about what the node's CAs have issued, each CA by the key of a
 * responder of its own. Thread-safe.
 *
 * "good" is said of what was issued, and of an intent, which may be signed this very moment;
 * "revoked" of what is, and, as RFC 6960 2.2 has it for what was never issued, of an intent that a
 * crash left behind; "unknown" of serials that no record holds, and, beside a certificate of one of
 * our CAs, of any other issuer's. A request for other issuers' only is unauthorized. */
#pragma once

#include "base/clock.h"
#include "ca/signer.h"
#include "model/catalog.h"
#include "store/store.h"

struct ocsp_responder_options {
	struct store *store; /* borrowed, as the rest */
	struct signer *signer;
	const struct clock *clock;
	struct change_board *board; /* raised where a CA is not answered for any more */
	int64_t validity;           /* seconds from an answer's thisUpdate to its nextUpdate */
};

struct ocsp_responder;
MUST_CHECK bool ocsp_responder_new(const struct ocsp_responder_options *options,
				   struct ocsp_responder **ret, struct error *err);
void ocsp_responder_free(struct ocsp_responder *responder);
DEFINE_CLEANUP(struct ocsp_responder *, ocsp_responder_free)

/* Answers from here on for these CAs, by the responders that the store holds for them: to be called
 * when either has changed. A responder that may not speak for its CA is not used; `complain` hears
 * of it. */
MUST_CHECK bool ocsp_responder_load(struct ocsp_responder *responder, const struct catalog *catalog,
				    void (*complain)(void *context, const struct ca *ca,
						     const struct error *err),
				    void *context, struct error *err);
/* Until when the CA's responder in use may sign, and since when; false: there is none. */
bool ocsp_responder_life(struct ocsp_responder *responder, int64_t ca_id, int64_t *ret_since,
			 int64_t *ret_until);
struct ocsp_counts {
	uint64_t made; /* answers signed since the start */
	size_t kept;   /* ready to be given again */
};
void ocsp_responder_count(struct ocsp_responder *responder, struct ocsp_counts *ret);
/* Active and retired CAs answer, a disabled one does not. */
bool ca_tells_status(const struct ca *ca);

struct ocsp_answer {
	struct buffer der; /* an OCSPResponse, signed or not; empty when memory is out */
	bool is_keepable;  /* see struct ocsp_reply, as the rest */
	uint64_t seen;
	int64_t this_update, next_update;
};
void ocsp_answer_done(struct ocsp_answer *answer);
/* Always answers, be it by an error response. *ret is ocsp_answer_done()'s. */
void ocsp_responder_answer(struct ocsp_responder *responder, struct bytes request,
			   struct ocsp_answer *ret);
