#include "ca/signer.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/random.h"
#include "ca/token_store.h"

#define KEY_ID_LEN 16 /* random, so that no node needs a word with another */

struct signer {
	struct key_store *stores[KEY_PLACE_COUNT]; /* NULL: not configured */
	void (*tell)(void *context, enum signer_event event, const char *words);
	void *context;
	struct signer_meters meters; /* NULL in it: nobody measures */
};

/* -- places -- */

static const char *const place_texts[KEY_PLACE_COUNT] = {
	[KEY_IN_FILE] = "file", [KEY_IN_TOKEN] = "token"
};

const char *key_place_text(enum key_place place)
{
	return place < KEY_PLACE_COUNT ? place_texts[place] : NULL;
}

enum key_place key_place_by_text(const char *text)
{
	enum key_place place = 0;

	while (place < KEY_PLACE_COUNT && strcmp(place_texts[place], text) != 0)
		place++;
	return place;
}

enum key_place key_place_of(const char *key_name)
{
	return strncmp(key_name, TOKEN_KEY_PREFIX, strlen(TOKEN_KEY_PREFIX)) == 0 ? KEY_IN_TOKEN
										  : KEY_IN_FILE;
}

static bool store_at(const struct signer *signer, enum key_place place, struct key_store **ret,
		     struct error *err)
{
	*ret = signer->stores[place];
	return *ret || error_set(err, REASON_CA_UNAVAILABLE,
				 "the key is in a token, and [token] is not configured");
}

/* -- life -- */

bool signer_open(const char *folder, struct bytes passphrase, struct signer **ret,
		 struct error *err)
{
	CLEANUP(signer_freep) struct signer *signer = calloc(1, sizeof *signer);

	if (!signer)
		return error_set(err, REASON_NO_MEMORY, "signer");
	if (!file_store_open(folder, passphrase, &signer->stores[KEY_IN_FILE], err))
		return false;
	*ret = TAKE(signer);
	return true;
}

void signer_free(struct signer *signer)
{
	if (!signer)
		return;
	for (size_t i = 0; i < KEY_PLACE_COUNT; i++)
		if (signer->stores[i])
			signer->stores[i]->ops->close(signer->stores[i]);
	free(signer);
}

void signer_watch(struct signer *signer,
		  void (*tell)(void *context, enum signer_event event, const char *words),
		  void *context)
{
	signer->tell = tell;
	signer->context = context;
}

void signer_measure(struct signer *signer, const struct signer_meters *meters)
{
	signer->meters = *meters;
}

/* -- the token -- */

bool signer_add_token(struct signer *signer, const struct token_options *options, struct error *err)
{
	const struct token_watch watch = { signer->tell, signer->context };

	return token_store_open(options, &watch, &signer->stores[KEY_IN_TOKEN], err);
}

bool signer_token_standing(struct signer *signer, struct token_standing *ret)
{
	struct key_store *store = signer->stores[KEY_IN_TOKEN];

	if (store)
		token_store_standing(store, ret);
	return store != NULL;
}

bool signer_token_keys(struct signer *signer, struct token_key *ret, size_t max, size_t *ret_count,
		       struct error *err)
{
	struct key_store *store;

	return store_at(signer, KEY_IN_TOKEN, &store, err) &&
	       token_store_list(store, ret, max, ret_count, err);
}

bool signer_token_certs(struct signer *signer, const char *key_name, struct buffer *to,
			struct error *err)
{
	struct key_store *store;

	return store_at(signer, KEY_IN_TOKEN, &store, err) &&
	       token_store_certs(store, key_name, to, err);
}

/* -- keys -- */

static bool make_name(const struct key_store *store, char ret[KEY_NAME_MAX + 1], struct error *err)
{
	unsigned char random[KEY_ID_LEN];
	char text[2 * sizeof random + 1];

	if (!random_fill(random, sizeof random, err))
		return false;
	hex_encode((struct bytes){ random, sizeof random }, text);
	snprintf(ret, KEY_NAME_MAX + 1, "%s%s", store->ops->name_prefix, text);
	return true;
}

