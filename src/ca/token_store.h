/* What the token's key store can do beyond other stores: tell what is in it. */
#pragma once

#include "ca/key_store.h"
#include "ca/token_object.h"

MUST_CHECK bool token_store_open(const struct token_options *options,
				 const struct token_watch *watch, struct key_store **ret,
				 struct error *err);
MUST_CHECK bool token_store_list(struct key_store *store, struct token_key *ret, size_t max,
				 size_t *ret_count, struct error *err);
/* DER, one after the other: the key's own certificates first, then all. */
MUST_CHECK bool token_store_certs(struct key_store *store, const char *key_name, struct buffer *to,
				  struct error *err);
void token_store_standing(struct key_store *store, struct token_standing *ret);
