#include "va/held.h"

#include <string.h>

#define HELD_MAX 4096

struct held *held_ref(struct held *held)
{
	held->references++;
	return held;
}

void held_unref(void *context)
{
	struct held *held = context;

	if (--held->references > 0)
		return;
	held->release(held->message);
	free(held);
}

struct held *shelf_find(const struct shelf *shelf, enum publication_kind kind, const char *name)
{
	for (size_t i = 0; i < shelf->count; i++)
		if (shelf->items[i]->publication.kind == kind &&
		    strcmp(shelf->items[i]->publication.name, name) == 0)
			return shelf->items[i];
	return NULL;
}

static bool add(struct shelf *shelf, struct held *held, struct error *err)
{
	struct held **grown = NULL;

	if (shelf->count < HELD_MAX)
		grown = reallocarray(shelf->items, shelf->count + 1, sizeof(struct held *));
	if (!grown)
		return error_set(err, REASON_NO_MEMORY, "publications");
	shelf->items = grown;
	shelf->items[shelf->count++] = held;
	return true;
}

/* An older CRL than the one held, which a slow message may be, is not gone back to. */
static bool replace(struct held **place, struct held *held)
{
	if (held->publication.number < (*place)->publication.number)
		return false;
	held_unref(*place);
	*place = held;
	return true;
}

bool shelf_put(struct shelf *shelf, struct bytes message, void (*release)(struct bytes message),
	       struct error *err)
{
	struct held *held = calloc(1, sizeof *held);

	if (!held) {
		release(message);
		return error_set(err, REASON_NO_MEMORY, "publication");
	}
	*held = (struct held){ .message = message, .release = release, .references = 1 };
	if (!publication_unpack(message, &held->publication, err)) {
		held_unref(held);
		return false;
	}
	for (size_t i = 0; i < shelf->count; i++) {
		const struct publication *there = &shelf->items[i]->publication;
		if (there->kind != held->publication.kind ||
		    strcmp(there->name, held->publication.name) != 0)
			continue;
		if (!replace(&shelf->items[i], held))
			held_unref(held);
		return true;
	}
	if (add(shelf, held, err))
		return true;
	held_unref(held);
	return false;
}

void shelf_done(struct shelf *shelf)
{
	for (size_t i = 0; i < shelf->count; i++)
		held_unref(shelf->items[i]);
	free(shelf->items);
	*shelf = (struct shelf){ 0 };
}
