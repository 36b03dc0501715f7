/* Bytes of an unknown meaning are DER, or are not. */
#include "pki/der.h"

#include "hex.h"
#include "test.h"

static bool is_sound(const char *hex)
{
	CLEANUP(buffer_done) struct buffer bytes = { 0 };

	hex_into(&bytes, hex);
	return der_is_one_element(buffer_view(&bytes));
}

TEST(what_is_not_one_whole_element_is_refused)
{
	static const char *const wrong[] = {
		"",
		"05",
		"0500 0500",       /* two */
		"30 80 0500 0000", /* indefinite length */
		"30 81 02 0500",   /* a length that is too long */
		"30 03 0500",      /* cut */
		"30 03 0500 05",   /* cut inside */
		"01 01 01",        /* TRUE is ff */
		"01 02 ffff",
		"02 00",
		"02 02 0001", /* not minimal */
		"02 02 ff80",
		"03 00",
		"03 02 08 00", /* unused bits */
		"03 02 01 01",
		"05 01 00",
		"06 00",
		"06 01 80",
		"06 01 81",
		"0c 01 ff",       /* UTF-8 */
		"2c 03 0c 01 61", /* a constructed string */
		"10 00",          /* a primitive SEQUENCE */
		"17 0d 3939313332303030303030305a",
		"1f 21 00", /* a tag of several bytes */
	};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		if (is_sound(wrong[i]))
			fail_msg("taken: %s", wrong[i]);
}

TEST(what_is_one_is_taken)
{
	static const char *const right[] = {
		"0500",       "01 01 ff", "02 01 00",       "02 02 0080",   "03 01 00",
		"03 02 0780", "06 01 2a", "0c 02 c3a9",     "3000",         "30 04 0500 0500",
		"a0 02 0500", "80 00",    "31 03 02 01 05", "04 03 ffffff",
	};

	for (size_t i = 0; i < ARRAY_LEN(right); i++)
		if (!is_sound(right[i]))
			fail_msg("refused: %s", right[i]);
}

TEST(depth_has_an_end)
{
	unsigned char deep[64];

	for (size_t levels = 1; levels <= sizeof deep / 2; levels++) {
		for (size_t i = 0; i < levels; i++) {
			deep[2 * i] = DER_SEQUENCE;
			deep[2 * i + 1] = (unsigned char)(2 * (levels - 1 - i));
		}
		assert_int_equal(der_is_one_element((struct bytes){ deep, 2 * levels }),
				 levels < 16);
	}
}

TEST_MAIN(RUN(what_is_not_one_whole_element_is_refused), RUN(what_is_one_is_taken),
	  RUN(depth_has_an_end))
