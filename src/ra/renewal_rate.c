/* How often one device renews. One that renews in a loop, by a defect or with a stolen key, would
 * fill the store and the CRL with certificates that nobody needs. A device is who has the names of
 * the renewed certificate and comes from this address: an RA's devices are told apart by name, and
 * a fleet that shares a name by address. */
#include "ra/enrollment.h"

#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/pack.h"

#define MINUTE_MS (60 * 1000)

static bool number_of_device(const struct enrollment *e, int64_t *ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	unsigned char hash[HASH_LEN];

	pack_u64(&text, (uint64_t)e->profile->id);
	pack_string(&text, e->facts.renewed->subject);
	pack_string(&text, e->facts.renewed->san);
	if (!buffer_ok(&text))
		return error_set(err, REASON_NO_MEMORY, "renewal rate");
	if (!hash_sha256(buffer_view(&text), hash, err))
		return false;
	memcpy(ret, hash, sizeof *ret);
	return true;
}

bool renewal_rate_take(struct enrollment *e, struct error *err)
{
	unsigned int per_minute = e->profile->renewals_per_minute;
	struct limiter_trial trial = { .peer = &e->request->peer, .burst = per_minute };
	struct error wait = { 0 };

	if (!e->verdict.renews || per_minute == 0)
		return true;
	trial.ms_per_try = MINUTE_MS / per_minute;
	if (!number_of_device(e, &trial.target, err))
		return false;
	if (!limiter_check(e->ra->renewals, &trial, monotonic_ms(), &wait))
		return error_set_retry(err, REASON_RENEWAL_RATE, wait.retry_after,
				       "more than %u renewals in a minute", per_minute);
	limiter_count(e->ra->renewals, &trial, monotonic_ms());
	return true;
}
