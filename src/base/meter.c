#include "base/meter.h"

static const uint64_t bounds[METER_SCALE_COUNT][METER_BOUNDS] = {
	[METER_DURATION] = { 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
			     500000, 1000000, 2500000, 5000000, 10000000 },
	[METER_SIZE] = { 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 128, 256, 512, 1024 },
};

uint64_t meter_bound(enum meter_scale scale, size_t bucket)
{
	return bounds[scale][bucket];
}

void meter_add(struct meter *meter, enum meter_scale scale, uint64_t value)
{
	size_t bucket = 0;

	if (!meter)
		return;
	while (bucket < METER_BOUNDS && value > bounds[scale][bucket])
		bucket++;
	counter_add(&meter->buckets[bucket], 1);
	counter_add(&meter->sum, value);
}
