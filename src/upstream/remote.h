/* An EST service of another server, asked over connections that are kept: each is one client of
 * libbestow, in the hands of one thread at a time. */
#pragma once

#include "est_client/client_internal.h"

struct remote_options {
	const char *url; /* with its label; copied */
	const struct bestow_certs *anchors;
	const struct bestow_certs *chain; /* of the RA; NULL: none */
	const struct bestow_key *key;     /* the chain's; borrowed for the remote's life */
	const char *user, *passphrase;    /* NULL: none */
	unsigned int timeout_s;
	unsigned int clients_max; /* threads that ask */
};

struct remote;
MUST_CHECK bool remote_new(const struct remote_options *options, struct remote **ret,
			   struct error *err);
void remote_free(struct remote *remote);
DEFINE_CLEANUP(struct remote *, remote_free)

/* One exchange; what went wrong is told as REASON_UPSTREAM_*, REASON_SERVER_PENDING or
 * REASON_NO_MEMORY, with the server's words in the detail. Thread-safe. */
MUST_CHECK bool remote_ask(struct remote *remote, const struct exchange_call *call,
			   struct exchange_answer *ret, struct error *err);
