#include "ra/passphrase.h"

#include <argon2.h>
#include <string.h>

#include "base/hash.h"
#include "base/random.h"

/* 26 characters of 5 bits: more than 128 bits, so that a keyed hash is verifier enough. */
#define GENERATED_CHARACTERS 26
#define GROUP 5
#define ALPHABET                                                                                   \
	"abcdefghijkmnpqrstuvwxyz23456789" /* 32 characters, none of them read for another */

/* RFC 9106's second recommendation scaled to what a busy node can spare: one at a time, see
 * passphrase_check.c. */
static const struct slow_cost human_cost = { 3, 16384 };
#define ARGON2_LANES 1
#define SALT_LEN 16

_Static_assert(sizeof ALPHABET - 1 == 32, "five bits choose a character");

bool passphrase_generate(struct secret *ret, struct error *err)
{
	unsigned char random[GENERATED_CHARACTERS];
	CLEANUP(buffer_wipe) struct buffer text = { 0 };

	if (!random_fill(random, sizeof random, err))
		return false;
	for (size_t i = 0; i < sizeof random; i++) {
		if (i && i % GROUP == 0)
			buffer_append_byte(&text, '-');
		buffer_append_byte(&text, (unsigned char)ALPHABET[random[i] & 31]);
	}
	memory_wipe(random, sizeof random);
	if (!buffer_ok(&text))
		return error_set(err, REASON_NO_MEMORY, "passphrase");
	return secret_copy(buffer_view(&text), ret, err);
}

static bool is_space(unsigned char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct bytes passphrase_trim(struct bytes passphrase)
{
	while (passphrase.len && is_space(passphrase.data[0])) {
		passphrase.data++;
		passphrase.len--;
	}
	while (passphrase.len && is_space(passphrase.data[passphrase.len - 1]))
		passphrase.len--;
	return passphrase;
}

bool passphrase_check_text(struct bytes passphrase, struct error *err)
{
	if (passphrase.len < PASSPHRASE_MIN || passphrase.len > PASSPHRASE_MAX)
		return error_set(err, REASON_INVALID, "a passphrase has %d to %d bytes",
				 PASSPHRASE_MIN, PASSPHRASE_MAX);
	for (size_t i = 0; i < passphrase.len; i++)
		if (passphrase.data[i] < 0x20 || passphrase.data[i] == 0x7f)
			return error_set(err, REASON_INVALID,
					 "a passphrase holds no control characters");
	return true;
}

bool passphrase_make_slowly(struct bytes text, const struct slow_cost *cost, struct passphrase *ret,
			    struct error *err)
{
	unsigned char salt[SALT_LEN];

	if (!random_fill(salt, sizeof salt, err))
		return false;
	if (argon2id_hash_encoded(cost->passes, cost->kib, ARGON2_LANES, text.data, text.len, salt,
				  sizeof salt, HASH_LEN, (char *)ret->verifier,
				  sizeof ret->verifier) != ARGON2_OK)
		return error_set(err, REASON_CRYPTO, "argon2id failed");
	ret->kind = VERIFIER_ARGON2ID;
	ret->verifier_len = strlen((const char *)ret->verifier);
	return true;
}

bool passphrase_make_verifier(struct bytes pepper, struct bytes passphrase, bool generated,
			      struct passphrase *ret, struct error *err)
{
	struct bytes text = passphrase_trim(passphrase);

	if (!passphrase_check_text(text, err))
		return false;
	if (!generated)
		return passphrase_make_slowly(text, &human_cost, ret, err);
	ret->kind = VERIFIER_HMAC;
	ret->verifier_len = HASH_LEN;
	return hash_hmac_sha256(pepper, text, ret->verifier, err);
}

bool passphrase_matches_slowly(struct bytes verifier, struct bytes text)
{
	char encoded[VERIFIER_MAX + 1];

	if (verifier.len > VERIFIER_MAX)
		return false;
	memcpy(encoded, verifier.data, verifier.len);
	encoded[verifier.len] = '\0';
	return argon2id_verify(encoded, text.data, text.len) == ARGON2_OK;
}
