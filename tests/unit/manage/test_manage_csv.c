#include "test.h"

#include <string.h>

#include "manage/csv.h"

static void expect_refused(const char *line, size_t len, const char *part)
{
	struct bytes rest = { (const unsigned char *)line, len };
	struct csv_record record;
	struct error err = { 0 };

	EXPECT_REFUSED(csv_read(&rest, &record, &err), err, REASON_IMPORT_MALFORMED);
	if (!strstr(err.detail, part))
		fail_msg("\"%s\" does not hold \"%s\"", err.detail, part);
	assert_int_equal(rest.len, 0);
}

#define REFUSED_LINE(text, part) expect_refused(text, sizeof text - 1, part)

TEST(a_line_that_could_be_read_in_two_ways_is_refused)
{
	REFUSED_LINE("a,\"b", "not closed");
	REFUSED_LINE("\"", "not closed");
	REFUSED_LINE("\"a\"\"", "not closed");
	REFUSED_LINE("\"a\"b,c", "behind a closing quote");
	REFUSED_LINE("\"a\" ,c", "behind a closing quote");
	REFUSED_LINE("a\"b\",c", "inside a field");
	REFUSED_LINE("a\rb", "control character");
	REFUSED_LINE("a\tb", "control character");
	REFUSED_LINE("a\0b", "control character");
	REFUSED_LINE("a\xe2\x80\xae"
		     "b",
		     "invisible");
	REFUSED_LINE("\x80", "UTF-8");
	REFUSED_LINE("\xc0\x80", "UTF-8");
	REFUSED_LINE(",,,,,,,,,,,,,,,,", "more than 16");
}

TEST(a_line_that_is_too_long_is_refused_and_passed_over)
{
	static char text[CSV_LINE_MAX + 1 + sizeof "\nnext"];
	struct csv_record record;
	struct error err = { 0 };

	memset(text, 'x', CSV_LINE_MAX + 1);
	memcpy(text + CSV_LINE_MAX + 1, "\nnext", sizeof "\nnext");
	struct bytes rest = bytes_of_string(text);
	EXPECT_REFUSED(csv_read(&rest, &record, &err), err, REASON_IMPORT_MALFORMED);
	EXPECT_OK(csv_read(&rest, &record, &err), err);
	assert_string_equal(record.fields[0], "next");

	text[CSV_LINE_MAX] = '\n';
	rest = (struct bytes){ (unsigned char *)text, CSV_LINE_MAX + 1 };
	EXPECT_OK(csv_read(&rest, &record, &err), err);
	assert_int_equal(strlen(record.fields[0]), CSV_LINE_MAX);
}

TEST(fields_come_without_their_quotes)
{
	struct bytes rest = bytes_of_string("\xef\xbb\xbf"
					    "a,\"b, \"\"c\"\"\",,\"\"\r\n\r\n\"d\"\ne,");
	struct csv_record record;
	struct error err = { 0 };

	rest = csv_without_mark(rest);
	EXPECT_OK(csv_read(&rest, &record, &err), err);
	assert_int_equal(record.count, 4);
	assert_string_equal(record.fields[0], "a");
	assert_string_equal(record.fields[1], "b, \"c\"");
	assert_string_equal(record.fields[2], "");
	assert_string_equal(record.fields[3], "");
	EXPECT_OK(csv_read(&rest, &record, &err), err);
	assert_int_equal(record.count, 0);
	EXPECT_OK(csv_read(&rest, &record, &err), err);
	assert_int_equal(record.count, 1);
	assert_string_equal(record.fields[0], "d");
	EXPECT_OK(csv_read(&rest, &record, &err), err);
	assert_int_equal(record.count, 2);
	assert_string_equal(record.fields[1], "");
	assert_int_equal(rest.len, 0);
}

TEST_MAIN(RUN(a_line_that_could_be_read_in_two_ways_is_refused),
	  RUN(a_line_that_is_too_long_is_refused_and_passed_over),
	  RUN(fields_come_without_their_quotes))
