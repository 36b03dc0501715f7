/* Bytes that must never be printed, logged or left in memory. There is no printer on purpose. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

struct secret {
	unsigned char *data;
	size_t len;
};

/* Overwrites memory in a way that the compiler may not remove. */
void memory_wipe(void *memory, size_t len);

MUST_CHECK bool secret_copy(struct bytes from, struct secret *ret, struct error *err);
/* Reads a whole file of at most `max` bytes and drops one trailing newline. The file must be a
 * regular file that only its owner can read; anything else is REASON_SECRET_FILE. */
MUST_CHECK bool secret_load(const char *path, size_t max, struct secret *ret, struct error *err);
/* Compares in a time that depends on the lengths only. */
bool secret_equal(struct bytes a, struct bytes b);
struct bytes secret_view(const struct secret *secret);
void secret_done(struct secret *secret); /* wipes, frees, leaves it empty */
