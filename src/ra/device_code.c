#include "ra/device_code.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/secret.h"
#include "ra/passphrase.h"
#include "store/store_device.h"
#include "store/store_device_code.h"

#define BUSY_RETRY_AFTER 2

/* A short code can be guessed at by whoever knows its device's name, so each address has the
 * profile's tries at it, and earns them back so slowly; whoever has the code is served elsewhere.
 * Only so many times as many, from ever more addresses, lock it: of eight digits at most a hundred
 * thousandth has been tried by then, with the usual ten tries. */
#define MS_PER_GUESS ((uint64_t)60 * 60 * 1000)
#define ADDRESSES_TO_LOCK 100

/* `slow` is held by the one thread that runs argon2id: more at once would be an attack's lever. */
struct code_checker {
	struct store *store;
	struct secret pepper;
	struct limiter *limiter; /* per profile */
	struct limiter *guesses; /* per short code; under `slow` from its question to its answer */
	pthread_mutex_t slow;
};

bool code_checker_new(struct store *store, struct bytes pepper, struct code_checker **ret,
		      struct error *err)
{
	CLEANUP(code_checker_freep) struct code_checker *checker = calloc(1, sizeof *checker);

	if (!checker)
		return error_set(err, REASON_NO_MEMORY, "code checker");
	checker->store = store;
	pthread_mutex_init(&checker->slow, NULL);
	if (!limiter_new(&checker->limiter, err) || !limiter_new(&checker->guesses, err) ||
	    !secret_copy(pepper, &checker->pepper, err))
		return false;
	*ret = TAKE(checker);
	return true;
}

void code_checker_free(struct code_checker *checker)
{
	if (!checker)
		return;
	limiter_free(checker->limiter);
	limiter_free(checker->guesses);
	secret_done(&checker->pepper);
	pthread_mutex_destroy(&checker->slow);
	free(checker);
}

/* A short code is guessed in no time from a keyed hash once the key is stolen too, so argon2id lies
 * over it: the store alone gives nothing to guess at, store and pepper only slow guesses. One run
 * is cheap enough to import some thousands, and dear enough with a lock after a few wrong ones. */
static const struct slow_cost code_cost = { 1, 4096 };

static bool make_given(struct bytes pepper, struct bytes text, struct passphrase *ret,
		       struct error *err)
{
	unsigned char hash[HASH_LEN];

	return passphrase_check_text(text, err) && hash_hmac_sha256(pepper, text, hash, err) &&
	       passphrase_make_slowly((struct bytes){ hash, HASH_LEN }, &code_cost, ret, err);
}

bool device_code_make_verifier(struct bytes pepper, struct bytes code, bool generated,
			       struct device_code *ret, struct error *err)
{
	struct bytes text = passphrase_trim(code);
	struct passphrase made = { 0 };

	if (generated && !passphrase_make_verifier(pepper, text, true, &made, err))
		return false;
	if (!generated && !make_given(pepper, text, &made, err))
		return false;
	ret->kind = made.kind;
	ret->verifier_len = made.verifier_len;
	memcpy(ret->verifier, made.verifier, made.verifier_len);
	return true;
}

/* REASON_NOT_FOUND is an answer, everything else a failure. */
static bool found_or_failed(bool found, const struct error *why, bool *ret_found, struct error *err)
{
	*ret_found = found;
	if (found || why->reason == REASON_NOT_FOUND)
		return true;
	*err = *why;
	return false;
}

/* -- generated codes, by their hash -- */

static bool find_by_hash(struct code_checker *checker, const struct code_question *question,
			 struct bytes text, struct device_code *ret, bool *ret_found,
			 struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	unsigned char hash[HASH_LEN];
	struct error why = { 0 };

	if (!hash_hmac_sha256(secret_view(&checker->pepper), text, hash, err) ||
	    !store_begin(checker->store, &tx, err))
		return false;
	bool found = store_device_code_find_by_hash(tx, question->profile->id, hash, ret, &why);
	return found_or_failed(found, &why, ret_found, err);
}

