#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/log_line.h"
#include "test.h"

static const struct log_head head = { "2026-11-23T17:45:00.123Z", LOG_LEVEL_INFO, "edge-1",
				      "enroll.denied" };

#define HEAD_JSON                                                                                  \
	"{\"ts\":\"2026-11-23T17:45:00.123Z\",\"level\":\"info\",\"process\":\"edge-1\","          \
	"\"event\":\"enroll.denied\""

static void expect_json(const char *body, const char *members)
{
	struct log_line line = { 0 };
	char expected[LOG_LINE_MAX + 1], got[LOG_LINE_MAX + 1];

	log_line_json(&line, &head, bytes_of_string(body));
	snprintf(expected, sizeof expected, "%s%s}\n", HEAD_JSON, members);
	snprintf(got, sizeof got, "%.*s", (int)line.len, line.text);
	assert_string_equal(got, expected);
}

TEST(co_15b_hostile_bytes_stay_in_their_value)
{
	char quoted[128];

	expect_json("cn=a\r\n{\"level\":\"error\"}",
		    ",\"cn\":\"a\\u000d\\u000a{\\\"level\\\":\\\"error\\\"}\"");
	log_quote("x\" level=error \"\n\x1b[31m", quoted, sizeof quoted);
	assert_string_equal(quoted, "\"x\\\" level=error \\\"\\u000a\\u001b[31m\"");
	char body[160];
	snprintf(body, sizeof body, "subject=%s next=1", quoted);
	expect_json(body,
		    ",\"subject\":\"x\\\" level=error \\\"\\u000a\\u001b[31m\",\"next\":\"1\"");
}

TEST(co_15b_separators_and_overrides_are_escaped)
{
	expect_json("a=\"\xe2\x80\xa8\xe2\x80\xae\xc2\x9b\x7f\"",
		    ",\"a\":\"\\u2028\\u202e\\u009b\\u007f\"");
}

TEST(invalid_utf8_is_replaced)
{
	expect_json("a=\xff\xc0\xaf\xed\xa0\x80z",
		    ",\"a\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
		    "\xef\xbf\xbdz\"");
	expect_json("a=\"\xe2\x82\"", ",\"a\":\"\xef\xbf\xbd\xef\xbf\xbd\"");
	expect_json("a=K\xc3\xb6ln", ",\"a\":\"K\xc3\xb6ln\"");
}

TEST(a_pair_cannot_pose_as_a_member_of_the_line)
{
	expect_json("level=error ts=0 msg=x", ",\"level_\":\"error\",\"ts_\":\"0\",\"msg_\":\"x\"");
}

TEST(words_that_are_no_pair_become_the_message)
{
	expect_json("the node profile=a b=\"c d\" is ready",
		    ",\"profile\":\"a\",\"b\":\"c d\",\"msg\":\"the node is ready\"");
	expect_json("", "");
	expect_json("   ", "");
	expect_json("=x", ",\"msg\":\"=x\"");
	expect_json("k=", ",\"k\":\"\"");
}

TEST(odd_quotes_and_escapes_still_make_json)
{
	expect_json("a=\"open", ",\"a\":\"open\"");
	expect_json("a=\"x\\q\\u12\\\"", ",\"a\":\"x\\\\q\\\\u12\\\"\"");
	expect_json("a=\"", ",\"a\":\"\"");
	expect_json("a=\"b\"c=d", ",\"a\":\"b\",\"c\":\"d\"");
}

/* Every cut: the line ends properly wherever the room ran out. */
TEST(co_15b_a_long_line_is_cut_and_says_so)
{
	CLEANUP(freep) char *body = malloc(2 * LOG_LINE_MAX);

	for (size_t len = LOG_LINE_MAX - 200; len < LOG_LINE_MAX + 200; len++) {
		struct log_line line = { 0 };
		memset(body, 'x', len);
		memcpy(body, "a=\"", 3);
		memcpy(body + len, "\n\" b=c word", sizeof "\n\" b=c word");
		log_line_json(&line, &head, bytes_of_string(body));
		assert_true(line.len <= LOG_LINE_MAX);
		assert_int_equal(line.text[line.len - 1], '\n');
		assert_int_equal(line.text[line.len - 2], '}');
		assert_null(memchr(line.text, '\n', line.len - 1));
		if (line.cut) {
			static const char tail[] = "\",\"cut\":\"yes\"}\n";
			assert_memory_equal(line.text + line.len - strlen(tail), tail,
					    strlen(tail));
		}
	}
}

TEST(text_lines_cannot_steer_a_terminal)
{
	struct log_line line = { 0 };
	static const char expected[] = "2026-11-23T17:45:00.123Z info edge-1 enroll.denied "
				       "cn=\"a b\" x=\\u001b[0m\\u000afake\n";

	log_line_text(&line, &head, BYTES_LITERAL("cn=\"a b\" x=\x1b[0m\nfake"));
	assert_int_equal(line.len, strlen(expected));
	assert_memory_equal(line.text, expected, line.len);
}

