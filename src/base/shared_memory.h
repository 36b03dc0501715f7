/* Memory that processes share which are forked later. There are two views of it; the one to read
 * was mapped after the file behind it was sealed against writing, so a process that has given up
 * the other can never be made to write. */
#pragma once

#include "base/error.h"

struct shared_memory {
	unsigned char *written; /* NULL: given up */
	const unsigned char *read;
	size_t len;
};

/* All zeros. `name` is for people who look into /proc. */
MUST_CHECK bool shared_memory_new(const char *name, size_t len, struct shared_memory *ret,
				  struct error *err);
/* From here on this process can only read it. */
void shared_memory_only_read(struct shared_memory *memory);
/* From here on this process sees nothing but this part, to write, until it ends; both ends lie on
 * boundaries of memory pages. */
void shared_memory_keep(struct shared_memory *memory, size_t from, size_t len);
void shared_memory_done(struct shared_memory *memory);
