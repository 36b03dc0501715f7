/* The objects of a token: keys that CAs sign with, and certificates. An object's CKA_ID is what
 * ties a private key, its public half and its certificate together. */
#pragma once

#include "ca/token.h"

#define OBJECT_ID_MAX 32
#define TOKEN_OBJECTS_MAX TOKEN_KEYS_MAX

struct object_id {
	unsigned char octets[OBJECT_ID_MAX];
	size_t len;
};

#define TOKEN_KEY_PREFIX "token:"
/* A key's name from its id, and back: REASON_INVALID. */
void object_id_to_name(const struct object_id *id, char ret[KEY_NAME_MAX + 1]);
MUST_CHECK bool object_id_of_name(const char *key_name, struct object_id *ret, struct error *err);

/* *ret 0 when there is none. */
MUST_CHECK bool token_find_private(struct token_session *session, const struct object_id *id,
				   ck_object_handle_t *ret, struct error *err);
/* At most `max` keys. */
MUST_CHECK bool token_list_keys(struct token_session *session, struct token_key *ret, size_t max,
				size_t *ret_count, struct error *err);
/* Appends the DER of certificates, one after the other: of that id, or all. */
MUST_CHECK bool token_read_certs(struct token_session *session, const struct object_id *id,
				 struct buffer *to, struct error *err);
/* Makes a pair that signs and does nothing else; its private key never leaves. */
MUST_CHECK bool token_generate(struct token_session *session, const struct object_id *id,
			       const struct key_order *order, struct public_key **ret,
			       struct error *err);
void token_destroy(struct token_session *session, const struct object_id *id);
