/* Our own allocations, of which the one that `fails_at` counts fails; OpenSSL's are not touched. A
 * test that includes this begins with the line "wrap: malloc calloc realloc strdup strndup" as a
 * comment of its own (tests/CMakeLists.txt). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

static size_t allocations, fails_at; /* 0: none fails */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t max);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t max);

static inline bool is_due(void)
{
	return fails_at != 0 && ++allocations == fails_at;
}

void *__wrap_malloc(size_t size)
{
	return is_due() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return is_due() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return is_due() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
	return is_due() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t max)
{
	return is_due() ? NULL : __real_strndup(text, max);
}
