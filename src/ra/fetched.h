/* Who has fetched /cacerts since a rollover began. */
#pragma once

#include "model/fetch.h"
#include "ra/ra.h"

/* Counts it for each rollover that the profile's chain has to do with. Best effort; durable with
 * the next commit. */
void ra_note_fetch(struct ra *ra, const struct fetch *fetch);
