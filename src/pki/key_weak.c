#include "pki/key_weak.h"

#include <stdint.h>

#include <openssl/bn.h>

#define FERMAT_ROUNDS 100
#define NEWTON_STEPS_MAX 40 /* quadratic convergence: 12 suffice for 4096 bits */

/* The odd primes below 1000. */
static const uint16_t small_primes[] = {
	3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,
	67,  71,  73,  79,  83,  89,  97,  101, 103, 107, 109, 113, 127, 131, 137, 139, 149,
	151, 157, 163, 167, 173, 179, 181, 191, 193, 197, 199, 211, 223, 227, 229, 233, 239,
	241, 251, 257, 263, 269, 271, 277, 281, 283, 293, 307, 311, 313, 317, 331, 337, 347,
	349, 353, 359, 367, 373, 379, 383, 389, 397, 401, 409, 419, 421, 431, 433, 439, 443,
	449, 457, 461, 463, 467, 479, 487, 491, 499, 503, 509, 521, 523, 541, 547, 557, 563,
	569, 571, 577, 587, 593, 599, 601, 607, 613, 617, 619, 631, 641, 643, 647, 653, 659,
	661, 673, 677, 683, 691, 701, 709, 719, 727, 733, 739, 743, 751, 757, 761, 769, 773,
	787, 797, 809, 811, 821, 823, 827, 829, 839, 853, 857, 859, 863, 877, 881, 883, 887,
	907, 911, 919, 929, 937, 941, 947, 953, 967, 971, 977, 983, 991, 997,
};

#define ROCA_PRIME_MAX 167 /* the library's primorial reaches at least so far for every size */
#define ROCA_GENERATOR 65537

/* -- small factors -- */

static bool divides_one_of(uint64_t remainder, size_t first, size_t last, unsigned int *ret_factor)
{
	for (size_t i = first; i < last; i++)
		if (remainder % small_primes[i] == 0) {
			*ret_factor = small_primes[i];
			return true;
		}
	return false;
}

/* Dividing by a product of several primes at once reads the long number once for all of them. */
static bool has_small_factor(const BIGNUM *modulus, unsigned int *ret_factor)
{
	size_t next = 0;

	while (next < ARRAY_LEN(small_primes)) {
		size_t first = next;
		uint64_t product = 1;

		while (next < ARRAY_LEN(small_primes) && product * small_primes[next] <= UINT32_MAX)
			product *= small_primes[next++];
		if (divides_one_of(BN_mod_word(modulus, (BN_ULONG)product), first, next,
				   ret_factor))
			return true;
	}
	return false;
}

/* -- ROCA -- */

static bool is_power_of_generator(uint64_t value, uint64_t prime)
{
	uint64_t power = 1;

	do {
		if (power == value)
			return true;
		power = power * ROCA_GENERATOR % prime;
	} while (power != 1);
	return false;
}

/* The flawed library makes primes of the form k*M + (65537^a mod M), M a product of small primes;
 * so the modulus is a power of 65537 modulo each of them. A sound modulus fails after a few. */
static bool has_roca_fingerprint(const BIGNUM *modulus)
{
	for (size_t i = 0; small_primes[i] <= ROCA_PRIME_MAX; i++)
		if (!is_power_of_generator(BN_mod_word(modulus, small_primes[i]), small_primes[i]))
			return false;
	return true;
}

/* -- close primes -- */

struct fermat {
	BN_CTX *ctx;
	const BIGNUM *modulus;
	BIGNUM *root, *other, *square, *difference, *quotient;
};

/* Newton's iteration from above: it falls until the integer root is reached. */
static bool find_root(struct fermat *f, const BIGNUM *of, BIGNUM *root)
{
	BN_zero(root);
	if (BN_set_bit(root, (BN_num_bits(of) + 1) / 2) != 1)
		return false;
	for (int step = 0; step < NEWTON_STEPS_MAX; step++) {
		if (BN_div(f->quotient, NULL, of, root, f->ctx) != 1 ||
		    BN_add(f->quotient, f->quotient, root) != 1 ||
		    BN_rshift1(f->quotient, f->quotient) != 1)
			return false;
		if (BN_cmp(f->quotient, root) >= 0)
			return true;
		if (!BN_copy(root, f->quotient))
			return false;
	}
	return false;
}

/* About one in a thousand numbers is a square modulo all of these; what is none modulo one of them
 * is no square at all. */
