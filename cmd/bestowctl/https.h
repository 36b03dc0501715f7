/* HTTPS to one server by libcurl: JSON posted with a Bearer token, the answer whole. The server is
 * always verified, nothing of the environment steers where the token goes, and the connection is
 * kept between two requests. */
#pragma once

#include "base/secret.h"

#define HTTPS_ANSWER_MAX (4 * 1024 * 1024)

struct https;

/* `origin` is "https://HOST[:PORT]"; `ca_pem` (empty: the system's CAs) are all that is believed.
 * REASON_INVALID. */
MUST_CHECK bool https_open(const char *origin, struct bytes ca_pem, struct https **ret,
			   struct error *err);
void https_free(struct https *https);

struct https_answer {
	int status;
	long retry_after; /* seconds; 0: none */
	struct buffer body;
};
void https_answer_done(struct https_answer *answer); /* wipes: it may show a secret, once */

/* REASON_SERVER_UNREACHABLE, REASON_SERVER_UNTRUSTED, REASON_FILE for CAs that are none,
 * REASON_PROTOCOL. */
MUST_CHECK bool https_post(struct https *https, const char *path, const struct secret *token,
			   struct bytes json, struct https_answer *ret, struct error *err);
