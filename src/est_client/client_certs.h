/* A list of certificates as the other files of this folder see it. */
#pragma once

#include "bestow/certs.h"
#include "pki/bundle.h"

struct bestow_certs {
	struct bundle bundle;
};

/* Takes the bundle over and leaves it empty. */
MUST_CHECK bool client_certs_wrap(struct bundle *bundle, struct bestow_certs **ret,
				  struct error *err);
