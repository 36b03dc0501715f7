/* A histogram: how many of the measured were at most so large, and how large they were together.
 * Many may measure at a time; it may lie in memory that processes share. */
#pragma once

#include <stddef.h>

#include "base/counter.h"

#define METER_BOUNDS 16

/* What is measured: durations in microseconds, or how many things there were. */
enum meter_scale { METER_DURATION, METER_SIZE, METER_SCALE_COUNT };

struct meter {
	struct counter buckets[METER_BOUNDS + 1]; /* the last: larger than all bounds */
	struct counter sum;
};

/* The upper bound of a bucket but the last. */
uint64_t meter_bound(enum meter_scale scale, size_t bucket);
/* Nothing happens where `meter` is NULL: nobody measures. */
void meter_add(struct meter *meter, enum meter_scale scale, uint64_t value);
