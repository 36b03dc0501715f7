#include "test.h"

#include "est_client/retry_after.h"

#define NOW 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */

static const struct {
	const char *field;
	uint32_t seconds;
} cases[] = {
	/* CB-04 (b) */
	{ "1000000000", RETRY_AFTER_MAX },
	{ "99999999999999999999999999", RETRY_AFTER_MAX },
	{ "-5", RETRY_AFTER_DEFAULT },
	{ "0", RETRY_AFTER_MIN },
	{ "", RETRY_AFTER_DEFAULT },
	{ "soon", RETRY_AFTER_DEFAULT },
	{ "12x", RETRY_AFTER_DEFAULT },
	{ "Sun, 06 Nov 1994 08:49:36 GMT", RETRY_AFTER_MIN },
	{ "Sun, 06 Nov 2094 08:49:37 GMT", RETRY_AFTER_MAX },
	{ "Sun, 06 Foo 1994 08:50:37 GMT", RETRY_AFTER_DEFAULT },
	{ "Sun, 06 Nov 999999999999 08:49:37 GMT", RETRY_AFTER_DEFAULT },
	/* ENR-04 */
	{ "120", 120 },
	{ " 120 ", 120 },
	{ "Sun, 06 Nov 1994 08:50:37 GMT", 60 },
	{ "Sunday, 06-Nov-94 08:50:37 GMT", 60 },
	{ "Sun Nov  6 08:50:37 1994", 60 },
};

TEST(retry_after_is_read_in_every_form_and_clamped)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint32_t got = retry_after_parse(cases[i].field, NOW);

		if (got != cases[i].seconds)
			fail_msg("%s: %u, not %u", cases[i].field, got, cases[i].seconds);
	}
}

TEST_MAIN(RUN(retry_after_is_read_in_every_form_and_clamped))
