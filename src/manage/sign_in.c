#include "manage/sign_in.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "ra/limiter.h"
#include "ra/passphrase.h"

#define BUSY_RETRY_AFTER 1
#define NO_PROFILE 0 /* of limiter's buckets: no profile has this number */

struct sign_in {
	struct limiter *limiter;
	pthread_mutex_t slow;
	struct passphrase decoy; /* of a password that nobody has; made by the first sign-in, as
				    that is slow and a node starts fast; under `slow` */
};

static bool make_decoy(struct passphrase *ret, struct error *err)
{
	CLEANUP(secret_done) struct secret unknown = { 0 };

	return passphrase_generate(&unknown, err) &&
	       passphrase_make_verifier((struct bytes){ 0 }, secret_view(&unknown), false, ret,
					err);
}

bool sign_in_new(struct sign_in **ret, struct error *err)
{
	CLEANUP(sign_in_freep) struct sign_in *sign_in = calloc(1, sizeof *sign_in);

	if (!sign_in)
		return error_set(err, REASON_NO_MEMORY, "sign-in");
	pthread_mutex_init(&sign_in->slow, NULL);
	if (!limiter_new(&sign_in->limiter, err))
		return false;
	*ret = TAKE(sign_in);
	return true;
}

void sign_in_free(struct sign_in *sign_in)
{
	if (!sign_in)
		return;
	limiter_free(sign_in->limiter);
	pthread_mutex_destroy(&sign_in->slow);
	free(sign_in);
}

static struct bytes verifier_of(const struct sign_in *sign_in,
				const struct administrator *administrator)
{
	if (administrator && administrator->password_len)
		return (struct bytes){ administrator->password, administrator->password_len };
	return (struct bytes){ sign_in->decoy.verifier, sign_in->decoy.verifier_len };
}

/* The threads that operators wait for are too few to stand in a row here: who comes meanwhile
 * comes again. */
static bool matches(struct sign_in *sign_in, const struct administrator *administrator,
		    struct bytes password, bool *ret, struct error *err)
{
	/* what cannot be a password is not worth the slow function, whoever it was for */
	if (password.len > PASSPHRASE_MAX)
		return true;
	if (pthread_mutex_trylock(&sign_in->slow) != 0)
		return error_set_retry(err, REASON_BUSY, BUSY_RETRY_AFTER,
				       "another password is being checked");
	/* whoever it is, so that time does not tell whether there is such a name */
	bool ready = sign_in->decoy.verifier_len || make_decoy(&sign_in->decoy, err);
	*ret = ready && passphrase_matches_slowly(verifier_of(sign_in, administrator), password);
	pthread_mutex_unlock(&sign_in->slow);
	return ready;
}

bool sign_in_check(struct sign_in *sign_in, const struct administrator *administrator,
		   const struct address *peer, struct bytes password, struct error *err)
{
	const struct limiter_trial trial = limiter_usual(peer, NO_PROFILE);
	bool right = false;

	if (!limiter_check(sign_in->limiter, &trial, monotonic_ms(), err))
		return false;
	if (!matches(sign_in, administrator, password, &right, err))
		return false;
	if (right && administrator && administrator->password_len && !administrator->locked)
		return true;
	sign_in_note_failure(sign_in, peer);
	return error_set(err, REASON_BAD_SIGN_IN, "name, password or one-time password");
}

void sign_in_note_failure(struct sign_in *sign_in, const struct address *peer)
{
	const struct limiter_trial trial = limiter_usual(peer, NO_PROFILE);

	limiter_count(sign_in->limiter, &trial, monotonic_ms());
}

bool sign_in_set_password(struct administrator *administrator, struct bytes password,
			  struct error *err)
{
	struct passphrase verifier = { 0 };

	if (password.len < PASSWORD_MIN || password.len > PASSPHRASE_MAX)
		return error_set(err, REASON_INVALID, "a password has %d to %d bytes", PASSWORD_MIN,
				 PASSPHRASE_MAX);
	if (passphrase_trim(password).len != password.len)
		return error_set(err, REASON_INVALID,
				 "a password neither begins nor ends with white space");
	if (!passphrase_make_verifier((struct bytes){ 0 }, password, false, &verifier, err))
		return false;
	memcpy(administrator->password, verifier.verifier, verifier.verifier_len);
	administrator->password_len = verifier.verifier_len;
	return true;
}
