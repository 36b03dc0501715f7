/* What an upstream said of its CA certificates and csrattrs: fetched before devices ask, asked for
 * again from time to time, and kept while the upstream is away. */
#pragma once

#include <pthread.h>

#include "pki/bundle.h"
#include "upstream/remote.h"

struct known {
	pthread_rwlock_t
		lock; /* of all that follows; readers hold it while they look at certificates */
	bool is_there;
	struct bundle cacerts;
	struct buffer csrattrs; /* DER; empty: nothing to ask for */
	/* by which the upstream knows them again; "" where it named none */
	char cacerts_etag[EXCHANGE_ETAG_MAX], csrattrs_etag[EXCHANGE_ETAG_MAX];
};

void known_init(struct known *known);
void known_done(struct known *known);
/* Asks, and where the upstream named what is here, whether it is as it was. *ret_changed tells
 * whether the answers are others than before. On failure all stays. */
MUST_CHECK bool known_refresh(struct known *known, struct remote *remote, const char *via,
			      bool *ret_changed, struct error *err);
