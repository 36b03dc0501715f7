#include "manage/totp.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/pack.h"
#include "base/random.h"
#include "base/secret.h"

#define SECRET_LEN 20
#define STEP_SECONDS 30
#define DIGITS 6
#define CODES 1000000u

bool totp_begin(struct administrator *administrator, struct error *err)
{
	if (!random_fill(administrator->totp_nonce, TOTP_NONCE_LEN, err))
		return false;
	administrator->totp_len = TOTP_NONCE_LEN;
	administrator->totp_step = 0;
	return true;
}

static bool derive(const struct administrator *administrator, struct bytes pepper,
		   unsigned char ret[HASH_LEN], struct error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };

	buffer_append_text(&text, "one-time passwords of an administrator");
	pack_u64(&text, (uint64_t)administrator->id);
	pack_bytes(&text, (struct bytes){ administrator->totp_nonce, administrator->totp_len });
	if (!buffer_ok(&text))
		return error_set(err, REASON_NO_MEMORY, "one-time password");
	return hash_hmac_sha256(pepper, buffer_view(&text), ret, err);
}

/* RFC 4648 6: every eight characters hold five octets, and there are four times that. */
static void encode_base32(const unsigned char secret[SECRET_LEN], char *into)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

	for (size_t i = 0; i < SECRET_LEN * 8 / 5; i++) {
		size_t bit = i * 5, at = bit / 8;
		unsigned int pair =
			(unsigned int)secret[at] << 8 | (at + 1 < SECRET_LEN ? secret[at + 1] : 0);

		*into++ = alphabet[pair >> (11 - bit % 8) & 31];
	}
	*into = '\0';
}

bool totp_secret_text(const struct administrator *administrator, struct bytes pepper,
		      char into[TOTP_SECRET_TEXT_MAX], struct error *err)
{
	unsigned char secret[HASH_LEN];

	if (!derive(administrator, pepper, secret, err))
		return false;
	encode_base32(secret, into);
	memory_wipe(secret, sizeof secret);
	return true;
}

/* RFC 4226 5.3. */
static bool code_at(const unsigned char secret[SECRET_LEN], int64_t step, char into[DIGITS + 1])
{
	CLEANUP(buffer_done) struct buffer counter = { 0 };
	unsigned char mac[HASH_SHA1_LEN];

	pack_u64(&counter, (uint64_t)step);
	if (!buffer_ok(&counter) ||
	    !hash_hmac_sha1((struct bytes){ secret, SECRET_LEN }, buffer_view(&counter), mac, NULL))
		return false;

	const unsigned char *at = mac + (mac[HASH_SHA1_LEN - 1] & 15);
	uint32_t number = (uint32_t)(at[0] & 127) << 24 | (uint32_t)at[1] << 16 |
			  (uint32_t)at[2] << 8 | at[3];
	snprintf(into, DIGITS + 1, "%0*u", DIGITS, number % CODES);
	return true;
}

bool totp_check(struct administrator *administrator, struct bytes pepper, const char *code,
		int64_t now)
{
	unsigned char secret[HASH_LEN];
	int64_t present = now / STEP_SECONDS, used = 0;

	if (strlen(code) != DIGITS || !derive(administrator, pepper, secret, NULL))
		return false;
	for (int64_t step = present - 1; step <= present + 1; step++) {
		char right[DIGITS + 1];

		if (step > administrator->totp_step && code_at(secret, step, right) &&
		    secret_equal(bytes_of_string(right), bytes_of_string(code)))
			used = step;
	}
	memory_wipe(secret, sizeof secret);
	if (used)
		administrator->totp_step = used;
	return used != 0;
}
