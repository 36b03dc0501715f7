/* Allocations that fail, ours and OpenSSL's. A test that includes this begins with the line
 * "wrap: malloc calloc realloc" as a comment of its own (tests/CMakeLists.txt). */
#pragma once

#include "test.h"

#include <stdlib.h>

#include <openssl/crypto.h>

static size_t starvation_count, starvation_at; /* 0: none fails */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static inline bool starvation_is_due(void)
{
	return starvation_at != 0 && ++starvation_count == starvation_at;
}

void *__wrap_malloc(size_t size)
{
	return starvation_is_due() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return starvation_is_due() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return starvation_is_due() ? NULL : __real_realloc(old, size);
}

static inline void *starvation_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return size == 0 || starvation_is_due() ? NULL : __real_malloc(size);
}

static inline void *starvation_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	if (size == 0) {
		free(old);
		return NULL;
	}
	return starvation_is_due() ? NULL : __real_realloc(old, size);
}

static inline void starvation_free(void *memory, const char *file, int line)
{
	(void)file;
	(void)line;
	free(memory);
}

/* Before OpenSSL allocates anything: first in main(). */
static inline void starvation_begin(void)
{
	if (CRYPTO_set_mem_functions(starvation_malloc, starvation_realloc, starvation_free) != 1)
		abort();
}

/* Fails the 1st, 2nd, … allocation until one round needs fewer, later ones with growing gaps; each
 * round must refuse, or succeed fully when OpenSSL could do without. */
static inline void starve(bool (*work)(void), size_t rounds_max)
{
	for (size_t round = 1; round <= rounds_max; round += 1 + round / 256) {
		starvation_count = 0;
		starvation_at = round;
		bool done = work();
		starvation_at = 0;
		if (starvation_count < round) {
			assert_true(done);
			return;
		}
	}
	fail_msg("more than %zu allocations", rounds_max);
}
