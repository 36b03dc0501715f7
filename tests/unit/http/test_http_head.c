/* The head of a request. What a whole head may hold is also in tests/wire/cases. */
#include "test.h"

#include <string.h>

#include "http/framing.h"
#include "http/head.h"

#define HEAD_MAX 8192

static struct refusal refusal;
static struct head head;
static char text_copy[HEAD_MAX + 1];

/* Scans and parses as a connection does; the status, or 200. */
static unsigned int status_of(const char *text)
{
	size_t scanned = 0, len = 0;
	struct bytes view = bytes_of_string(text);

	if (head_scan(view, HEAD_MAX, &scanned, &len, &refusal) != PARSE_DONE)
		return refusal.status;
	memcpy(text_copy, text, len);
	text_copy[len] = '\0';
	return head_parse(text_copy, &head, &refusal) ? 200 : refusal.status;
}

#define FIELDS "Host: a\r\n\r\n"

TEST(ht_07_what_two_readers_could_read_differently_is_refused)
{
	static const char *const texts[] = {
		"GET / HTTP/1.1\r\nHost: a\r\n X: folded\r\n\r\n",
		"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost\t: a\r\n\r\n",
		"GET / HTTP/1.1\r\n\tHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\rX: b\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\n\r\n\r\n",
		"GET / HTTP/1.1\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"GET / HTTP/1.1\r\nContent-Length: 1\r\nCONTENT-LENGTH: 1\r\n\r\n",
		"GET / HTTP/1.1\r\nX Y: a\r\n\r\n",
		"GET / HTTP/1.1\r\nX\"Y: a\r\n\r\n",
		"GET / HTTP/1.1\r\nX: a\x7f\r\n\r\n",
		"GET / HTTP/1.1\r\nX: a\x01\r\n\r\n",
		"GET /\x80 HTTP/1.1\r\n" FIELDS,
		"GET / HTTP/1.1 \r\n" FIELDS,
		"GET / HTTP/1.1\r\n\r\r\n\r\n",
		"GET /\tHTTP/1.1\r\n" FIELDS,
		"GET\t/ HTTP/1.1\r\n" FIELDS,
		"GET  / HTTP/1.1\r\n" FIELDS,
		"GET  HTTP/1.1\r\n" FIELDS,
		"GET\r\n" FIELDS,
		"get / HTTP/1.1\r\n" FIELDS,
		"G3T / HTTP/1.1\r\n" FIELDS,
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (status_of(texts[i]) != 400)
			fail_msg("%s: %u", texts[i], status_of(texts[i]));
}

TEST(ht_07_the_sound_twin_is_read)
{
	assert_int_equal(status_of("GET /a%20b?c HTTP/1.1\r\nHost:a\r\nX-Y: \t b c \t\r\n"
				   "Empty:\r\n\r\n"),
			 200);
	assert_string_equal(head.method, "GET");
	assert_string_equal(head.target.path, "/a b");
	assert_int_equal(head.field_count, 3);
	assert_string_equal(head_field(&head, "host"), "a");
	assert_string_equal(head_field(&head, "x-y"), "b c");
	assert_string_equal(head_field(&head, "EMPTY"), "");
	assert_null(head_field(&head, "x"));
}

TEST(ht_01_versions)
{
	assert_int_equal(status_of("GET / HTTP/0.9\r\n" FIELDS), 400);
	assert_int_equal(status_of("GET / HTTP/1.2\r\n" FIELDS), 505);
	assert_int_equal(status_of("GET / HTTP/2.0\r\n" FIELDS), 505);
	assert_int_equal(status_of("GET / HTTP/11.1\r\n" FIELDS), 400);
	assert_int_equal(status_of("GET / HTTP/1,1\r\n" FIELDS), 400);
	assert_int_equal(status_of("GET / XTTP/1.1\r\n" FIELDS), 400);
	assert_int_equal(status_of("GET / \r\n" FIELDS), 400);
	assert_int_equal(status_of("GET / HTTP/1.0\r\n" FIELDS), 200);
	assert_true(head.is_http10);
}

/* However the octets are cut, the verdict and its place are the same. */
static void expect_same_in_pieces(const char *text, enum parse expected, size_t expected_len)
{
	size_t scanned = 0, len = 0;
	enum parse result = PARSE_MORE;

	for (size_t have = 1; have <= strlen(text) && result == PARSE_MORE; have++)
		result = head_scan((struct bytes){ (const unsigned char *)text, have }, HEAD_MAX,
				   &scanned, &len, &refusal);
	assert_int_equal(result, expected);
	if (result == PARSE_DONE)
		assert_int_equal(len, expected_len);
}

TEST(scanning_octet_by_octet_ends_where_scanning_at_once_does)
{
	expect_same_in_pieces("GET / HTTP/1.1\r\n" FIELDS "surplus", PARSE_DONE,
			      strlen("GET / HTTP/1.1\r\n" FIELDS));
	expect_same_in_pieces("GET / HTTP/1.1\r\nHost: a\r\n", PARSE_MORE, 0);
	expect_same_in_pieces("GET / HTTP/1.1\r\nHost: a\n", PARSE_REFUSED, 0);
	expect_same_in_pieces("\x16\x03\x01", PARSE_REFUSED, 0);
}

TEST(ht_02_the_limit_is_the_heads_last_octet)
{
	const char *text = "GET / HTTP/1.1\r\n" FIELDS;
	size_t scanned = 0, len = 0, exact = strlen(text);

	assert_int_equal(head_scan(bytes_of_string(text), exact - 1, &scanned, &len, &refusal),
			 PARSE_REFUSED);
	assert_int_equal(refusal.status, 431);
	scanned = 0;
	assert_int_equal(head_scan(bytes_of_string(text), exact, &scanned, &len, &refusal),
			 PARSE_DONE);
	scanned = 0;
	assert_int_equal(
		head_scan(bytes_of_string("GET /aaaaaaaaaaaaaaaa"), 16, &scanned, &len, &refusal),
		PARSE_REFUSED);
	assert_int_equal(refusal.status, 414);
}

TEST(wire_17_two_empty_lines_are_skipped)
{
	struct bytes text = BYTES_LITERAL("\r\n\r\nGET");
	unsigned int lines = 0;

	assert_int_equal(head_skip_empty_lines(&text, &lines, &refusal), PARSE_DONE);
	assert_int_equal(text.len, 3);
	text = BYTES_LITERAL("\r\n");
	assert_int_equal(head_skip_empty_lines(&text, &lines, &refusal), PARSE_REFUSED);
	lines = 0;
	text = BYTES_LITERAL("\r");
	assert_int_equal(head_skip_empty_lines(&text, &lines, &refusal), PARSE_MORE);
	assert_int_equal(text.len, 1);
}

static bool framed(const char *fields, struct framing *ret)
{
	char text[512];

	snprintf(text, sizeof text, "POST / HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);
	assert_int_equal(status_of(text), 200);
	return framing_parse(&head, 100, ret, &refusal);
}

TEST(ht_04_a_length_is_digits)
{
	static const char *const lengths[] = { "",
					       "+1",
					       "-1",
					       "1 1",
					       "1,1",
					       "0x1",
					       "1.0",
					       "1\xb2",
					       "18446744073709551616",
					       "99999999999999999999999" };
	struct framing framing;

	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		char fields[64];
		snprintf(fields, sizeof fields, "Content-Length: %s\r\n", lengths[i]);
		assert_false(framed(fields, &framing));
		assert_int_equal(refusal.status, 400);
	}
	assert_true(framed("Content-Length: 100\r\n", &framing));
	assert_int_equal(framing.length, 100);
	assert_false(framed("Content-Length: 101\r\n", &framing));
	assert_int_equal(refusal.status, 413);
}

TEST(framing_tells_whether_the_connection_goes_on)
{
	struct framing framing;

	assert_true(framed("Content-Length: 0\r\nConnection: keep-alive, CLOSE\r\n", &framing));
	assert_false(framing.keep_alive);
	assert_true(framed("Content-Length: 0\r\nConnection: closed\r\n", &framing));
	assert_true(framing.keep_alive);
	assert_true(framed("Transfer-Encoding: CHUNKED\r\nExpect: 100-Continue\r\n", &framing));
	assert_true(framing.chunked && framing.expects_continue && framing.keep_alive);
}

TEST_MAIN(RUN(ht_07_what_two_readers_could_read_differently_is_refused),
	  RUN(ht_07_the_sound_twin_is_read), RUN(ht_01_versions),
	  RUN(scanning_octet_by_octet_ends_where_scanning_at_once_does),
	  RUN(ht_02_the_limit_is_the_heads_last_octet), RUN(wire_17_two_empty_lines_are_skipped),
	  RUN(ht_04_a_length_is_digits), RUN(framing_tells_whether_the_connection_goes_on))