static bool is_possible(struct bytes text)
{
	return text.len >= DEVICE_CODE_MIN && text.len <= DEVICE_CODE_MAX;
}

static bool find_generated(struct code_checker *checker, const struct code_question *question,
			   struct device_code *ret, bool *ret_found, struct error *err)
{
	*ret_found = false;
	for (size_t i = 0; i < question->candidate_count && !*ret_found; i++) {
		struct bytes text = passphrase_trim(question->candidates[i]);

		if (is_possible(text) &&
		    !find_by_hash(checker, question, text, ret, ret_found, err))
			return false;
	}
	return true;
}

/* -- given codes, by the device -- */

static bool find_by_name(struct code_checker *checker, const struct code_question *question,
			 const char *name, struct device *ret, bool *ret_found, struct error *err)
{
	struct error why = { 0 };
	bool found = store_device_find_by_identity(checker->store, question->profile->id, name,
						   name, ret, &why);

	return found_or_failed(found, &why, ret_found, err);
}

/* Whom the request says it comes from. A certificate's word stands; else the first that is known.
 */
static bool find_named(struct code_checker *checker, const struct code_question *question,
		       int64_t *ret_device_id, struct error *err)
{
	struct device device;
	bool found = false;

	*ret_device_id = question->device_id;
	for (size_t i = 0; i < question->name_count && !*ret_device_id; i++) {
		if (!question->names[i])
			continue;
		if (!find_by_name(checker, question, question->names[i], &device, &found, err))
			return false;
		if (found)
			*ret_device_id = device.id;
	}
	return true;
}

static bool any_verifies(const struct code_checker *checker, const struct code_question *question,
			 const struct device_code *code)
{
	const struct bytes verifier = { code->verifier, code->verifier_len };
	unsigned char hash[HASH_LEN];
	bool right = false;

	for (size_t i = 0; i < question->candidate_count && !right; i++) {
		struct bytes text = passphrase_trim(question->candidates[i]);

		right = is_possible(text) &&
			hash_hmac_sha256(secret_view(&checker->pepper), text, hash, NULL) &&
			passphrase_matches_slowly(verifier, (struct bytes){ hash, HASH_LEN });
	}
	return right;
}

/* What became of a question. */
struct sought {
	struct device_code code;
	int64_t device_id; /* whom the request names; 0: nobody that is known */
	bool found;
	bool is_short;        /* the named device's code can be guessed */
	struct error guessed; /* this address has had its tries */
};

static void try_code(struct code_checker *checker, const struct code_question *question,
		     struct sought *sought)
{
	unsigned int tries = question->profile->code_tries;
	const struct limiter_trial trial = { question->peer, sought->code.id, tries, MS_PER_GUESS };

	if (tries && !limiter_check(checker->guesses, &trial, monotonic_ms(), NULL)) {
		(void)!error_set(&sought->guessed, REASON_CODE_GUESSED, "after %u wrong ones",
				 tries);
		return;
	}
	sought->found = any_verifies(checker, question, &sought->code);
	if (tries && !sought->found)
		limiter_count(checker->guesses, &trial, monotonic_ms());
}

static bool try_slowly(struct code_checker *checker, const struct code_question *question,
		       struct sought *sought, struct error *err)
{
	if (pthread_mutex_trylock(&checker->slow) != 0)
		return error_set_retry(err, REASON_BUSY, BUSY_RETRY_AFTER,
				       "another code is being checked");
	try_code(checker, question, sought);
	pthread_mutex_unlock(&checker->slow);
	return true;
}

static bool find_of_device(struct code_checker *checker, int64_t device_id, struct device_code *ret,
			   bool *ret_found, struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	struct error why = { 0 };

	if (!store_begin(checker->store, &tx, err))
		return false;
	bool found = store_device_code_find_by_device(tx, device_id, ret, &why);
	return found_or_failed(found, &why, ret_found, err);
}

static bool find_given(struct code_checker *checker, const struct code_question *question,
		       struct sought *sought, struct error *err)
{
	bool there = false;

