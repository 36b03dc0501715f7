/* CAs' keys as encrypted PKCS#8 files. */
#include "ca/key_store.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define KEY_FILE_MAX 65536

/* What a new key must sign before it is trusted to be the one that its certificate names. */
static const struct bytes trial = { (const unsigned char *)"bestow trial signature", 22 };

struct loaded_key {
	char name[KEY_NAME_MAX + 1];
	struct private_key *key;
	struct loaded_key *next;
};

/* The lock guards the list; a key in it is never changed nor removed while the signer lives. */
struct file_store {
	struct key_store base;
	char folder[PATH_MAX - KEY_NAME_MAX - 8];
	struct secret passphrase;
	pthread_mutex_t lock;
	struct loaded_key *keys;
};

/* The name becomes part of a path, so only what cannot leave the folder is a name. */
static bool key_path(const struct file_store *store, const char *name, char into[PATH_MAX],
		     struct error *err)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (len == 0 || len > KEY_NAME_MAX || name[len] != '\0')
		return error_set(err, REASON_INVALID, "not the name of a key");
	snprintf(into, PATH_MAX, "%s/%s.key", store->folder, name);
	return true;
}

static bool add(struct key_store *base, const char *key_name, const struct private_key *key,
		struct error *err)
{
	struct file_store *store = (struct file_store *)base;
	char path[PATH_MAX];

	if (!key_path(store, key_name, path, err))
		return false;
	if (access(path, F_OK) == 0)
		return error_set(err, REASON_CONFLICT, "there is a key named %s", key_name);

	CLEANUP(buffer_wipe) struct buffer pem = { 0 };
	return private_key_encrypt(key, secret_view(&store->passphrase), &pem, err) &&
	       file_save(path, buffer_view(&pem), 0600, err);
}

static bool generate(struct key_store *base, const char *key_name, const struct key_order *order,
		     struct public_key **ret, struct error *err)
{
	CLEANUP(private_key_freep) struct private_key *key = NULL;
	CLEANUP(public_key_freep) struct public_key *public_key = NULL;

	if (!private_key_generate(order->type, order->bits, &key, err) ||
	    !private_key_public(key, &public_key, err) || !add(base, key_name, key, err))
		return false;
	*ret = TAKE(public_key);
	return true;
}

static void remove_key(struct key_store *base, const char *key_name)
{
	char path[PATH_MAX];

	if (key_path((struct file_store *)base, key_name, path, NULL))
		(void)unlink(path);
}

static const struct private_key *find_loaded(struct file_store *store, const char *key_name)
{
	const struct private_key *found = NULL;

	pthread_mutex_lock(&store->lock);
	for (const struct loaded_key *key = store->keys; key && !found; key = key->next)
		if (strcmp(key->name, key_name) == 0)
			found = key->key;
	pthread_mutex_unlock(&store->lock);
	return found;
}

static bool check_key_fits(const struct private_key *key, const struct public_key *public_key,
			   const char *key_name, struct error *err)
{
	enum signature_algorithm algorithm = key_type_default_algorithm(private_key_type(key));
	CLEANUP(buffer_done) struct buffer signature = { 0 };

	if (!private_key_sign(key, algorithm, trial, &signature, err))
		return false;
	if (!public_key_verify(public_key, algorithm, trial, buffer_view(&signature)))
		return error_set(err, REASON_CA_UNAVAILABLE, "%s.key is not the certificate's key",
				 key_name);
	return true;
}

static bool read_key(struct file_store *store, const char *key_name,
		     const struct public_key *public_key, struct private_key **ret,
		     struct error *err)
{
	char path[PATH_MAX];
	struct error why = { 0 };
	CLEANUP(secret_done) struct secret pem = { 0 };
	CLEANUP(private_key_freep) struct private_key *key = NULL;

	if (!key_path(store, key_name, path, err))
		return false;
	if (!secret_load(path, KEY_FILE_MAX, &pem, &why) ||
	    !private_key_decrypt(secret_view(&pem), secret_view(&store->passphrase), &key, &why))
		return error_set(err, REASON_CA_UNAVAILABLE, "%s", why.detail);
	if (!check_key_fits(key, public_key, key_name, err))
		return false;
	*ret = TAKE(key);
	return true;
}

static bool load(struct key_store *base, const char *key_name, const struct public_key *public_key,
		 struct error *err)
{
	struct file_store *store = (struct file_store *)base;
	CLEANUP(private_key_freep) struct private_key *key = NULL;

	if (find_loaded(store, key_name))
		return true;
	if (!read_key(store, key_name, public_key, &key, err))
		return false;

	struct loaded_key *loaded = calloc(1, sizeof *loaded);
	if (!loaded)
		return error_set(err, REASON_NO_MEMORY, "key");
	snprintf(loaded->name, sizeof loaded->name, "%s", key_name);
	loaded->key = TAKE(key);
	/* two threads may both have read it; two equal entries do no harm */
	pthread_mutex_lock(&store->lock);
	loaded->next = store->keys;
	store->keys = loaded;
	pthread_mutex_unlock(&store->lock);
	return true;
}

static bool sign(struct key_store *base, const char *key_name, const struct public_key *public_key,
		 enum signature_algorithm algorithm, struct bytes message, struct buffer *ret,
		 struct error *err)
{
	return load(base, key_name, public_key, err) &&
	       private_key_sign(find_loaded((struct file_store *)base, key_name), algorithm,
				message, ret, err);
}

/* -- life -- */

static void close_store(struct key_store *base)
{
	struct file_store *store = (struct file_store *)base;

	while (store->keys) {
		struct loaded_key *key = store->keys;

		store->keys = key->next;
		private_key_free(key->key);
		free(key);
	}
	secret_done(&store->passphrase);
	pthread_mutex_destroy(&store->lock);
	free(store);
}

static inline void file_store_closep(struct file_store **store)
{
	if (*store)
		close_store(&(*store)->base);
}

static const struct key_store_ops file_ops = {
	.name_prefix = "ca-",
	.is_local = true,
	.generate = generate,
	.add = add,
	.remove = remove_key,
	.load = load,
	.sign = sign,
	.close = close_store,
};

bool file_store_open(const char *folder, struct bytes passphrase, struct key_store **ret,
		     struct error *err)
{
	CLEANUP(file_store_closep) struct file_store *store = calloc(1, sizeof *store);

	if (!store)
		return error_set(err, REASON_NO_MEMORY, "signer");
	store->base.ops = &file_ops;
	pthread_mutex_init(&store->lock, NULL);
	if (snprintf(store->folder, sizeof store->folder, "%s", folder) >=
	    (int)sizeof store->folder)
		return error_set(err, REASON_FILE, "the keys' folder has too long a path");
	if (!secret_copy(passphrase, &store->passphrase, err))
		return false;
	*ret = &TAKE(store)->base;
	return true;
}
