#include "pki/key_scrutiny.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/evp.h>

#include "base/hex.h"
#include "pki/der.h"

#define SHA1_LEN 20
#define MODULUS_MAX (KEY_RSA_BITS_MAX / 8)

/* The key was parsed before: its modulus is there, positive and odd. */
static struct bytes modulus_of(const struct public_key *key)
{
	struct der outer = der_open(public_key_bit_string(key));
	struct der sequence = der_enter(&outer, DER_SEQUENCE);
	struct bytes modulus = der_read(&sequence, DER_INTEGER);

	if (modulus.len && modulus.data[0] == 0) {
		modulus.data++;
		modulus.len--;
	}
	return modulus;
}

/* -- primality -- */

struct fermat_test {
	BN_CTX *ctx;
	const BIGNUM *modulus;
	BIGNUM *base, *exponent, *power;
};

/* A product of two random primes passes Fermat's test to the base 2 as good as never. */
static bool run_test(struct fermat_test *test, bool *ret_prime)
{
	if (BN_set_word(test->base, 2) != 1 || !BN_copy(test->exponent, test->modulus) ||
	    BN_sub_word(test->exponent, 1) != 1 ||
	    BN_mod_exp(test->power, test->base, test->exponent, test->modulus, test->ctx) != 1)
		return false;
	*ret_prime = BN_is_one(test->power);
	return true;
}

static inline void bn_ctx_freep(BN_CTX **ctx)
{
	BN_CTX_free(*ctx);
}

DEFINE_CLEANUP(BIGNUM *, BN_free)

static bool is_prime(struct bytes number, bool *ret_prime)
{
	CLEANUP(BN_freep) BIGNUM *modulus = BN_bin2bn(number.data, (int)number.len, NULL);
	CLEANUP(bn_ctx_freep) BN_CTX *ctx = BN_CTX_new();

	if (!modulus || !ctx)
		return false;
	BN_CTX_start(ctx);
	struct fermat_test test = {
		.ctx = ctx,
		.modulus = modulus,
		.base = BN_CTX_get(ctx),
		.exponent = BN_CTX_get(ctx),
		.power = BN_CTX_get(ctx), /* NULL when any before it is */
	};
	bool done = test.power && run_test(&test, ret_prime);
	BN_CTX_end(ctx);
	return done;
}

bool public_key_check_composite(const struct public_key *key, struct error *err)
{
	bool prime = false;

	if (public_key_type(key) != KEY_RSA)
		return true;
	if (!is_prime(modulus_of(key), &prime))
		return error_set(err, REASON_NO_MEMORY, "RSA modulus");
	return !prime || error_set(err, REASON_KEY_INVALID, "the RSA modulus is a prime");
}

/* -- the name on lists -- */

bool public_key_modulus_fingerprint(const struct public_key *key,
				    unsigned char ret[MODULUS_FINGERPRINT_LEN], bool *ret_any,
				    struct error *err)
{
	struct bytes modulus = { 0 };
	char hex[2 * MODULUS_MAX + 1], line[sizeof hex + 16];
	unsigned char digest[EVP_MAX_MD_SIZE];

	*ret_any = public_key_type(key) == KEY_RSA;
	if (!*ret_any)
		return true;
	modulus = modulus_of(key);
	if (modulus.len > MODULUS_MAX)
		return error_set(err, REASON_INTERNAL, "a modulus of %zu octets", modulus.len);
	hex_encode(modulus, hex);
	for (char *c = hex; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	int len = snprintf(line, sizeof line, "Modulus=%s\n", hex);
	if (EVP_Digest(line, (size_t)len, digest, NULL, EVP_sha1(), NULL) != 1)
		return error_set(err, REASON_CRYPTO, "SHA-1");
	memcpy(ret, digest + SHA1_LEN - MODULUS_FINGERPRINT_LEN, MODULUS_FINGERPRINT_LEN);
	return true;
}
