/* Lists of blocked keys as text. */
#include "test.h"

#include <string.h>

#include "manage/key_list.h"

#define SPKI "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"
#define MODULUS "00112233445566778899"

struct seen {
	size_t count, octets;
};

static bool note(void *context, struct bytes fingerprint, struct error *err)
{
	struct seen *seen = context;

	(void)err;
	seen->count++;
	seen->octets += fingerprint.len;
	return true;
}

static bool refuse(void *context, struct bytes fingerprint, struct error *err)
{
	(void)context;
	(void)fingerprint;
	return error_set(err, REASON_STORE_UNAVAILABLE, "full");
}

TEST(what_is_no_fingerprint_is_refused_by_its_line)
{
	static const char *const texts[] = {
		"x",         (MODULUS "0"), "00:11:22:33:44:55:66",
		(SPKI "00"), (" " MODULUS), "0011223344556677889g",
	};
	struct seen seen = { 0 };
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		char list[256];

		snprintf(list, sizeof list, "# a remark\n" MODULUS "\n%s\n", texts[i]);
		assert_false(key_list_read(bytes_of_string(list), note, &seen, &err));
		assert_int_equal(err.reason, REASON_IMPORT_MALFORMED);
		assert_non_null(strstr(err.detail, "line 3"));
	}
	assert_false(key_list_read(BYTES_LITERAL("00112233445566\0"
						 "78899\n"),
				   note, &seen, &err));
}

TEST(a_list_without_any_is_refused)
{
	struct seen seen = { 0 };
	struct error err;

	assert_false(key_list_read(BYTES_LITERAL(""), note, &seen, &err));
	assert_false(key_list_read(BYTES_LITERAL("# nothing\n\r\n\n"), note, &seen, &err));
	assert_int_equal(err.reason, REASON_IMPORT_MALFORMED);
}

TEST(both_kinds_with_remarks_and_foreign_line_ends)
{
	struct seen seen = { 0 };
	struct error err = { 0 };

	EXPECT_OK(
		key_list_read(BYTES_LITERAL("# a\r\n" SPKI "  -\r\n\n" MODULUS "\tname\n" MODULUS),
			      note, &seen, &err),
		err);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.octets, 32 + 10 + 10);
}

TEST(a_callback_that_fails_ends_it_with_its_own_error)
{
	struct error err;

	assert_false(key_list_read(BYTES_LITERAL(MODULUS "\n"), refuse, NULL, &err));
	assert_int_equal(err.reason, REASON_STORE_UNAVAILABLE);
}

TEST_MAIN(RUN(what_is_no_fingerprint_is_refused_by_its_line), RUN(a_list_without_any_is_refused),
	  RUN(both_kinds_with_remarks_and_foreign_line_ends),
	  RUN(a_callback_that_fails_ends_it_with_its_own_error))