	if (!find_of_device(checker, sought->device_id, &sought->code, &there, err))
		return false;
	sought->is_short = there && sought->code.kind == VERIFIER_ARGON2ID;
	if (!sought->is_short)
		return true;
	/* a locked code is not tried: guessing goes no further, and costs nothing */
	if (sought->code.locked_at) {
		sought->found = true;
		return true;
	}
	return try_slowly(checker, question, sought, err);
}

/* -- the verdict -- */

static void note_failure(struct code_checker *checker, const struct code_question *question)
{
	const struct limiter_trial trial = limiter_usual(question->peer, question->profile->id);

	limiter_count(checker->limiter, &trial, monotonic_ms());
}

/* Against the device, whose operator reads it there; what was made here has 130 bits, and no number
 * of guesses locks it. */
static bool count_guess(struct code_checker *checker, const struct code_question *question,
			const struct sought *sought, bool *ret_locked, struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	unsigned int tries =
		sought->is_short ? question->profile->code_tries * ADDRESSES_TO_LOCK : 0;

	return !sought->device_id ||
	       (store_begin(checker->store, &tx, err) &&
		store_device_code_note_failure(tx, sought->device_id, tries, question->now,
					       ret_locked, err) &&
		store_commit_lazily(TAKE(tx), err));
}

/* Who guesses at a locked code is told of the lock, as is who has it. */
static bool refuse_wrong(struct code_checker *checker, const struct code_question *question,
			 const struct sought *sought, struct code_finding *ret, struct error *err)
{
	bool locked = false;

	note_failure(checker, question);
	if (sought->guessed.reason != REASON_NONE) {
		ret->failure = sought->guessed;
		return true;
	}
	if (!count_guess(checker, question, sought, &locked, err))
		return false;
	if (locked)
		(void)!error_set(&ret->failure, REASON_CODE_LOCKED,
				 "the code of this device is locked");
	else
		(void)!error_set(&ret->failure, REASON_BAD_CODE, "no code of the %s matches",
				 sought->device_id ? "device" : "profile");
	return true;
}

bool device_code_check(const struct device_code *code, int64_t now, struct error *err)
{
	switch (device_code_state(code, now)) {
	case CODE_LIVE:
		return true;
	case CODE_LOCKED:
		return error_set(err, REASON_CODE_LOCKED, "after %lld wrong ones",
				 (long long)code->failures);
	case CODE_EXPIRED:
		return error_set(err, REASON_CODE_EXPIRED, "the code has ended");
	case CODE_USED_UP:
		return error_set(err, REASON_CODE_USED_UP, "all %lld uses are spent",
				 (long long)code->uses_max);
	}
	return error_set(err, REASON_INTERNAL, "a code in an unknown state");
}

static bool seek(struct code_checker *checker, const struct code_question *question,
		 struct sought *ret, struct error *err)
{
	if (!find_generated(checker, question, &ret->code, &ret->found, err))
		return false;
	if (ret->found)
		return true;
	return find_named(checker, question, &ret->device_id, err) &&
	       (!ret->device_id || find_given(checker, question, ret, err));
}

bool code_check(struct code_checker *checker, const struct code_question *question,
		struct code_finding *ret, struct error *err)
{
	const struct limiter_trial trial = limiter_usual(question->peer, question->profile->id);
	struct sought sought = { 0 };

	ret->offered = true;
	if (!limiter_check(checker->limiter, &trial, monotonic_ms(), &ret->failure))
		return true;
	if (!seek(checker, question, &sought, err))
		return false;
	if (!sought.found)
		return refuse_wrong(checker, question, &sought, ret, err);
	ret->id = sought.code.id;
	ret->device_id = sought.code.device_id;
	(void)!device_code_check(&sought.code, question->now, &ret->failure);
	/* whether it is guessed at or known: it leads nowhere, and trying on is slowed */
	if (ret->failure.reason == REASON_CODE_LOCKED)
		note_failure(checker, question);
	return true;
}
