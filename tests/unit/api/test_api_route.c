#include "test.h"

#include <string.h>

#include "api/api.h"
#include "api/route.h"
#include "api/table.h"
#include "manage/access.h"

TEST(every_route_has_its_verb_and_no_two_are_one)
{
	const struct route *route, *other;

	for (size_t i = 0; (route = route_at(i)) != NULL; i++) {
		if (route->form != ROUTE_VERB && !verb_find(route->verb))
			fail_msg("%s %s asks for %s, which is no verb", route->method, route->path,
				 route->verb);
		for (size_t j = i + 1; (other = route_at(j)) != NULL; j++)
			if (strcmp(route->method, other->method) == 0 &&
			    strcmp(route->path, other->path) == 0)
				fail_msg("%s %s stands twice", route->method, route->path);
	}
}

static bool is_name(struct bytes segment)
{
	return segment.len > 0 && segment.data[0] == '{';
}

static struct bytes cut_segment(const char **path)
{
	size_t len = strcspn(*path + 1, "/");
	struct bytes segment = { (const unsigned char *)*path + 1, len };

	*path += 1 + len;
	return segment;
}

/* Whether some path is one of both. */
static bool may_meet(const char *one, const char *other)
{
	while (*one && *other) {
		struct bytes a = cut_segment(&one), b = cut_segment(&other);

		if (!is_name(a) && !is_name(b) && !bytes_equal(a, b))
			return false;
	}
	return *one == *other;
}

/* Or what somebody called "import" would be out of reach. */
TEST(no_name_makes_one_route_of_another)
{
	const struct route *route, *other;

	assert_true(may_meet("/cas/{name}", "/cas/import"));
	assert_false(may_meet("/cas/{name}", "/cas/import/x"));
	for (size_t i = 0; (route = route_at(i)) != NULL; i++)
		for (size_t j = i + 1; (other = route_at(j)) != NULL; j++)
			if (strcmp(route->method, other->method) == 0 &&
			    may_meet(route->path, other->path))
				fail_msg("%s %s may be %s", route->method, route->path,
					 other->path);
}

/* Everything that bestowctl can do, but what is for the local socket alone. */
TEST(every_verb_has_a_route)
{
	const struct verb *verb;

	for (size_t i = 0; (verb = verb_at(i)) != NULL; i++) {
		const struct access_row *row = access_find(verb->name);
		const struct route *route;
		bool found = false;

		for (size_t j = 0; (route = route_at(j)) != NULL; j++)
			found |= route->verb && strcmp(route->verb, verb->name) == 0;
		if (!found && row && row->place != ACCESS_LOCAL)
			fail_msg("%s has no route in api/route.c", verb->name);
	}
}

TEST(no_session_begins_by_the_route_for_any_verb)
{
	static const char *const closed[] = { "session.create",
					      "session.redeem",
					      "session.show",
					      "session.end",
					      "node.backup",
					      "no.verb",
					      "" };

	for (size_t i = 0; i < ARRAY_LEN(closed); i++)
		if (route_offers_verb(closed[i]))
			fail_msg("%s is offered", closed[i]);
	assert_true(route_offers_verb("status"));
	assert_true(route_offers_verb("profile.create"));
}

static void expect_none(const char *method, const char *path, enum reason reason)
{
	struct route_match match = { 0 };
	struct error err = { 0 };

	assert_false(route_find(method, path, &match, &err));
	assert_int_equal(err.reason, reason);
	route_match_done(&match);
}

TEST(a_path_that_is_none_is_not_found)
{
	expect_none("GET", "", REASON_NOT_FOUND);
	expect_none("GET", "/", REASON_NOT_FOUND);
	expect_none("GET", "/accounts/", REASON_NOT_FOUND);
	expect_none("GET", "/accounts//cas", REASON_NOT_FOUND);
	expect_none("GET", "/accounts/a/cas/b/c/d", REASON_NOT_FOUND);
	expect_none("GET", "/Accounts", REASON_NOT_FOUND);
	expect_none("PATCH", "/accounts", REASON_METHOD_NOT_ALLOWED);
}

TEST(a_path_gives_its_names)
{
	struct route_match match = { 0 };
	struct error err = { 0 };

	EXPECT_OK(route_find("GET", "/accounts/a b/certificates/00ff", &match, &err), err);
	assert_string_equal(match.route->verb, "cert.show");
	assert_string_equal(json_string_value(json_object_get(match.captured, "account")), "a b");
	assert_string_equal(json_string_value(json_object_get(match.captured, "serial")), "00ff");
	route_match_done(&match);
}

TEST(the_description_names_every_route)
{
	struct buffer text = { 0 };
	struct error err = { 0 };

	EXPECT_OK(api_describe(&text, &err), err);
	json_t *document = json_loadb((const char *)text.data, text.len, 0, NULL);
	const struct route *route;

	for (size_t i = 0; (route = route_at(i)) != NULL; i++) {
		char method[8] = "";

		for (size_t j = 0; route->method[j] && j + 1 < sizeof method; j++)
			method[j] = (char)(route->method[j] | 0x20);
		assert_non_null(json_object_get(
			json_object_get(json_object_get(document, "paths"), route->path), method));
	}
	json_decref(document);
	buffer_done(&text);
}

TEST(co_15_a_formula_is_defused)
{
	struct buffer text = { 0 };
	json_t *object = json_pack("{s:s, s:s, s:i, s:n, s:[s]}", "=name", "=1+1", "b", "a\"b", "c",
				   -3, "d", "e", "x");

	table_append(object, TABLE_CSV, true, &text);
	assert_string_equal(buffer_cstring(&text), "\"'=name\",\"b\",\"c\",\"d\",\"e\"\r\n"
						   "\"'=1+1\",\"a\"\"b\",-3,,\"[\"\"x\"\"]\"\r\n");
	json_decref(object);
	buffer_done(&text);
}

TEST_MAIN(RUN(every_route_has_its_verb_and_no_two_are_one), RUN(no_name_makes_one_route_of_another),
	  RUN(every_verb_has_a_route), RUN(no_session_begins_by_the_route_for_any_verb),
	  RUN(a_path_that_is_none_is_not_found), RUN(a_path_gives_its_names),
	  RUN(the_description_names_every_route), RUN(co_15_a_formula_is_defused))
