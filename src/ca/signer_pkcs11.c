/* CAs' keys as objects of a PKCS#11 token: "token:" and the object's CKA_ID in hexadecimal. */
#include "ca/token_store.h"

#include <pthread.h>
#include <string.h>

#include "ca/pkcs11_mechanism.h"

/* A key that was found, and in which opening of the token. The lock guards the list alone. */
struct found_key {
	struct object_id id;
	ck_object_handle_t handle;
	uint64_t generation;
	struct found_key *next;
};

struct token_store {
	struct key_store base;
	struct token *token;
	pthread_mutex_t lock;
	struct found_key *keys;
};

/* -- which object it is -- */

static struct found_key *find_known(struct token_store *store, const struct object_id *id)
{
	for (struct found_key *key = store->keys; key; key = key->next)
		if (key->id.len == id->len && memcmp(key->id.octets, id->octets, id->len) == 0)
			return key;
	return NULL;
}

static ck_object_handle_t recall(struct token_store *store, const struct token_session *session,
				 const struct object_id *id, bool *ret_was_known)
{
	pthread_mutex_lock(&store->lock);
	const struct found_key *key = find_known(store, id);
	ck_object_handle_t handle = key && key->generation == session->generation ? key->handle : 0;
	*ret_was_known = key != NULL;
	pthread_mutex_unlock(&store->lock);
	return handle;
}

static void note(struct token_store *store, const struct token_session *session,
		 const struct object_id *id, ck_object_handle_t handle)
{
	pthread_mutex_lock(&store->lock);
	struct found_key *key = find_known(store, id);
	if (!key) {
		key = calloc(1, sizeof *key);
		if (key) {
			key->id = *id;
			key->next = store->keys;
			store->keys = key;
		}
	}
	if (key) {
		key->handle = handle;
		key->generation = session->generation;
	}
	pthread_mutex_unlock(&store->lock);
}

/* A key that was there and is not any more: some modules forget a token's objects instead of
 * saying that it was away, and remember them only when they are started anew. */
static bool find_object(struct token_store *store, struct token_session *session,
			const struct object_id *id, ck_object_handle_t *ret, struct error *err)
{
	bool was_known = false;

	*ret = recall(store, session, id, &was_known);
	if (*ret)
		return true;
	if (!token_find_private(session, id, ret, err))
		return false;
	if (*ret) {
		note(store, session, id, *ret);
		return true;
	}
	if (was_known)
		return token_lost(session, "the key is not in it any more", err);
	return error_set_retry(err, REASON_CA_UNAVAILABLE, TOKEN_RETRY_AFTER,
			       "the token has no such key");
}

/* -- signing -- */

static bool sign_in(struct token_session *session, ck_object_handle_t object,
		    struct pkcs11_mechanism *mechanism, struct buffer *ret, struct error *err)
{
	unsigned char signature[SIGNATURE_MAX];
	unsigned long len = sizeof signature;
	ck_rv_t code = session->calls->C_SignInit(session->handle, &mechanism->mechanism, object);

	if (code != CKR_OK)
		return token_refuse(session, "C_SignInit", code, err);
	code = session->calls->C_Sign(session->handle, mechanism->input.data, mechanism->input.len,
				      signature, &len);
	if (code != CKR_OK || len > sizeof signature)
		return token_refuse(session, "C_Sign", code, err);
	return pkcs11_signature(mechanism, (struct bytes){ signature, len }, ret, err);
}

static bool sign(struct key_store *base, const char *key_name, const struct public_key *public_key,
		 enum signature_algorithm algorithm, struct bytes message, struct buffer *ret,
		 struct error *err)
{
	struct token_store *store = (struct token_store *)base;
	CLEANUP(token_give_back) struct token_session session = { 0 };
	struct pkcs11_mechanism mechanism;
	ck_object_handle_t object;
	struct object_id id;

	if (!object_id_of_name(key_name, &id, err) ||
	    !pkcs11_mechanism_init(&mechanism, public_key_type(public_key), algorithm, message,
				   err))
		return false;
	bool signed_it = token_take(store->token, &session, err) &&
			 find_object(store, &session, &id, &object, err) &&
			 sign_in(&session, object, &mechanism, ret, err);
	buffer_done(&mechanism.input);
	return signed_it;
}

