#include "ra/passphrase_check.h"

#include <argon2.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/secret.h"
#include "ra/passphrase.h"

#define REMEMBERED 1024 /* slow verifications that need not be done again */
#define BUSY_RETRY_AFTER 2

/* A human passphrase that argon2id has found right, remembered as a keyed hash under the verifier
 * it satisfied: the slow function runs once per passphrase, not once per device. */
struct remembered {
	int64_t passphrase_id;
	unsigned char hash[HASH_LEN];
};

/* `lock` guards the memory; `slow` is held by the one thread that runs argon2id: more at once would
 * be an attack's lever. */
struct passphrase_checker {
	struct secret pepper;
	struct limiter *limiter;
	pthread_mutex_t lock, slow;
	struct remembered memory[REMEMBERED];
	size_t next;
};

bool passphrase_checker_new(struct bytes pepper, struct passphrase_checker **ret, struct error *err)
{
	CLEANUP(passphrase_checker_freep)
	struct passphrase_checker *checker = calloc(1, sizeof *checker);

	if (!checker)
		return error_set(err, REASON_NO_MEMORY, "passphrase checker");
	pthread_mutex_init(&checker->lock, NULL);
	pthread_mutex_init(&checker->slow, NULL);
	if (!limiter_new(&checker->limiter, err) || !secret_copy(pepper, &checker->pepper, err))
		return false;
	*ret = TAKE(checker);
	return true;
}

void passphrase_checker_free(struct passphrase_checker *checker)
{
	if (!checker)
		return;
	limiter_free(checker->limiter);
	secret_done(&checker->pepper);
	pthread_mutex_destroy(&checker->lock);
	pthread_mutex_destroy(&checker->slow);
	memory_wipe(checker->memory, sizeof checker->memory);
	free(checker);
}

static struct bytes hash_view(const unsigned char hash[HASH_LEN])
{
	return (struct bytes){ hash, HASH_LEN };
}

static bool is_remembered(struct passphrase_checker *checker, int64_t passphrase_id,
			  const unsigned char hash[HASH_LEN])
{
	bool found = false;

	pthread_mutex_lock(&checker->lock);
	for (size_t i = 0; i < REMEMBERED; i++)
		found |= checker->memory[i].passphrase_id == passphrase_id &&
			 secret_equal(hash_view(checker->memory[i].hash), hash_view(hash));
	pthread_mutex_unlock(&checker->lock);
	return found;
}

static void remember(struct passphrase_checker *checker, int64_t passphrase_id,
		     const unsigned char hash[HASH_LEN])
{
	pthread_mutex_lock(&checker->lock);
	struct remembered *place = &checker->memory[checker->next++ % REMEMBERED];
	place->passphrase_id = passphrase_id;
	memcpy(place->hash, hash, HASH_LEN);
	pthread_mutex_unlock(&checker->lock);
}

struct candidate {
	struct bytes text;
	unsigned char hash[HASH_LEN]; /* keyed with the pepper */
};

static bool matches_slowly(struct passphrase_checker *checker, const struct passphrase *verifier,
			   const struct candidate *candidate, bool *ret_busy)
{
	char encoded[VERIFIER_MAX + 1];

	if (is_remembered(checker, verifier->id, candidate->hash))
		return true;
	if (pthread_mutex_trylock(&checker->slow) != 0) {
		*ret_busy = true;
		return false;
	}
	memcpy(encoded, verifier->verifier, verifier->verifier_len);
	encoded[verifier->verifier_len] = '\0';
	bool right =
		argon2id_verify(encoded, candidate->text.data, candidate->text.len) == ARGON2_OK;
	pthread_mutex_unlock(&checker->slow);
	if (right)
		remember(checker, verifier->id, candidate->hash);
	return right;
}

static bool matches(struct passphrase_checker *checker, const struct passphrase *verifier,
		    const struct candidate *candidate, bool *ret_busy)
{
	switch (verifier->kind) {
	case VERIFIER_HMAC:
		return secret_equal((struct bytes){ verifier->verifier, verifier->verifier_len },
				    hash_view(candidate->hash));
	case VERIFIER_ARGON2ID:
		return matches_slowly(checker, verifier, candidate, ret_busy);
	}
	return false;
}

static bool holds(const struct passphrase *verifier, int64_t profile_id, int64_t now)
{
	return verifier->profile_id == profile_id && (verifier->ends == 0 || now < verifier->ends);
}

/* Every verifier is tried with no early end, so that time does not tell which one matched. */
static bool any_matches(struct passphrase_checker *checker, const struct catalog *catalog,
			int64_t profile_id, const struct candidate *candidate, int64_t now,
			bool *ret_busy)
{
	bool right = false;

	for (size_t i = 0; i < catalog->passphrase_count; i++)
		if (holds(&catalog->passphrases[i], profile_id, now))
			right |= matches(checker, &catalog->passphrases[i], candidate, ret_busy);
	return right;
}

/* What cannot be a passphrase costs nothing to refuse. */
static bool prepare(struct passphrase_checker *checker, struct bytes text, struct candidate *ret)
{
	ret->text = passphrase_trim(text);
	return ret->text.len >= PASSPHRASE_MIN && ret->text.len <= PASSPHRASE_MAX &&
	       hash_hmac_sha256(secret_view(&checker->pepper), ret->text, ret->hash, NULL);
}

bool passphrase_check(struct passphrase_checker *checker, const struct catalog *catalog,
		      int64_t profile_id, const struct address *peer,
		      const struct bytes *candidates, size_t candidate_count, int64_t now,
		      struct error *err)
{
	bool right = false, busy = false;

	if (!limiter_check(checker->limiter, peer, profile_id, monotonic_ms(), err))
		return false;
	/* which reading of the header was meant is no secret, and each may cost a slow function */
	for (size_t i = 0; i < candidate_count && !right; i++) {
		struct candidate candidate;

		if (prepare(checker, candidates[i], &candidate))
			right = any_matches(checker, catalog, profile_id, &candidate, now, &busy);
	}
	if (right)
		return true;
	if (busy)
		return error_set_retry(err, REASON_BUSY, BUSY_RETRY_AFTER,
				       "another passphrase is being checked");
	limiter_note_failure(checker->limiter, peer, profile_id, monotonic_ms());
	return error_set(err, REASON_BAD_PASSPHRASE, "no passphrase of the profile matches");
}
