#include "test.h"

#include "base/bytes.h"

TEST(a_line_ends_where_its_end_is)
{
	static const struct {
		const char *text, *line, *rest;
	} rows[] = {
		{ "", "", "" },         { "\n", "", "" },           { "\r\n", "", "" },
		{ "\r", "", "" },       { "a", "a", "" },           { "a\n", "a", "" },
		{ "a\r\nb", "a", "b" }, { "a\rb\nc", "a\rb", "c" }, { "a\r\r\n", "a\r", "" },
		{ "\n\nb", "", "\nb" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct bytes rest = bytes_of_string(rows[i].text);
		struct bytes line = bytes_take_line(&rest);

		assert_true(bytes_equal(line, bytes_of_string(rows[i].line)));
		assert_true(bytes_equal(rest, bytes_of_string(rows[i].rest)));
	}
}

TEST(of_nothing_there_is_no_line)
{
	struct bytes nothing = { 0 };

	assert_int_equal(bytes_take_line(&nothing).len, 0);
	assert_null(nothing.data);
}

TEST_MAIN(RUN(a_line_ends_where_its_end_is), RUN(of_nothing_there_is_no_line))
