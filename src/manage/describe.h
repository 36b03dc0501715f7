/* The JSON forms of what verbs answer. Each returns a new reference, NULL when memory is out; times
 * are text, serials and fingerprints lower-case hexadecimal. */
#pragma once

#include <jansson.h>

#include "manage/verb.h"
#include "model/certificate.h"

/* Text that may come from strangers: what is not UTF-8, or would steer a terminal, becomes '?'.
 * NULL gives JSON null. */
json_t *describe_text(const char *text);
json_t *describe_time(int64_t seconds); /* 0 gives JSON null */
json_t *describe_hex(struct bytes bytes);
json_t *describe_base64(struct bytes bytes); /* one line without its newline */
json_t *describe_name(const struct name *name);
json_t *describe_san(const struct san *san);
json_t *describe_key(const struct public_key *key); /* "rsa-3072", "p256" */

/* {permitted, excluded}, lists of texts; JSON null where it has none. */
json_t *describe_name_constraints(const struct cert *cert);
json_t *describe_cert(const struct cert *cert);
json_t *describe_ca(const struct ca *ca, const struct catalog *catalog);
json_t *describe_anchor(const struct anchor *anchor, const struct catalog *catalog);
json_t *describe_profile_links(const struct manage *manage, const struct profile *profile);
json_t *describe_certificate(const struct certificate *certificate, const struct catalog *catalog,
			     int64_t now);
/* PEM of certificates, one after the other. */
json_t *describe_pem(const struct bytes *certs, size_t count);

bool ca_is_trusted(const struct ca *ca, const struct catalog *catalog);