bool signer_generate(struct signer *signer, const struct key_order *order,
		     char ret_name[KEY_NAME_MAX + 1], struct public_key **ret, struct error *err)
{
	struct key_store *store;

	return store_at(signer, order->place, &store, err) && make_name(store, ret_name, err) &&
	       store->ops->generate(store, ret_name, order, ret, err);
}

bool signer_add(struct signer *signer, const char *key_name, const struct private_key *key,
		struct error *err)
{
	struct key_store *store = signer->stores[KEY_IN_FILE];

	return store->ops->add(store, key_name, key, err);
}

void signer_remove(struct signer *signer, const char *key_name)
{
	struct key_store *store = signer->stores[key_place_of(key_name)];

	if (store)
		store->ops->remove(store, key_name);
}

bool signer_load(struct signer *signer, const char *key_name, const struct public_key *public_key,
		 struct error *err)
{
	struct key_store *store;

	return store_at(signer, key_place_of(key_name), &store, err) &&
	       store->ops->load(store, key_name, public_key, err);
}

bool signer_is_local(const struct signer *signer, const char *key_name)
{
	const struct key_store *store = signer->stores[key_place_of(key_name)];

	/* what is not there is not waited for */
	return !store || store->ops->is_local;
}

bool signer_is_ready(const struct signer *signer, const char *key_name, struct error *err)
{
	struct token_standing standing = { .is_ready = true };
	struct key_store *store;

	if (!store_at(signer, key_place_of(key_name), &store, err))
		return false;
	if (!store->ops->is_local)
		token_store_standing(store, &standing);
	return standing.is_ready || error_set_retry(err, REASON_CA_UNAVAILABLE, TOKEN_RETRY_AFTER,
						    "%s", standing.detail);
}

/* CI-08: a token that errs, or another in its place, must not make us hand out what nobody can
 * verify, nor keep it. */
static bool check_signature(const struct signer *signer, const char *key_name,
			    const struct public_key *public_key, enum signature_algorithm algorithm,
			    struct bytes message, struct bytes signature, struct error *err)
{
	if (public_key_verify(public_key, algorithm, message, signature))
		return true;
	if (signer->tell)
		signer->tell(signer->context, SIGNER_WRONG_SIGNATURE, key_name);
	return error_set(err, REASON_SIGNATURE_WRONG, "of key %s, %zu octets", key_name,
			 signature.len);
}

static bool sign(struct signer *signer, const char *key_name, const struct public_key *public_key,
		 enum signature_algorithm algorithm, struct bytes message, struct buffer *ret,
		 struct error *err)
{
	CLEANUP(buffer_done) struct buffer signature = { 0 };
	struct key_store *store;

	if (!store_at(signer, key_place_of(key_name), &store, err) ||
	    !store->ops->sign(store, key_name, public_key, algorithm, message, &signature, err))
		return false;
	if (!store->ops->is_local && !check_signature(signer, key_name, public_key, algorithm,
						      message, buffer_view(&signature), err))
		return false;
	buffer_append(ret, buffer_view(&signature));
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "signature");
}

static void measure(const struct signer *signer, enum key_place place, uint64_t began, bool done)
{
	if (!signer->meters.durations)
		return;
	meter_add(&signer->meters.durations[place], METER_DURATION, monotonic_us() - began);
	if (!done)
		counter_add(&signer->meters.failures[place], 1);
}

bool signer_sign(struct signer *signer, const char *key_name, const struct public_key *public_key,
		 enum signature_algorithm algorithm, struct bytes message, struct buffer *ret,
		 struct error *err)
{
	uint64_t began = monotonic_us();
	bool done = sign(signer, key_name, public_key, algorithm, message, ret, err);

	measure(signer, key_place_of(key_name), began, done);
	return done;
}
