#include "test.h"

#include <string.h>

#include "manage/params.h"

static const struct param rows[] = {
	{ "name", PARAM_TEXT, true },
	{ "names", PARAM_TEXTS, false },
	{ "flag", PARAM_FLAG, false },
	{ "count", PARAM_NUMBER, false },
	{ "validity", PARAM_DURATION, false },
	{ "since", PARAM_TIME, false },
	{ "patch", PARAM_OBJECT, false },
	{ "file", PARAM_FILE, false },
	{ "passphrase", PARAM_SECRET, false },
	{ "overlap", PARAM_SPAN, false },
	{ 0 },
};

static json_t *parse(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	assert_non_null(json);
	return json;
}

static void expect_refused(const char *text, const char *named)
{
	json_t *params = parse(text);
	struct error err = { 0 };

	EXPECT_REFUSED(params_check(params, rows, &err), err, REASON_INVALID);
	if (!strstr(err.detail, named))
		fail_msg("%s: %s does not name %s", text, err.detail, named);
	json_decref(params);
}

TEST(what_no_row_names_is_refused)
{
	expect_refused("{\"name\": \"a\", \"nmae\": \"b\"}", "params.nmae");
}

TEST(what_is_required_is_missed)
{
	expect_refused("{}", "params.name");
	expect_refused("{\"name\": null}", "params.name");
}

TEST(each_type_refuses_what_it_is_not)
{
	static const struct {
		const char *name, *value;
	} wrong[] = {
		{ "name", "1" },
		{ "name", "[\"a\"]" },
		{ "name", "\"two\\nlines\"" },
		{ "name", "\"bell\\u0007\"" },
		{ "names", "\"a\"" },
		{ "names", "[\"a\", 1]" },
		{ "flag", "1" },
		{ "flag", "\"true\"" },
		{ "count", "-1" },
		{ "count", "1.5" },
		{ "count", "\"1\"" },
		{ "validity", "\"soon\"" },
		{ "validity", "\"-1d\"" },
		{ "validity", "0" },
		{ "validity", "\"0d\"" },
		{ "validity", "\"1000y\"" },
		{ "validity", "\"99999999999999999999d\"" },
		{ "overlap", "-1" },
		{ "overlap", "\"1000y\"" },
		{ "overlap", "true" },
		{ "since", "\"yesterday\"" },
		{ "since", "0" },
		{ "patch", "[]" },
		{ "file", "\"\"" },
		{ "file", "{}" },
		{ "passphrase", "12345678" },
	};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		char text[200], named[64];

		snprintf(text, sizeof text, "{\"name\": \"a\", \"%s\": %s}", wrong[i].name,
			 wrong[i].value);
		if (strcmp(wrong[i].name, "name") == 0)
			snprintf(text, sizeof text, "{\"name\": %s}", wrong[i].value);
		snprintf(named, sizeof named, "params.%s:", wrong[i].name);
		expect_refused(text, named);
	}
}

TEST(a_text_beyond_its_bound_is_refused)
{
	char long_text[PARAM_TEXT_MAX + 2];
	struct error err = { 0 };

	memset(long_text, 'a', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	json_t *params = json_pack("{s:s}", "name", long_text);
	EXPECT_REFUSED(params_check(params, rows, &err), err, REASON_INVALID);
	json_decref(params);
}

TEST(what_fits_is_read)
{
	json_t *params =
		parse("{\"name\": \"a\", \"names\": [\"b\", \"c\"], \"flag\": true, \"count\": 7, "
		      "\"validity\": \"90d\", \"since\": \"2026-01-02\", \"file\": \"aGk=\"}");
	struct error err = { 0 };
	struct buffer file = { 0 };

	EXPECT_OK(params_check(params, rows, &err), err);
	assert_string_equal(param_text(params, "name"), "a");
	assert_int_equal(json_array_size(param_list(params, "names")), 2);
	assert_true(param_flag(params, "flag"));
	assert_int_equal(param_number(params, "count", 0), 7);
	assert_int_equal(param_duration(params, "validity", 0), 90 * 86400);
	assert_int_equal(param_time(params, "since", 0), 1767312000);
	EXPECT_OK(param_file(params, "file", &file, &err), err);
	assert_memory_equal(file.data, "hi", 2);
	buffer_done(&file);
	json_decref(params);
}

TEST(an_overlap_may_be_none)
{
	static const char *const none[] = { "\"0\"", "\"0d\"", "0" };
	char text[64];

	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		struct error err = { 0 };

		snprintf(text, sizeof text, "{\"name\": \"a\", \"overlap\": %s}", none[i]);
		json_t *params = parse(text);
		EXPECT_OK(params_check(params, rows, &err), err);
		assert_int_equal(param_duration(params, "overlap", 7), 0);
		json_decref(params);
	}
}

TEST(what_is_absent_reads_as_said)
{
	json_t *params = parse("{\"name\": \"a\", \"count\": null}");
	struct error err = { 0 };

	EXPECT_OK(params_check(params, rows, &err), err);
	assert_null(param_list(params, "names"));
	assert_false(param_flag(params, "flag"));
	assert_int_equal(param_number(params, "count", 5), 5);
	assert_int_equal(param_duration(params, "validity", 6), 6);
	assert_int_equal(param_secret(params, "passphrase").len, 0);
	json_decref(params);
}

TEST(secrets_are_wiped_where_they_lie)
{
	json_t *params = parse("{\"name\": \"kept\", \"passphrase\": \"hush-hush\"}");
	const char *secret = json_string_value(json_object_get(params, "passphrase"));

	params_wipe(params, rows);
	for (size_t i = 0; i < strlen("hush-hush"); i++)
		assert_int_equal(secret[i], 0);
	assert_string_equal(param_text(params, "name"), "kept");
	json_decref(params);
}

TEST(names_of_objects)
{
	static const char *const wrong[] = { "",     " a",   "a ",  "-a",   "a/b",
					     "a\tb", "\xc3", "a;b", "it's", "\342\200\256b",
					     ".",    ".." };
	char too_long[NAME_MAX_LEN + 2];
	struct error err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		EXPECT_REFUSED(object_name_check(wrong[i], &err), err, REASON_INVALID);
	memset(too_long, 'a', sizeof too_long - 1);
	too_long[sizeof too_long - 1] = '\0';
	EXPECT_REFUSED(object_name_check(too_long, &err), err, REASON_INVALID);
	EXPECT_OK(object_name_check("Acme Issuing G1", &err), err);
	EXPECT_OK(object_name_check("F\xc3\xbchler", &err), err);
	EXPECT_OK(object_name_check("plant-3_b.v2", &err), err);
	EXPECT_OK(object_name_check("...", &err), err);
}

TEST_MAIN(RUN(what_no_row_names_is_refused), RUN(what_is_required_is_missed),
	  RUN(each_type_refuses_what_it_is_not), RUN(a_text_beyond_its_bound_is_refused),
	  RUN(what_fits_is_read), RUN(an_overlap_may_be_none), RUN(what_is_absent_reads_as_said),
	  RUN(secrets_are_wiped_where_they_lie), RUN(names_of_objects))
