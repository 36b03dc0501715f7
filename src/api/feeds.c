#include "api/feeds.h"

#include <stdio.h>
#include <string.h>

#define RETRY_AFTER 10

bool feeds_take(struct feeds *feeds, const char *account, struct feed_place **ret,
		struct error *err)
{
	struct feed_place wanted = { .taken = true }, *room = NULL;
	size_t same = 0;

	snprintf(wanted.account, sizeof wanted.account, "%s", account ? account : "");
	for (size_t i = 0; i < FEEDS_MAX; i++) {
		struct feed_place *place = &feeds->places[i];

		if (!place->taken)
			room = place;
		else
			same += strcmp(place->account, wanted.account) == 0;
	}
	if (!room || same >= FEEDS_PER_ACCOUNT)
		return error_set_retry(err, REASON_BUSY, RETRY_AFTER,
				       "too many streams and lists are open");
	*room = wanted;
	*ret = room;
	return true;
}

void feed_place_give(struct feed_place *place)
{
	if (place)
		place->taken = false;
}
