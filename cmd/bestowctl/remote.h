/* A node elsewhere, by its REST API: POST /api/v1/verbs/VERB takes what the local socket takes, as
 * far as the token reaches. */
#pragma once

#include "bestowctl/client.h"

/* --server, --token-file and --ca-file go together, and not with --socket and --config. *ret stays
 * NULL without --server. 0, or an exit code after saying why. */
int remote_open(const struct global_options *global, struct remote **ret);
void remote_free(struct remote *remote);
DEFINE_CLEANUP(struct remote *, remote_free)

/* As client_ask(); `account` may be NULL. */
MUST_CHECK bool remote_ask(struct remote *remote, const char *account, const char *verb,
			   const json_t *params, struct answer *ret, struct error *err);
