#include "test.h"

#include "http/date.h"

TEST(what_is_no_date)
{
	static const char *const texts[] = {
		"",
		"now",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Mon, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:61 GMT",
		"Sun, 36 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994",
		"Sun, 06 nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
	};
	int64_t at;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_false(http_date_parse(texts[i], &at));
}

TEST(a_date_comes_back_as_it_went)
{
	char text[HTTP_DATE_MAX];
	int64_t at = 0;

	http_date(784111777, text);
	assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_true(http_date_parse(text, &at));
	assert_int_equal(at, 784111777);
}

TEST_MAIN(RUN(what_is_no_date), RUN(a_date_comes_back_as_it_went))
