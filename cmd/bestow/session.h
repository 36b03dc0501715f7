/* A client of libbestow, made from an identity's options. */
#pragma once

#include "bestow/memory.h"
#include "bestow/pair.h"

struct session {
	struct bestow_client *client;
	struct bestow_key *key; /* of the TLS certificate, when it was opened here */
	struct bestow_certs *certs;
};

/* URL, trust and limits. The stored CA certificates are trusted besides what the options name. */
MUST_CHECK bool session_open(const struct options *options, const struct memory *memory,
			     struct session *ret, struct bestow_error *err);
/* Says who we are, by what the options name for a first enrollment. */
MUST_CHECK bool session_bootstrap(const struct options *options, struct session *session,
				  struct bestow_error *err);
/* Says who we are, by a pair that is the session's from here on; a token's key is opened. */
MUST_CHECK bool session_use_pair(const struct options *options, struct session *session,
				 struct pair *pair, struct bestow_error *err);
void session_close(struct session *session);

/* The key that requests are made for, where it is not made anew each time; false when it is. */
bool session_keeps_key(const struct options *options);
/* serverkeygen: it comes with the certificate. */
bool session_lets_server_make_key(const struct options *options);
MUST_CHECK bool session_open_key(const struct options *options, const char *reference,
				 struct bestow_key **ret, struct bestow_error *err);
/* The names that are asked for. */
MUST_CHECK bool session_fill_request(const struct options *options, const struct session *session,
				     struct bestow_request *request, struct bestow_error *err);
MUST_CHECK bool session_fail(const struct error *err, struct bestow_error *ret);