static bool load(struct key_store *base, const char *key_name, const struct public_key *public_key,
		 struct error *err)
{
	const struct bytes trial = BYTES_LITERAL("bestow trial signature");
	enum signature_algorithm algorithm =
		key_type_default_algorithm(public_key_type(public_key));
	CLEANUP(buffer_done) struct buffer signature = { 0 };

	if (!sign(base, key_name, public_key, algorithm, trial, &signature, err))
		return false;
	return public_key_verify(public_key, algorithm, trial, buffer_view(&signature)) ||
	       error_set(err, REASON_CA_UNAVAILABLE,
			 "the token's key is not the certificate's key");
}

/* -- making and taking away -- */

/* The session gives way to one that may write: a token may have no other left. */
static bool take_for_writing(struct key_store *base, struct token_session *ret, struct error *err)
{
	if (!token_take(((struct token_store *)base)->token, ret, err))
		return false;
	(void)ret->calls->C_CloseSession(ret->handle);
	ret->is_broken = true; /* for others, who only sign */
	ck_rv_t code = ret->calls->C_OpenSession(ret->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION,
						 NULL, NULL, &ret->handle);
	if (code == CKR_OK)
		return true;
	ret->handle = 0;
	return token_refuse(ret, "C_OpenSession", code, err);
}

static bool generate(struct key_store *base, const char *key_name, const struct key_order *order,
		     struct public_key **ret, struct error *err)
{
	CLEANUP(token_give_back) struct token_session session = { 0 };
	struct object_id id;

	return object_id_of_name(key_name, &id, err) && take_for_writing(base, &session, err) &&
	       token_generate(&session, &id, order, ret, err);
}

static void remove_key(struct key_store *base, const char *key_name)
{
	CLEANUP(token_give_back) struct token_session session = { 0 };
	struct object_id id;

	if (object_id_of_name(key_name, &id, NULL) && take_for_writing(base, &session, NULL))
		token_destroy(&session, &id);
}

static bool refuse_to_add(struct key_store *base, const char *key_name,
			  const struct private_key *key, struct error *err)
{
	(void)base, (void)key_name, (void)key;
	return error_set(err, REASON_INVALID,
			 "a token takes no key that was elsewhere before: it would not be its own");
}

/* -- what is there -- */

bool token_store_list(struct key_store *base, struct token_key *ret, size_t max, size_t *ret_count,
		      struct error *err)
{
	CLEANUP(token_give_back) struct token_session session = { 0 };

	return token_take(((struct token_store *)base)->token, &session, err) &&
	       token_list_keys(&session, ret, max, ret_count, err);
}

bool token_store_certs(struct key_store *base, const char *key_name, struct buffer *to,
		       struct error *err)
{
	CLEANUP(token_give_back) struct token_session session = { 0 };
	struct object_id id;

	return object_id_of_name(key_name, &id, err) &&
	       token_take(((struct token_store *)base)->token, &session, err) &&
	       token_read_certs(&session, &id, to, err) &&
	       token_read_certs(&session, NULL, to, err);
}

void token_store_standing(struct key_store *base, struct token_standing *ret)
{
	token_standing(((struct token_store *)base)->token, ret);
}

/* -- life -- */

static void close_store(struct key_store *base)
{
	struct token_store *store = (struct token_store *)base;

	token_close(store->token);
	while (store->keys) {
		struct found_key *key = store->keys;

		store->keys = key->next;
		free(key);
	}
	pthread_mutex_destroy(&store->lock);
	free(store);
}

static inline void token_store_closep(struct token_store **store)
{
	if (*store)
		close_store(&(*store)->base);
}

static const struct key_store_ops token_ops = {
	.name_prefix = TOKEN_KEY_PREFIX,
	.is_local = false,
	.generate = generate,
	.add = refuse_to_add,
	.remove = remove_key,
	.load = load,
	.sign = sign,
	.close = close_store,
};

bool token_store_open(const struct token_options *options, const struct token_watch *watch,
		      struct key_store **ret, struct error *err)
{
	CLEANUP(token_store_closep) struct token_store *store = calloc(1, sizeof *store);

	if (!store)
		return error_set(err, REASON_NO_MEMORY, "token");
	store->base.ops = &token_ops;
	pthread_mutex_init(&store->lock, NULL);
	if (!token_open(options, watch, &store->token, err))
		return false;
	*ret = &TAKE(store)->base;
	return true;
}
