#include "test.h"

#include <string.h>

#include "est_client/probe_answer.h"

static struct probe_answer answer;
static struct buffer stream;

static void begin(const char *text)
{
	probe_answer_done(&answer);
	buffer_done(&stream);
	buffer_append_text(&stream, text);
}

static enum probe_progress take(const char *text, bool ended)
{
	begin(text);
	return probe_answer_take(&stream, ended, &answer);
}

TEST(what_is_no_http_is_broken)
{
	static const char *const cases[] = {
		"hello\r\n\r\n",
		"HTTP/2.0 200 OK\r\n\r\n",
		"HTTP/1.1 20 OK\r\n\r\n",
		"HTTP/1.1 2x0 OK\r\n\r\n",
		"HTTP/1.1 099 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 4x\r\n\r\nabcd",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nabc",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(take(cases[i], false), PROBE_BROKEN);
}

TEST(what_is_cut_off_is_broken_at_the_end_only)
{
	static const char *const cases[] = {
		"",
		"HTTP/1.1 200",
		"HTTP/1.1 200 OK\r\nA: b\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
		"HTTP/1.1 100 Continue\r\n\r\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(take(cases[i], false), PROBE_MORE);
		assert_int_equal(take(cases[i], true), PROBE_BROKEN);
	}
}

TEST(a_head_without_end_is_not_waited_for_for_ever)
{
	begin("HTTP/1.1 200 OK\r\nA: ");
	for (size_t i = 0; i < PROBE_HEAD_MAX; i++)
		buffer_append_byte(&stream, 'a');
	assert_int_equal(probe_answer_take(&stream, false, &answer), PROBE_BROKEN);
}

TEST(each_framing_is_read_and_told)
{
	assert_int_equal(take("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP", false),
			 PROBE_WHOLE);
	assert_true(answer.has_length && !answer.is_chunked && stream.len == 4);
	assert_memory_equal(answer.body.data, "abc", 3);
	assert_int_equal(take("HTTP/1.0 404 No\r\nTransfer-Encoding: chunked\r\n\r\n"
			      "2;x=y\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
			      false),
			 PROBE_WHOLE);
	assert_true(answer.is_chunked && answer.minor == 0 && answer.status == 404);
	assert_int_equal(answer.body.len, 3);
	assert_int_equal(take("HTTP/1.1 200 OK\r\n\r\nabc", false), PROBE_MORE);
	assert_int_equal(probe_answer_take(&stream, true, &answer), PROBE_WHOLE);
	assert_true(answer.runs_to_end && answer.body.len == 3);
	assert_int_equal(take("HTTP/1.1 304 Same\r\nContent-Length: 77\r\n\r\n", false),
			 PROBE_WHOLE);
}

TEST(a_100_before_the_answer_is_told)
{
	assert_int_equal(take("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 Bad\r\nContent-Length: "
			      "0\r\n\r\n",
			      false),
			 PROBE_WHOLE);
	assert_true(answer.was_continued && answer.status == 400);
}

TEST(fields_are_found_in_any_case_and_their_case_is_told)
{
	char value[4];

	assert_int_equal(take("HTTP/1.1 204 No\r\ncontent-type: \t abcdef \r\n\r\n", false),
			 PROBE_WHOLE);
	assert_true(probe_answer_field(&answer, "Content-Type", value, sizeof value));
	assert_string_equal(value, "abc");
	assert_false(probe_answer_spells(&answer, "Content-Type"));
	assert_true(probe_answer_spells(&answer, "content-type"));
	assert_false(probe_answer_field(&answer, "Content", value, sizeof value));
	probe_answer_done(&answer);
	buffer_done(&stream);
}

TEST_MAIN(RUN(what_is_no_http_is_broken), RUN(what_is_cut_off_is_broken_at_the_end_only),
	  RUN(a_head_without_end_is_not_waited_for_for_ever), RUN(each_framing_is_read_and_told),
	  RUN(a_100_before_the_answer_is_told),
	  RUN(fields_are_found_in_any_case_and_their_case_is_told))
