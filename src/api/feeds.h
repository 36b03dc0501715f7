/* The answers that go on: event streams, and lists being written. However many of them one account
 * has, another's begins. */
#pragma once

#include "base/error.h"

#define FEEDS_MAX 256
#define FEEDS_PER_ACCOUNT 32
#define FEED_ACCOUNT_MAX 64 /* as long as names of accounts are; of others the beginning counts */

struct feeds {
	struct feed_place {
		bool taken;
		char account[FEED_ACCOUNT_MAX + 1]; /* "": the node's */
	} places[FEEDS_MAX];
};

/* REASON_BUSY with a delay when there is no place, or not for this account, "" or NULL being the
 * node's. */
MUST_CHECK bool feeds_take(struct feeds *feeds, const char *account, struct feed_place **ret,
			   struct error *err);
void feed_place_give(struct feed_place *place); /* NULL is fine */
