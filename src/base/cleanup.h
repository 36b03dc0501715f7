/* Ownership in the type system's stead: a local that owns something says so where it is declared.
 */
#pragma once

#include <stdlib.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

/* The variable's value is released by FREE(&variable) when it leaves scope. */
#define CLEANUP(FREE) __attribute__((cleanup(FREE)))

/* Hands ownership over: yields the pointer's value and leaves NULL behind. */
#define TAKE(pointer)                                                                              \
	({                                                                                         \
		__typeof__(pointer) *taken_from_ = &(pointer);                                     \
		__typeof__(pointer) taken_ = *taken_from_;                                         \
		*taken_from_ = NULL;                                                               \
		taken_;                                                                            \
	})

/* Makes FREEp(type *) from FREE(type), for use in CLEANUP(). FREE must accept NULL. */
#define DEFINE_CLEANUP(type, FREE)                                                                 \
	static inline void FREE##p(type *pointer)                                                  \
	{                                                                                          \
		FREE(*pointer);                                                                    \
	}

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

static inline void freep(void *pointer)
{
	free(*(void **)pointer);
}
