/* What every unit test starts with: cmocka, and the names of the house for its macros. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/error.h"

#define TEST(name) static void name(void **state __attribute__((unused)))
#define RUN(name) cmocka_unit_test(name)
#define TEST_MAIN(...)                                                                             \
	int main(void)                                                                             \
	{                                                                                          \
		const struct CMUnitTest tests[] = { __VA_ARGS__ };                                 \
		return cmocka_run_group_tests(tests, NULL, NULL);                                  \
	}

/* The call succeeds; what went wrong is printed if it does not. */
#define EXPECT_OK(call, err)                                                                       \
	do {                                                                                       \
		if (!(call))                                                                       \
			fail_msg("%s: %s: %s", #call, reason_code((err).reason), (err).detail);    \
	} while (0)

/* The call fails, and for this reason. */
#define EXPECT_REFUSED(call, err, expected)                                                        \
	do {                                                                                       \
		(err) = (struct error){ 0 };                                                       \
		if (call)                                                                          \
			fail_msg("%s succeeded; wanted %s", #call, reason_code(expected));         \
		if ((err).reason != (expected))                                                    \
			fail_msg("%s: got %s (%s); wanted %s", #call, reason_code((err).reason),   \
				 (err).detail, reason_code(expected));                             \
	} while (0)
