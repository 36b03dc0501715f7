/* Bodies, counted and chunked, in every cut. */
#include "test.h"

#include <string.h>

#include "http/body.h"

#define MAX 16

static const struct framing chunked = { .chunked = true };

struct outcome {
	enum parse result;
	unsigned int status;
	size_t used;
	char octets[64];
};

static struct outcome take(const struct framing *framing, const char *text, size_t piece)
{
	CLEANUP(buffer_done) struct buffer into = { 0 };
	struct body body = body_begin(framing, MAX);
	struct outcome outcome = { .result = PARSE_MORE };
	struct refusal refusal = { 0 };
	struct bytes rest = bytes_of_string(text);

	while (rest.len && outcome.result == PARSE_MORE) {
		struct bytes part = { rest.data, rest.len < piece ? rest.len : piece };
		size_t used = 0;
		outcome.result = body_take(&body, part, &used, &into, &refusal);
		rest.data += used;
		rest.len -= used;
		outcome.used += used;
	}
	outcome.status = refusal.status;
	assert_in_range(into.len, 0, MAX);
	if (into.len)
		memcpy(outcome.octets, into.data, into.len);
	return outcome;
}

static void expect_refused(const char *text, unsigned int status)
{
	for (size_t piece = 1; piece <= strlen(text); piece++) {
		struct outcome outcome = take(&chunked, text, piece);
		if (outcome.result != PARSE_REFUSED || outcome.status != status)
			fail_msg("%s in pieces of %zu: %u", text, piece, outcome.status);
	}
}

static void expect_body(const struct framing *framing, const char *text, const char *octets,
			const char *surplus)
{
	for (size_t piece = 1; piece <= strlen(text); piece++) {
		struct outcome outcome = take(framing, text, piece);
		if (outcome.result != PARSE_DONE)
			fail_msg("%s in pieces of %zu: %u", text, piece, outcome.status);
		assert_string_equal(outcome.octets, octets);
		assert_int_equal(outcome.used, strlen(text) - strlen(surplus));
	}
}

TEST(ht_08_malformed_chunks_are_refused)
{
	expect_refused("\r\n", 400);
	expect_refused(";a\r\n", 400);
	expect_refused("g\r\n", 400);
	expect_refused("-1\r\n", 400);
	expect_refused("+1\r\n", 400);
	expect_refused("0x1\r\n", 400);
	expect_refused(" 1\r\n", 400);
	expect_refused("1 \r\n", 400);
	expect_refused("1\n", 400);
	expect_refused("1\rx", 400);
	expect_refused("1;a\x01\r\n", 400);
	expect_refused("1;a\n", 400);
	expect_refused("1;a\rb", 400);
	expect_refused("1\r\nxy", 400);
	expect_refused("1\r\nx\ny", 400);
	expect_refused("1\r\nx\r\r", 400);
	expect_refused("00000000000000001\r\n", 400);
	expect_refused("0\r\nX: \x01\r\n", 400);
	expect_refused("0\r\nX: a\n", 400);
	expect_refused("0\r\n\n", 400);
	expect_refused("0\r\n\rx", 400);
}

TEST(ht_09_the_sum_of_chunks_is_bounded_before_it_is_read)
{
	expect_refused("11\r\n", 413);
	expect_refused("10\r\n0123456789abcdef\r\n1\r\n", 413);
	expect_refused("ffffffffffffffff\r\n", 413);
	expect_refused("1\r\nx\r\nffffffffffffffff\r\n", 413);
	expect_body(&chunked, "10\r\n0123456789abcdef\r\n0\r\n\r\n", "0123456789abcdef", "");
}

TEST(ht_08_and_10_extensions_and_trailers_are_dropped)
{
	expect_body(&chunked, "0\r\n\r\nnext", "", "next");
	expect_body(&chunked, "1\r\na\r\n2;x=\"y;z\"\r\nbc\r\n000\r\n\r\n", "abc", "");
	expect_body(&chunked, "1\r\na\r\n0;e\r\nA: b\r\nC: d\r\n\r\nnext", "a", "next");
}

TEST(what_a_body_carries_beside_itself_is_bounded)
{
	char text[BODY_TRAILERS_MAX + 64] = "1;";

	memset(text + 2, 'x', BODY_EXTENSIONS_MAX + 1);
	assert_int_equal(take(&chunked, text, 64).status, 400);
	memset(text, 0, sizeof text);
	memcpy(text, "0\r\nX:", 5);
	memset(text + 5, 'x', BODY_TRAILERS_MAX);
	assert_int_equal(take(&chunked, text, 64).status, 431);
}

TEST(http_08_counted_bodies)
{
	expect_body(&(struct framing){ .length = 3 }, "abcnext", "abc", "next");
	assert_int_equal(take(&(struct framing){ .length = 3 }, "ab", 1).result, PARSE_MORE);

	struct body none = body_begin(&(struct framing){ 0 }, MAX);
	struct refusal refusal;
	size_t used = 1;
	assert_int_equal(body_take(&none, BYTES_LITERAL("x"), &used, NULL, &refusal), PARSE_DONE);
	assert_int_equal(used, 0);
}

TEST_MAIN(RUN(ht_08_malformed_chunks_are_refused),
	  RUN(ht_09_the_sum_of_chunks_is_bounded_before_it_is_read),
	  RUN(ht_08_and_10_extensions_and_trailers_are_dropped),
	  RUN(what_a_body_carries_beside_itself_is_bounded), RUN(http_08_counted_bodies))
