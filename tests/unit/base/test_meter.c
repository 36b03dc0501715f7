#include "test.h"

#include "base/meter.h"

TEST(nobody_measures_without_a_meter)
{
	meter_add(NULL, METER_DURATION, 5);
}

TEST(a_value_is_counted_in_the_least_bucket_that_holds_it)
{
	struct meter meter = { 0 };

	meter_add(&meter, METER_DURATION, 100);
	meter_add(&meter, METER_DURATION, 101);
	assert_int_equal(counter_read(&meter.buckets[0]), 1);
	assert_int_equal(counter_read(&meter.buckets[1]), 1);
	assert_int_equal(counter_read(&meter.sum), 201);
}

TEST(what_is_beyond_all_bounds_is_counted_too)
{
	struct meter meter = { 0 };

	meter_add(&meter, METER_SIZE, UINT32_MAX);
	assert_int_equal(counter_read(&meter.buckets[METER_BOUNDS]), 1);
}

TEST(bounds_rise)
{
	for (enum meter_scale scale = 0; scale < METER_SCALE_COUNT; scale++)
		for (size_t i = 1; i < METER_BOUNDS; i++)
			assert_true(meter_bound(scale, i - 1) < meter_bound(scale, i));
}

TEST_MAIN(RUN(nobody_measures_without_a_meter),
	  RUN(a_value_is_counted_in_the_least_bucket_that_holds_it),
	  RUN(what_is_beyond_all_bounds_is_counted_too), RUN(bounds_rise))
