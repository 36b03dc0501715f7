#include "bestow/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/random.h"

#define BACKOFF_MIN 60
#define BACKOFF_MAX 86400
#define BACKOFF_DOUBLINGS_MAX 11

/* 0 to `below`, not counting that; without randomness, the middle. */
static int64_t draw(int64_t below)
{
	uint64_t random;

	if (below <= 0)
		return 0;
	return random_fill(&random, sizeof random, NULL) ? (int64_t)(random % (uint64_t)below)
							 : below / 2;
}

static bool read_window(const char *text, int64_t life, int64_t *ret)
{
	char *end = NULL;
	long percent = strtol(text, &end, 10);

	if (end != text && strcmp(end, "%") == 0) {
		*ret = life * percent / 100;
		return percent >= 1 && percent <= 99;
	}
	return duration_from_text(text, ret) && *ret > 0;
}

bool schedule_renewal(const struct validity *validity, const char *window, struct schedule *ret,
		      struct error *err)
{
	int64_t life = validity->not_after - validity->not_before, len;

	window = window ? window : SCHEDULE_WINDOW_DEFAULT;
	if (!read_window(window, life, &len))
		return error_set(err, REASON_CONFIG, "window = %s: 1%% to 99%%, or a duration",
				 window);
	/* a duration longer than the certificate would renew without end */
	if (len > life * 9 / 10)
		len = life * 9 / 10;
	ret->opens = validity->not_after - len;
	ret->picked = ret->opens + draw(len / 2);
	return true;
}

int64_t schedule_backoff(int64_t failures, uint32_t retry_after, int64_t left)
{
	int64_t doublings = failures < 1 ? 0 : failures - 1;
	int64_t wait = BACKOFF_MIN
		       << (doublings < BACKOFF_DOUBLINGS_MAX ? doublings : BACKOFF_DOUBLINGS_MAX);

	if (wait > BACKOFF_MAX)
		wait = BACKOFF_MAX;
	if (left > 0 && wait > left / 8)
		wait = left / 8 > BACKOFF_MIN ? left / 8 : BACKOFF_MIN;
	if (wait < retry_after)
		wait = retry_after;
	return wait + draw(wait / 4);
}
