#include "manage/keygen.h"

#include <string.h>

static const struct key_choice {
	const char *text;
	enum key_type type;
	unsigned int bits;
} choices[] = {
	{ "p256", KEY_P256, 0 },       { "p384", KEY_P384, 0 },       { "rsa-2048", KEY_RSA, 2048 },
	{ "rsa-3072", KEY_RSA, 3072 }, { "rsa-4096", KEY_RSA, 4096 }, { "p521", KEY_P521, 0 },
	{ "ed25519", KEY_ED25519, 0 },
};

static const struct key_choice *find_choice(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(choices); i++)
		if (strcmp(choices[i].text, text) == 0)
			return &choices[i];
	return NULL;
}

bool key_choice_find(const char *choice, enum key_type *ret_type, unsigned int *ret_bits,
		     struct error *err)
{
	const struct key_choice *found = find_choice(choice ? choice : "p256");

	if (!found)
		return error_set(err, REASON_INVALID, "params.key: %s is none of %s", choice,
				 KEY_CHOICES);
	*ret_type = found->type;
	*ret_bits = found->bits;
	return true;
}

bool key_choice_generate(const char *choice, struct private_key **ret_private,
			 struct public_key **ret_public, struct error *err)
{
	CLEANUP(private_key_freep) struct private_key *key = NULL;
	enum key_type type;
	unsigned int bits;

	if (!key_choice_find(choice, &type, &bits, err) ||
	    !private_key_generate(type, bits, &key, err) ||
	    !private_key_public(key, ret_public, err))
		return false;
	*ret_private = TAKE(key);
	return true;
}
