/* The same request at once, from many threads: one at a time; different requests do not wait for
 * each other. */
#include "ra/flight.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "test.h"

#define THREADS 8
#define ROUNDS 200

struct shared {
	struct flight *flight;
	atomic_int inside, most, done;
};

static void *fly(void *context)
{
	struct shared *shared = context;
	const unsigned char key[HASH_LEN] = { 1 };

	for (int i = 0; i < ROUNDS; i++) {
		struct flight_seat *seat = NULL;

		if (!flight_enter(shared->flight, key, &seat, NULL))
			return NULL;
		int inside = atomic_fetch_add(&shared->inside, 1) + 1;
		if (inside > atomic_load(&shared->most))
			atomic_store(&shared->most, inside);
		atomic_fetch_sub(&shared->inside, 1);
		atomic_fetch_add(&shared->done, 1);
		flight_leave(seat);
	}
	return NULL;
}

TEST(rn_11_one_seat_per_key)
{
	struct shared shared = { 0 };
	pthread_t threads[THREADS];
	struct error err;

	EXPECT_OK(flight_new(&shared.flight, &err), err);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fly, &shared), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(shared.done, THREADS * ROUNDS);
	assert_int_equal(shared.most, 1);
	flight_free(shared.flight);
}

TEST(another_key_does_not_wait)
{
	const unsigned char one[HASH_LEN] = { 1 }, two[HASH_LEN] = { 2 };
	CLEANUP(flight_freep) struct flight *flight = NULL;
	struct flight_seat *first = NULL, *second = NULL;
	struct error err;

	EXPECT_OK(flight_new(&flight, &err), err);
	EXPECT_OK(flight_enter(flight, one, &first, &err), err);
	EXPECT_OK(flight_enter(flight, two, &second, &err), err);
	flight_leave(first);
	flight_leave(second);
}

TEST_MAIN(RUN(rn_11_one_seat_per_key), RUN(another_key_does_not_wait))
