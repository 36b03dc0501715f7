/* The octets of an answer's head, which old clients compare byte by byte. */
#include "test.h"

#include "http/answer.h"

#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

static void expect_head(const struct http_answer *answer, enum answer_connection connection,
			const char *expected)
{
	CLEANUP(buffer_done) struct buffer head = { 0 };

	const struct answer_frame frame = { .now = 784111777,
					    .connection = connection,
					    .asked_http10 = connection == ANSWER_KEEP_HTTP10 };

	answer_encode_head(answer, &frame, &head);
	assert_string_equal(buffer_cstring(&head), expected);
}

TEST(ht_11b_a_field_that_would_end_itself_is_unsound)
{
	static const struct http_answer unsound[] = {
		{ .headers = { { "X", "a\r\nY: b" } } },
		{ .headers = { { "X", "a\nb" } } },
		{ .headers = { { "X\r\nY", "a" } } },
		{ .headers = { { "", "a" } } },
		{ .headers = { { "X:", "a" } } },
		{ .content_type = "text/plain\r\nX: y" },
		{ .headers = { { "X", "a" }, { "Y", "\x7f" } } },
	};

	for (size_t i = 0; i < ARRAY_LEN(unsound); i++)
		assert_false(answer_is_sound(&unsound[i]));
	assert_true(answer_is_sound(&(struct http_answer){
		.content_type = "text/plain; charset=utf-8",
		.headers = { { "WWW-Authenticate", "Basic realm=\"a\"" }, { "X", "" } } }));
}

TEST(wire_01_and_02_canonical_case_and_a_length_always)
{
	const struct http_answer answer = {
		.status = 202,
		.content_type = "text/plain",
		.headers = { { "Retry-After", "60" }, { "Content-Transfer-Encoding", "base64" } },
		.body = BYTES_LITERAL("abc"),
	};

	expect_head(&answer, ANSWER_KEEP,
		    "HTTP/1.1 202 Accepted\r\n" DATE
		    "Content-Type: text/plain\r\nContent-Length: 3\r\n"
		    "Retry-After: 60\r\nContent-Transfer-Encoding: base64\r\n\r\n");
}

TEST(http_11_401_without_body_has_length_0)
{
	expect_head(&(struct http_answer){ .status = 401,
					   .headers = { { "WWW-Authenticate", "Basic" } } },
		    ANSWER_CLOSE,
		    "HTTP/1.1 401 Unauthorized\r\n" DATE
		    "Content-Length: 0\r\nWWW-Authenticate: Basic\r\n"
		    "Connection: close\r\n\r\n");
}

TEST(no_length_where_there_is_never_a_body)
{
	expect_head(&(struct http_answer){ .status = 204 }, ANSWER_KEEP_HTTP10,
		    "HTTP/1.1 204 No Content\r\n" DATE "Connection: keep-alive\r\n\r\n");
	assert_false(answer_may_have_body(304));
	assert_true(answer_may_have_body(200));
}

TEST(the_time_is_told_once)
{
	expect_head(&(struct http_answer){ .status = 204,
					   .headers = { { "Date", "handler's" }, { "X", "y" } } },
		    ANSWER_KEEP, "HTTP/1.1 204 No Content\r\nDate: handler's\r\nX: y\r\n\r\n");
}

TEST(http_1_0_is_named_only_to_those_who_asked_by_it_and_read_nothing_else)
{
	const struct http_answer answer = { .status = 204, .mirrors_http10 = true };

	expect_head(&answer, ANSWER_KEEP, "HTTP/1.1 204 No Content\r\n" DATE "\r\n");
	expect_head(&answer, ANSWER_KEEP_HTTP10,
		    "HTTP/1.0 204 No Content\r\n" DATE "Connection: keep-alive\r\n\r\n");
}

TEST_MAIN(RUN(ht_11b_a_field_that_would_end_itself_is_unsound),
	  RUN(wire_01_and_02_canonical_case_and_a_length_always),
	  RUN(http_11_401_without_body_has_length_0), RUN(no_length_where_there_is_never_a_body),
	  RUN(the_time_is_told_once),
	  RUN(http_1_0_is_named_only_to_those_who_asked_by_it_and_read_nothing_else))
