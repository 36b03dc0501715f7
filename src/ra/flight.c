#include "ra/flight.h"

#include <pthread.h>
#include <string.h>

/* The seats taken, at most one per worker thread; `lock` guards the list, `left` tells of a freed
 * seat. */
struct flight {
	pthread_mutex_t lock;
	pthread_cond_t left;
	struct flight_seat *seats;
};

struct flight_seat {
	struct flight *flight;
	unsigned char key[HASH_LEN];
	struct flight_seat *next;
};

bool flight_new(struct flight **ret, struct error *err)
{
	struct flight *flight = calloc(1, sizeof *flight);

	if (!flight)
		return error_set(err, REASON_NO_MEMORY, "flight");
	pthread_mutex_init(&flight->lock, NULL);
	pthread_cond_init(&flight->left, NULL);
	*ret = flight;
	return true;
}

void flight_free(struct flight *flight)
{
	if (!flight)
		return;
	pthread_cond_destroy(&flight->left);
	pthread_mutex_destroy(&flight->lock);
	free(flight);
}

static bool is_taken(const struct flight *flight, const unsigned char key[HASH_LEN])
{
	for (const struct flight_seat *seat = flight->seats; seat; seat = seat->next)
		if (memcmp(seat->key, key, HASH_LEN) == 0)
			return true;
	return false;
}

bool flight_enter(struct flight *flight, const unsigned char key[HASH_LEN],
		  struct flight_seat **ret, struct error *err)
{
	struct flight_seat *seat = calloc(1, sizeof *seat);

	if (!seat)
		return error_set(err, REASON_NO_MEMORY, "flight");
	seat->flight = flight;
	memcpy(seat->key, key, HASH_LEN);
	pthread_mutex_lock(&flight->lock);
	while (is_taken(flight, key))
		pthread_cond_wait(&flight->left, &flight->lock);
	seat->next = flight->seats;
	flight->seats = seat;
	pthread_mutex_unlock(&flight->lock);
	*ret = seat;
	return true;
}

void flight_leave(struct flight_seat *seat)
{
	if (!seat)
		return;
	struct flight *flight = seat->flight;

	pthread_mutex_lock(&flight->lock);
	struct flight_seat **place = &flight->seats;
	while (*place != seat)
		place = &(*place)->next;
	*place = seat->next;
	pthread_cond_broadcast(&flight->left);
	pthread_mutex_unlock(&flight->lock);
	free(seat);
}
