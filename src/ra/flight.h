/* One request of a kind at a time: the same device asking fifty times at once gets one certificate,
 * fifty times. */
#pragma once

#include "base/error.h"
#include "base/hash.h"

struct flight;
struct flight_seat;

MUST_CHECK bool flight_new(struct flight **ret, struct error *err);
void flight_free(struct flight *flight);
DEFINE_CLEANUP(struct flight *, flight_free)

/* Waits while another thread holds a seat under this key, then takes it. */
MUST_CHECK bool flight_enter(struct flight *flight, const unsigned char key[HASH_LEN],
			     struct flight_seat **ret, struct error *err);
void flight_leave(struct flight_seat *seat); /* NULL is fine */
DEFINE_CLEANUP(struct flight_seat *, flight_leave)
