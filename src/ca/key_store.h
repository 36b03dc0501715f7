/* What a place where keys live must be able to do: the seam between signer.c and signer_file.c,
 * signer_pkcs11.c. */
#pragma once

#include "ca/signer.h"

struct key_store {
	const struct key_store_ops *ops;
};

struct key_store_ops {
	/* "ca-", "token:": what the names of the keys that it makes begin with. */
	const char *name_prefix;
	/* Signs in microseconds and is believed; else its signatures are verified. */
	bool is_local;
	MUST_CHECK bool (*generate)(struct key_store *store, const char *key_name,
				    const struct key_order *order, struct public_key **ret,
				    struct error *err);
	MUST_CHECK bool (*add)(struct key_store *store, const char *key_name,
			       const struct private_key *key, struct error *err);
	void (*remove)(struct key_store *store, const char *key_name);
	MUST_CHECK bool (*load)(struct key_store *store, const char *key_name,
				const struct public_key *public_key, struct error *err);
	MUST_CHECK bool (*sign)(struct key_store *store, const char *key_name,
				const struct public_key *public_key,
				enum signature_algorithm algorithm, struct bytes message,
				struct buffer *ret, struct error *err);
	void (*close)(struct key_store *store);
};

MUST_CHECK bool file_store_open(const char *folder, struct bytes passphrase, struct key_store **ret,
				struct error *err);
