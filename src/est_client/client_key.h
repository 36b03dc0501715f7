/* The device's private key as the other files of this folder see it. */
#pragma once

#include "bestow/key.h"
#include "pki/key.h"

struct bestow_key {
	struct private_key *private;
	struct public_key *public;
	void *evp;     /* the same key, for TLS; owned by `private` */
	bool is_token; /* its bytes stay elsewhere */
};

MUST_CHECK bool client_key_generate(const char *type, struct bestow_key **ret, struct error *err);
MUST_CHECK bool client_key_open(const char *reference, const char *passphrase,
				struct bestow_key **ret, struct error *err);
/* Takes `private` over. */
MUST_CHECK bool client_key_wrap(struct private_key *private, bool is_token, struct bestow_key **ret,
				struct error *err);
static inline void client_key_freep(struct bestow_key **key)
{
	bestow_key_free(*key);
}
