/* Somebody fetched /cacerts of a profile whose CA is being replaced: what an edge tells the
 * authority. */
#pragma once

#include "base/address.h"
#include "pki/key.h"

struct fetch {
	int64_t profile_id;
	struct address peer;
	bool has_key; /* a client certificate's, whose possession the handshake has proven */
	unsigned char key_hash[KEY_HASH_LEN];
};

void fetch_pack(const struct fetch *fetch, struct buffer *to);
/* REASON_PROTOCOL. */
MUST_CHECK bool fetch_unpack(struct bytes message, struct fetch *ret, struct error *err);
