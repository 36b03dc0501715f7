#include "ca/signer.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define KEY_FILE_MAX 65536
#define KEY_NAME_MAX 64

/* What a new key must sign before it is trusted to be the one that its certificate names. */
static const struct bytes trial = { (const unsigned char *)"bestow trial signature", 22 };

struct loaded_key {
	char name[KEY_NAME_MAX + 1];
	struct private_key *key;
	struct loaded_key *next;
};

/* The lock guards the list; a key in it is never changed nor removed while the signer lives. */
struct signer {
	char folder[PATH_MAX - KEY_NAME_MAX - 8];
	struct secret passphrase;
	pthread_mutex_t lock;
	struct loaded_key *keys;
};

bool signer_open(const char *folder, struct bytes passphrase, struct signer **ret,
		 struct error *err)
{
	CLEANUP(signer_freep) struct signer *signer = calloc(1, sizeof *signer);

	if (!signer)
		return error_set(err, REASON_NO_MEMORY, "signer");
	pthread_mutex_init(&signer->lock, NULL);
	if (snprintf(signer->folder, sizeof signer->folder, "%s", folder) >=
	    (int)sizeof signer->folder)
		return error_set(err, REASON_FILE, "the keys' folder has too long a path");
	if (!secret_copy(passphrase, &signer->passphrase, err))
		return false;
	*ret = TAKE(signer);
	return true;
}

void signer_free(struct signer *signer)
{
	if (!signer)
		return;
	while (signer->keys) {
		struct loaded_key *key = signer->keys;

		signer->keys = key->next;
		private_key_free(key->key);
		free(key);
	}
	secret_done(&signer->passphrase);
	pthread_mutex_destroy(&signer->lock);
	free(signer);
}

/* The name becomes part of a path, so only what cannot leave the folder is a name. */
static bool key_path(const struct signer *signer, const char *name, char into[PATH_MAX],
		     struct error *err)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (len == 0 || len > KEY_NAME_MAX || name[len] != '\0')
		return error_set(err, REASON_INVALID, "not the name of a key");
	snprintf(into, PATH_MAX, "%s/%s.key", signer->folder, name);
	return true;
}

bool signer_add(struct signer *signer, const char *key_name, const struct private_key *key,
		struct error *err)
{
	char path[PATH_MAX];

	if (!key_path(signer, key_name, path, err))
		return false;
	if (access(path, F_OK) == 0)
		return error_set(err, REASON_CONFLICT, "there is a key named %s", key_name);

	CLEANUP(buffer_wipe) struct buffer pem = { 0 };
	return private_key_encrypt(key, secret_view(&signer->passphrase), &pem, err) &&
	       file_save(path, buffer_view(&pem), 0600, err);
}

void signer_remove(struct signer *signer, const char *key_name)
{
	char path[PATH_MAX];

	if (key_path(signer, key_name, path, NULL))
		(void)unlink(path);
}

static const struct private_key *find_loaded(struct signer *signer, const char *key_name)
{
	const struct private_key *found = NULL;

	pthread_mutex_lock(&signer->lock);
	for (const struct loaded_key *key = signer->keys; key && !found; key = key->next)
		if (strcmp(key->name, key_name) == 0)
			found = key->key;
	pthread_mutex_unlock(&signer->lock);
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

static bool read_key(struct signer *signer, const char *key_name,
		     const struct public_key *public_key, struct private_key **ret,
		     struct error *err)
{
	char path[PATH_MAX];
	struct error why = { 0 };
	CLEANUP(secret_done) struct secret pem = { 0 };
	CLEANUP(private_key_freep) struct private_key *key = NULL;

	if (!key_path(signer, key_name, path, err))
		return false;
	if (!secret_load(path, KEY_FILE_MAX, &pem, &why) ||
	    !private_key_decrypt(secret_view(&pem), secret_view(&signer->passphrase), &key, &why))
		return error_set(err, REASON_CA_UNAVAILABLE, "%s", why.detail);
	if (!check_key_fits(key, public_key, key_name, err))
		return false;
	*ret = TAKE(key);
	return true;
}

bool signer_load(struct signer *signer, const char *key_name, const struct public_key *public_key,
		 struct error *err)
{
	CLEANUP(private_key_freep) struct private_key *key = NULL;

	if (find_loaded(signer, key_name))
		return true;
	if (!read_key(signer, key_name, public_key, &key, err))
		return false;

	struct loaded_key *loaded = calloc(1, sizeof *loaded);
	if (!loaded)
		return error_set(err, REASON_NO_MEMORY, "key");
	snprintf(loaded->name, sizeof loaded->name, "%s", key_name);
	loaded->key = TAKE(key);
	/* two threads may both have read it; two equal entries do no harm */
	pthread_mutex_lock(&signer->lock);
	loaded->next = signer->keys;
	signer->keys = loaded;
	pthread_mutex_unlock(&signer->lock);
	return true;
}

bool signer_is_local(const struct signer *signer, const char *key_name)
{
	(void)signer;
	(void)key_name;
	return true;
}

bool signer_sign(struct signer *signer, const char *key_name, const struct public_key *public_key,
		 enum signature_algorithm algorithm, struct bytes message, struct buffer *ret,
		 struct error *err)
{
	if (!signer_load(signer, key_name, public_key, err))
		return false;
	return private_key_sign(find_loaded(signer, key_name), algorithm, message, ret, err);
}
