#include <string.h>

#include "base/file.h"
#include "est_client/client_key.h"
#include "est_client/failure.h"
#include "pki/bundle.h"
#include "pki/key_internal.h"

static const struct {
	const char *name;
	enum key_type type;
	unsigned int bits;
} kinds[] = {
	{ "p256", KEY_P256, 0 },       { "p384", KEY_P384, 0 },      { "p521", KEY_P521, 0 },
	{ "ed25519", KEY_ED25519, 0 }, { "rsa2048", KEY_RSA, 2048 }, { "rsa3072", KEY_RSA, 3072 },
	{ "rsa4096", KEY_RSA, 4096 },
};

bool client_key_wrap(struct private_key *private, bool is_token, struct bestow_key **ret,
		     struct error *err)
{
	CLEANUP(client_key_freep) struct bestow_key *key = calloc(1, sizeof *key);

	if (!key) {
		private_key_free(private);
		return error_set(err, REASON_NO_MEMORY, "key");
	}
	key->private = private;
	key->evp = private->evp;
	key->is_token = is_token;
	if (!private_key_public(private, &key->public, err))
		return false;
	*ret = TAKE(key);
	return true;
}

bool client_key_generate(const char *type, struct bestow_key **ret, struct error *err)
{
	struct private_key *private = NULL;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].name, type) == 0)
			return private_key_generate(kinds[i].type, kinds[i].bits, &private, err) &&
			       client_key_wrap(private, false, ret, err);
	return error_set(
		err, REASON_INVALID,
		"%s is no kind of key: p256, p384, p521, ed25519, rsa2048, rsa3072, rsa4096", type);
}

static bool save(const struct bestow_key *key, const char *path, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer der = { 0 };
	CLEANUP(buffer_wipe) struct buffer pem = { 0 };

	if (key->is_token)
		return error_set(err, REASON_KEY_ACCESS, "the key's token keeps it");
	if (!private_key_encode(key->private, &der, err))
		return false;
	pem_encode("PRIVATE KEY", buffer_view(&der), &pem);
	if (!buffer_ok(&pem))
		return error_set(err, REASON_NO_MEMORY, "key");
	return file_save(path, buffer_view(&pem), 0600, err);
}

/* -- what leaves the library -- */

bool bestow_key_generate(const char *type, struct bestow_key **ret, struct bestow_error *ret_err)
{
	struct error err = { 0 };

	return client_key_generate(type, ret, &err) || failure_tell(&err, ret_err);
}

bool bestow_key_open(const char *reference, const char *passphrase, struct bestow_key **ret,
		     struct bestow_error *ret_err)
{
	struct error err = { 0 };

	return client_key_open(reference, passphrase, ret, &err) || failure_tell(&err, ret_err);
}

bool bestow_key_save(const struct bestow_key *key, const char *path, struct bestow_error *ret_err)
{
	struct error err = { 0 };

	return save(key, path, &err) || failure_tell(&err, ret_err);
}

const char *bestow_key_type(const struct bestow_key *key)
{
	return key_type_text(public_key_type(key->public));
}

unsigned int bestow_key_bits(const struct bestow_key *key)
{
	return public_key_bits(key->public);
}

void *bestow_key_evp(const struct bestow_key *key)
{
	return key->evp;
}

void bestow_key_free(struct bestow_key *key)
{
	if (!key)
		return;
	public_key_free(key->public);
	private_key_free(key->private);
	free(key);
}
