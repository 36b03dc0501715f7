/* What an edge holds ready: publications by kind and name, each in memory that answers on their way
 * may still point to. One thread. */
#pragma once

#include "model/publication.h"

struct held {
	struct publication publication;
	struct bytes message; /* that it lies in */
	void (*release)(struct bytes message);
	unsigned int references;
};

struct shelf {
	struct held **items;
	size_t count;
};

/* Takes over `message` in any case. */
MUST_CHECK bool shelf_put(struct shelf *shelf, struct bytes message,
			  void (*release)(struct bytes message), struct error *err);
/* NULL when there is none. Borrowed until the next shelf_put(). */
struct held *shelf_find(const struct shelf *shelf, enum publication_kind kind, const char *name);
void shelf_done(struct shelf *shelf);

struct held *held_ref(struct held *held);
void held_unref(void *held); /* a struct held */