TEST(a_quoted_value_fits_its_room)
{
	char into[64];

	for (unsigned long size = 0; size < sizeof into; size++) {
		memset(into, '!', sizeof into);
		log_quote("a\nb\"c\\d\xe2\x80\xa8 and more than fits", into, size);
		assert_int_equal(into[size], '!');
		if (size >= 3) {
			size_t len = strlen(into);
			assert_true(len < size);
			assert_int_equal(into[0], '"');
			assert_int_equal(into[len - 1], '"');
		}
	}
}

/* -- the sink -- */

struct captured {
	int saved, read_end;
};

static struct captured capture(void)
{
	int ends[2];
	struct captured captured = { .saved = dup(STDERR_FILENO) };

	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	close(ends[1]);
	captured.read_end = ends[0];
	return captured;
}

static void release(struct captured *captured)
{
	dup2(captured->saved, STDERR_FILENO);
	close(captured->saved);
	close(captured->read_end);
}

static size_t drain(int fd, char *into, size_t size)
{
	ssize_t len = read(fd, into, size - 1);

	into[len > 0 ? len : 0] = '\0';
	return len > 0 ? (size_t)len : 0;
}

TEST(ft_18_a_full_pipe_loses_lines_counts_them_and_tells)
{
	struct captured captured = capture();
	static char text[1 << 17];
	int lost_from = -1;

	log_open(LOG_FORMAT_JSON, LOG_LEVEL_INFO, "edge-1");
	for (int i = 0; i < 4000; i++) /* a pipe holds 64 KB: a blocking sink would hang here */
		log_event(LOG_LEVEL_INFO, "test.flood", "n=%d", i);
	size_t len = drain(captured.read_end, text, sizeof text);
	assert_int_equal(text[len - 1], '\n');
	assert_null(strstr(text, "log.lost"));
	for (char *at = strstr(text, "\"n\""); at; at = strstr(at + 1, "\"n\""))
		lost_from = atoi(at + 5) + 1;

	log_event(LOG_LEVEL_INFO, "test.after", "x=1");
	drain(captured.read_end, text, sizeof text);
	release(&captured);
	char expected[64];
	snprintf(expected, sizeof expected, "\"event\":\"log.lost\",\"lines\":\"%d\"",
		 4000 - lost_from);
	assert_true(lost_from > 0 && lost_from < 4000);
	assert_non_null(strstr(text, expected));
	assert_non_null(strstr(text, "\"event\":\"test.after\",\"x\":\"1\"}\n"));
}

TEST(ft_18_a_sink_that_fails_is_no_error)
{
	struct captured captured = capture();
	static char text[1 << 16];

	log_open(LOG_FORMAT_JSON, LOG_LEVEL_INFO, "edge-1");
	int write_end = dup(STDERR_FILENO), full = open("/dev/full", O_WRONLY);
	assert_true(dup2(full, STDERR_FILENO) >= 0);
	log_event(LOG_LEVEL_INFO, "test.gone", "x=1");
	log_event(LOG_LEVEL_INFO, "test.gone", "x=2");
	dup2(write_end, STDERR_FILENO);
	log_event(LOG_LEVEL_INFO, "test.back", "x=3");
	drain(captured.read_end, text, sizeof text);
	release(&captured);
	close(write_end);
	close(full);
	assert_non_null(strstr(text, "\"event\":\"log.lost\",\"lines\":\"2\""));
	assert_non_null(strstr(text, "test.back"));
}

TEST(lines_below_the_level_are_not_written)
{
	struct captured captured = capture();
	static char text[1 << 12];

	log_open(LOG_FORMAT_TEXT, LOG_LEVEL_WARNING, "a-name-that-is-longer-than-any-process-has");
	log_event(LOG_LEVEL_INFO, "test.hidden", "x=1");
	log_event(LOG_LEVEL_ERROR, "test.shown", "x=2");
	log_set_level(LOG_LEVEL_DEBUG);
	log_event(LOG_LEVEL_DEBUG, "test.debug", "%s", "");
	drain(captured.read_end, text, sizeof text);
	release(&captured);
	assert_null(strstr(text, "test.hidden"));
	assert_non_null(strstr(text, " error a-name-that-is-longer-than-any- test.shown x=2\n"));
	assert_non_null(strstr(text, "test.debug\n"));
}

TEST_MAIN(RUN(co_15b_hostile_bytes_stay_in_their_value),
	  RUN(co_15b_separators_and_overrides_are_escaped), RUN(invalid_utf8_is_replaced),
	  RUN(a_pair_cannot_pose_as_a_member_of_the_line),
	  RUN(words_that_are_no_pair_become_the_message),
	  RUN(odd_quotes_and_escapes_still_make_json), RUN(co_15b_a_long_line_is_cut_and_says_so),
	  RUN(text_lines_cannot_steer_a_terminal), RUN(a_quoted_value_fits_its_room),
	  RUN(ft_18_a_full_pipe_loses_lines_counts_them_and_tells),
	  RUN(ft_18_a_sink_that_fails_is_no_error), RUN(lines_below_the_level_are_not_written))
