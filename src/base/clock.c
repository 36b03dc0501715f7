#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t system_now(const struct clock *clock)
{
	struct timespec now;

	(void)clock;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

static int64_t fixed_now(const struct clock *clock)
{
	return clock->fixed;
}

const struct clock clock_system = { .now = system_now };

struct clock clock_fixed(int64_t seconds)
{
	return (struct clock){ .now = fixed_now, .fixed = seconds };
}

uint64_t realtime_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t monotonic_ms(void)
{
	return monotonic_us() / 1000;
}

const char *time_to_text(int64_t seconds, char into[TIME_TEXT_MAX])
{
	time_t when = seconds;
	struct tm utc;

	if (!gmtime_r(&when, &utc) || utc.tm_year < -1900 || utc.tm_year > 8099)
		return memcpy(into, "-", 2);
	strftime(into, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &utc);
	return into;
}

bool time_from_text(const char *text, int64_t *ret)
{
	struct tm utc = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc);

	if (!end || *end) {
		utc = (struct tm){ 0 };
		end = strptime(text, "%Y-%m-%d", &utc);
	}
	if (!end || *end)
		return false;
	*ret = timegm(&utc);
	return true;
}
