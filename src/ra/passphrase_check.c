#include "ra/passphrase_check.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/secret.h"
#include "ra/passphrase.h"

#define REMEMBERED 1024 /* slow verifications that need not be done again */
#define BUSY_RETRY_AFTER 2

/* A human passphrase that argon2id has found right, remembered as a keyed hash of it and of the
 * verifier it satisfied: the slow function runs once per passphrase, not once per device. The
 * verifier's own bytes, because a store gives the number of a passphrase that ended to the next. */
struct remembered {
	unsigned char hash[HASH_LEN]; /* all zeros: none */
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

struct candidate {
	struct bytes text;
	unsigned char hash[HASH_LEN]; /* keyed with the pepper */
};

/* False when memory is out; then nothing is remembered. */
static bool hash_pair(const struct passphrase_checker *checker, const struct passphrase *verifier,
		      const struct candidate *candidate, unsigned char ret[HASH_LEN])
{
	CLEANUP(buffer_wipe) struct buffer pair = { 0 };

	buffer_append(&pair, hash_view(candidate->hash));
	buffer_append(&pair, (struct bytes){ verifier->verifier, verifier->verifier_len });
	return buffer_ok(&pair) &&
	       hash_hmac_sha256(secret_view(&checker->pepper), buffer_view(&pair), ret, NULL);
}

static bool is_remembered(struct passphrase_checker *checker, const struct passphrase *verifier,
			  const struct candidate *candidate)
{
	unsigned char hash[HASH_LEN];
	bool found = false;

	if (!hash_pair(checker, verifier, candidate, hash))
		return false;

	pthread_mutex_lock(&checker->lock);
	for (size_t i = 0; i < REMEMBERED; i++)
		found |= secret_equal(hash_view(checker->memory[i].hash), hash_view(hash));
	pthread_mutex_unlock(&checker->lock);
	return found;
}

static void remember(struct passphrase_checker *checker, const struct passphrase *verifier,
		     const struct candidate *candidate)
{
	unsigned char hash[HASH_LEN];

	if (!hash_pair(checker, verifier, candidate, hash))
		return;
	pthread_mutex_lock(&checker->lock);
	memcpy(checker->memory[checker->next++ % REMEMBERED].hash, hash, HASH_LEN);
	pthread_mutex_unlock(&checker->lock);
}

static bool matches_slowly(struct passphrase_checker *checker, const struct passphrase *verifier,
			   const struct candidate *candidate, bool *ret_busy)
{
	if (pthread_mutex_trylock(&checker->slow) != 0) {
		*ret_busy = true;
		return false;
	}
	bool right = passphrase_matches_slowly(
		(struct bytes){ verifier->verifier, verifier->verifier_len }, candidate->text);
	pthread_mutex_unlock(&checker->slow);
	if (right)
		remember(checker, verifier, candidate);
	return right;
}

static bool matches_fast(struct passphrase_checker *checker, const struct passphrase *verifier,
			 const struct candidate *candidate)
{
	switch (verifier->kind) {
	case VERIFIER_HMAC:
		return secret_equal((struct bytes){ verifier->verifier, verifier->verifier_len },
				    hash_view(candidate->hash));
	case VERIFIER_ARGON2ID:
		return is_remembered(checker, verifier, candidate);
	}
	return false;
}

struct question {
	const struct catalog *catalog;
	int64_t profile_id, now;
};

static bool holds(const struct passphrase *verifier, int64_t profile_id, int64_t now)
{
	return verifier->profile_id == profile_id && (verifier->ends == 0 || now < verifier->ends);
}

/* Every verifier is tried with no early end, so that time does not tell which one matched. */
static bool any_matches_fast(struct passphrase_checker *checker, const struct question *question,
			     const struct candidate *candidate)
{
	const struct catalog *catalog = question->catalog;
	bool right = false;

	for (size_t i = 0; i < catalog->passphrase_count; i++)
		if (holds(&catalog->passphrases[i], question->profile_id, question->now))
			right |= matches_fast(checker, &catalog->passphrases[i], candidate);
	return right;
}

static bool any_matches_slowly(struct passphrase_checker *checker, const struct question *question,
			       const struct candidate *candidate, bool *ret_busy)
{
	const struct catalog *catalog = question->catalog;
	bool right = false;

	for (size_t i = 0; i < catalog->passphrase_count; i++)
		if (holds(&catalog->passphrases[i], question->profile_id, question->now) &&
		    catalog->passphrases[i].kind == VERIFIER_ARGON2ID)
			right |= matches_slowly(checker, &catalog->passphrases[i], candidate,
						ret_busy);
	return right;
}

/* What cannot be a passphrase costs nothing to refuse. */
static bool prepare(struct passphrase_checker *checker, struct bytes text, struct candidate *ret)
{
	ret->text = passphrase_trim(text);
	return ret->text.len >= PASSPHRASE_MIN && ret->text.len <= PASSPHRASE_MAX &&
	       hash_hmac_sha256(secret_view(&checker->pepper), ret->text, ret->hash, NULL);
}

/* Which reading of the header was meant is no secret, and each may cost a slow function; so what is
 * fast is asked of all of them first. */
static bool any_candidate_matches(struct passphrase_checker *checker,
				  const struct question *question, const struct bytes *texts,
				  size_t count, bool *ret_busy)
{
	struct candidate candidate;
	bool right = false;

	for (size_t i = 0; i < count && !right; i++)
		right = prepare(checker, texts[i], &candidate) &&
			any_matches_fast(checker, question, &candidate);
	for (size_t i = 0; i < count && !right; i++)
		right = prepare(checker, texts[i], &candidate) &&
			any_matches_slowly(checker, question, &candidate, ret_busy);
	return right;
}

bool passphrase_check(struct passphrase_checker *checker, const struct catalog *catalog,
		      int64_t profile_id, const struct address *peer,
		      const struct bytes *candidates, size_t candidate_count, int64_t now,
		      struct error *err)
{
	const struct question question = { catalog, profile_id, now };
	const struct limiter_trial trial = limiter_usual(peer, profile_id);
	bool busy = false;

	if (!limiter_check(checker->limiter, &trial, monotonic_ms(), err))
		return false;
	if (any_candidate_matches(checker, &question, candidates, candidate_count, &busy))
		return true;
	if (busy)
		return error_set_retry(err, REASON_BUSY, BUSY_RETRY_AFTER,
				       "another passphrase is being checked");
	limiter_count(checker->limiter, &trial, monotonic_ms());
	return error_set(err, REASON_BAD_PASSPHRASE, "no passphrase of the profile matches");
}