static const uint64_t sieve_moduli[] = { 64, 63, 61, 59, 55 };
#define SIEVE_PRODUCT (64ULL * 63 * 61 * 59 * 55)

struct sieve {
	uint64_t squares[ARRAY_LEN(sieve_moduli)];
};

static struct sieve make_sieve(void)
{
	struct sieve sieve = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(sieve_moduli); i++)
		for (uint64_t x = 0; x < sieve_moduli[i]; x++)
			sieve.squares[i] |= 1ULL << (x * x % sieve_moduli[i]);
	return sieve;
}

static bool may_be_square(const struct sieve *sieve, uint64_t residue)
{
	for (size_t i = 0; i < ARRAY_LEN(sieve_moduli); i++)
		if (!(sieve->squares[i] >> residue % sieve_moduli[i] & 1))
			return false;
	return true;
}

/* Whether (root + round)^2 - modulus is a square, exactly. */
static bool check_round(struct fermat *f, unsigned int round, bool *ret_found)
{
	*ret_found = false;
	if (!BN_copy(f->other, f->root) || BN_add_word(f->other, round) != 1 ||
	    BN_sqr(f->square, f->other, f->ctx) != 1 ||
	    BN_sub(f->difference, f->square, f->modulus) != 1)
		return false;
	if (BN_is_negative(f->difference)) /* only in round 0, as the root was rounded down */
		return true;
	if (BN_is_zero(f->difference)) {
		*ret_found = true;
		return true;
	}
	if (!find_root(f, f->difference, f->other) || BN_sqr(f->square, f->other, f->ctx) != 1)
		return false;
	*ret_found = BN_cmp(f->square, f->difference) == 0;
	return true;
}

/* Fermat: n = a^2 - b^2 with a just above the root of n whenever p and q are close. Most rounds
 * end in the sieve, on small numbers. */
static bool run_fermat(struct fermat *f, bool *ret_found)
{
	const struct sieve sieve = make_sieve();

	*ret_found = false;
	if (!find_root(f, f->modulus, f->root))
		return false;

	uint64_t root = BN_mod_word(f->root, SIEVE_PRODUCT);
	uint64_t modulus = BN_mod_word(f->modulus, SIEVE_PRODUCT);
	for (unsigned int round = 0; round <= FERMAT_ROUNDS && !*ret_found; round++) {
		uint64_t a = (root + round) % SIEVE_PRODUCT;
		uint64_t residue =
			(a * a % SIEVE_PRODUCT + SIEVE_PRODUCT - modulus) % SIEVE_PRODUCT;

		if (may_be_square(&sieve, residue) && !check_round(f, round, ret_found))
			return false;
	}
	return true;
}

static inline void bn_ctx_freep(BN_CTX **ctx)
{
	BN_CTX_free(*ctx);
}

/* The numbers belong to the context and go with it. */
static bool has_close_primes(const BIGNUM *modulus, bool *ret_found)
{
	CLEANUP(bn_ctx_freep) BN_CTX *ctx = BN_CTX_new();

	if (!ctx)
		return false;
	BN_CTX_start(ctx);
	struct fermat f = {
		.ctx = ctx,
		.modulus = modulus,
		.root = BN_CTX_get(ctx),
		.other = BN_CTX_get(ctx),
		.square = BN_CTX_get(ctx),
		.difference = BN_CTX_get(ctx),
		.quotient = BN_CTX_get(ctx), /* NULL when any before it is */
	};
	bool done = f.quotient && run_fermat(&f, ret_found);
	BN_CTX_end(ctx);
	return done;
}

bool rsa_modulus_check(const BIGNUM *modulus, struct error *err)
{
	unsigned int factor = 0;
	bool close = false;

	if (has_small_factor(modulus, &factor))
		return error_set(err, REASON_KEY_INVALID, "the RSA modulus has the factor %u",
				 factor);
	if (has_roca_fingerprint(modulus))
		return error_set(err, REASON_KEY_BLOCKLISTED,
				 "the RSA key has the ROCA fingerprint (CVE-2017-15361)");
	if (!has_close_primes(modulus, &close))
		return error_set(err, REASON_NO_MEMORY, "RSA modulus");
	if (close)
		return error_set(err, REASON_KEY_BLOCKLISTED,
				 "the primes of the RSA key are too close to each other");
	return true;
}
