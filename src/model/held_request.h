/* A request that waits for an operator's decision, or got one and was not fetched yet. */
#pragma once

#include "base/hash.h"
#include "model/operation.h"
#include "pki/key.h"

enum held_state {
	HELD_PENDING,
	HELD_APPROVED, /* the next poll fetches the certificate */
	HELD_REJECTED, /* polls read why, until it is forgotten */
	HELD_ISSUED,
};
const char *held_state_text(enum held_state state); /* "pending", "approved" … */
int held_state_by_text(const char *text);           /* -1 when unknown */

/* What a decision is about: all that the certificate would say but its serial and its dates. A
 * certificate may be valid for less time than was approved, never for more. */
struct held_content {
	unsigned char hash[HASH_LEN];
	int64_t validity_seconds;
};

#define HELD_ID_LEN 16

struct held_request {
	int64_t id, account_id, profile_id;
	enum held_state state;
	/* the id of the request that was held first: what an operator calls it by. Other content
	 * makes another request, with another id. */
	char request_id[HELD_ID_LEN + 1];
	unsigned char key_hash[KEY_HASH_LEN];  /* SHA-256 of the SPKI */
	unsigned char identity_hash[HASH_LEN]; /* who asks; as in struct certificate */
	struct held_content content;
	enum est_operation operation;
	int64_t renews_id;                 /* the certificate that it would renew, or 0 */
	int64_t profile_version;           /* whose rules it passed when it was held */
	int64_t created, last_seen, polls; /* seconds; how often the client asked */
	int64_t ends;                      /* forgotten from then on */
	int64_t decided;                   /* 0: not yet */
	int64_t certificate_id;            /* for HELD_ISSUED */
	char *decided_by, *remark;         /* "" when there is none */
	char *subject, *san;               /* texts as in struct certificate */
	char *requested_by, *peer;
	struct buffer tbs; /* what would be signed, with a serial and dates of no meaning; empty in
			      lists */
};

void held_request_done(struct held_request *request);
