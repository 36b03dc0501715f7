/* What keeps the authority from issuing. */
#pragma once

#include "ca/signer.h"
#include "model/catalog.h"
#include "store/store.h"

struct health_view {
	struct store *store;
	struct signer *signer;
	const struct catalog *catalog;
	int64_t now;
};

/* The CA can sign a certificate now; else why not. */
MUST_CHECK bool health_ca(const struct health_view *view, const struct ca *ca, struct error *err);
/* Appends a line "NAME: WORDS" for each part that cannot do its work. A CA that cannot is no such
 * line while others issue for some profile: they go on. */
void health_check(const struct health_view *view, struct buffer *to);
