/* A CRL in force. */
#pragma once

#include "base/bytes.h"

/* The numbers stand in the store. */
enum crl_kind { CRL_FULL, CRL_DELTA };

struct crl {
	int64_t ca_id;
	enum crl_kind kind;
	int64_t number;
	int64_t base_number;              /* of a delta: the full one that it continues; else 0 */
	int64_t changes;                  /* of the CA's list when it was made */
	int64_t this_update, next_update; /* seconds */
	int64_t entries;
	struct buffer der;
};
void crl_done(struct crl *crl);
const char *crl_kind_text(enum crl_kind kind); /* "full", "delta" */
