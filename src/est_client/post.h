/* A certification request on its way, bound to the TLS session that carries it. */
#pragma once

#include "est_client/client_internal.h"
#include "est_client/client_request.h"

struct post {
	struct bestow_client *client;
	const struct bestow_request *request;
	const struct bestow_key *key;
	const char *operation;
};

/* Sends it; while the server answers 202, repeats it within the client's patience (ENR-04). */
MUST_CHECK bool post_run(const struct post *post, struct exchange_answer *ret, struct error *err);
