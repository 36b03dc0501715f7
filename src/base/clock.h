/* Time: wall-clock seconds as an argument to pure code, a struct clock * in workflows. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct clock {
	int64_t (*now)(const struct clock *clock); /* Unix seconds, UTC */
	int64_t fixed;                             /* for clock_fixed */
};

extern const struct clock clock_system;

/* A clock that always tells `seconds`: for tests. */
struct clock clock_fixed(int64_t seconds);

static inline int64_t clock_now(const struct clock *clock)
{
	return clock->now(clock);
}

/* Unix milliseconds, for what is to be in the order of time and may be wrong. */
uint64_t realtime_ms(void);

/* Monotonic milliseconds, for timers and durations only. */
uint64_t monotonic_ms(void);
/* The same in microseconds. */
uint64_t monotonic_us(void);

#define TIME_TEXT_MAX 32
/* "2026-11-23T17:45:00Z"; returns `into`. Years 0 to 9999 only, else "-". */
const char *time_to_text(int64_t seconds, char into[TIME_TEXT_MAX]);
/* The same form back, and "YYYY-MM-DD"; false if it is neither. */
bool time_from_text(const char *text, int64_t *ret);
