#include "test.h"

#include <string.h>

#include "api/route.h"

static const struct param rows[] = {
	{ "name", PARAM_TEXT, false },   { "limit", PARAM_NUMBER, false },
	{ "chain", PARAM_FLAG, false },  { "hosts", PARAM_TEXTS, false },
	{ "ids", PARAM_NUMBERS, false }, { 0 },
};

static json_t *read_query(const char *query)
{
	json_t *params = json_object();
	struct error err = { 0 };

	EXPECT_OK(query_read(query, rows, "format", params, &err), err);
	return params;
}

static void expect_refused(const char *query)
{
	json_t *params = json_object();
	struct error err = { 0 };

	assert_false(query_read(query, rows, "format", params, &err));
	assert_int_equal(err.reason, REASON_INVALID);
	json_decref(params);
}

TEST(what_is_malformed_is_refused)
{
	expect_refused("=x");
	expect_refused("name=%");
	expect_refused("name=%4");
	expect_refused("name=%zz");
	expect_refused("name=%00");
	expect_refused("name=%ff");
	expect_refused("name=a&name=b");
	expect_refused("%=a");
}

TEST(a_name_or_value_that_is_too_long_is_refused)
{
	char query[9000] = "name=";

	memset(query + 5, 'a', 4097);
	expect_refused(query);
	memset(query, 'a', 4097);
	expect_refused(query);
}

TEST(values_have_the_type_that_the_verb_wants)
{
	json_t *params = read_query("name=a%2Fb+c&limit=20&chain=true&hosts=a&hosts=b&ids=1&ids=2");

	assert_string_equal(json_string_value(json_object_get(params, "name")), "a/b c");
	assert_int_equal(json_integer_value(json_object_get(params, "limit")), 20);
	assert_true(json_is_true(json_object_get(params, "chain")));
	assert_int_equal(json_array_size(json_object_get(params, "hosts")), 2);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(params, "ids"), 1)), 2);
	json_decref(params);
}

/* Whether a wrong text is acceptable is the verb's to say, so it stays a text. */
TEST(what_does_not_fit_its_type_stays_a_text)
{
	json_t *params = read_query("limit=x&chain=perhaps&unknown=1&format=csv&&");

	assert_string_equal(json_string_value(json_object_get(params, "limit")), "x");
	assert_string_equal(json_string_value(json_object_get(params, "chain")), "perhaps");
	assert_string_equal(json_string_value(json_object_get(params, "unknown")), "1");
	assert_null(json_object_get(params, "format"));
	json_decref(params);
}

TEST_MAIN(RUN(what_is_malformed_is_refused), RUN(a_name_or_value_that_is_too_long_is_refused),
	  RUN(values_have_the_type_that_the_verb_wants),
	  RUN(what_does_not_fit_its_type_stays_a_text))
