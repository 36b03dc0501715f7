#include "test.h"

#include <string.h>

#include "model/event_trace.h"

TEST(a_line_that_is_no_step_ends_the_trace)
{
	static const char *const lines[] = {
		"",
		"x",
		"+",
		"+name",
		"+name\t",
		"+name\twords",
		"name\twords\n",
		"+name\n",
		"\n",
		"\t\n",
		"+name\n\twords\n",
		"+name\twords\t\n",
		"+name\twords\t-1\n",
		"+name\twords\t12us\n",
		"+name\twords\t1\t2\n",
		"+name\twords\t1000000000000\n",
		"+name\twords\t99999999999999999999999\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		const char *rest = lines[i];
		struct event_step step = { .name = "as before" };

		assert_false(event_trace_next(&rest, &step));
		assert_string_equal(step.name, "as before");
	}
}

TEST(steps_come_back_in_their_order)
{
	CLEANUP(buffer_done) struct buffer trace = { 0 };
	struct event_step step;

	event_trace_add(&trace, EVENT_STEP_PASSED, "address", "10.1.2.3");
	event_trace_add(&trace, EVENT_STEP_SKIPPED, "RA scope", "the caller is no RA");
	event_trace_add(&trace, EVENT_STEP_REFUSED, "key", "");
	const char *rest = buffer_cstring(&trace);

	assert_true(event_trace_next(&rest, &step));
	assert_int_equal(step.outcome, EVENT_STEP_PASSED);
	assert_string_equal(step.name, "address");
	assert_string_equal(step.words, "10.1.2.3");
	assert_true(event_trace_next(&rest, &step));
	assert_int_equal(step.outcome, EVENT_STEP_SKIPPED);
	assert_string_equal(step.words, "the caller is no RA");
	assert_true(event_trace_next(&rest, &step));
	assert_int_equal(step.outcome, EVENT_STEP_REFUSED);
	assert_string_equal(step.words, "");
	assert_false(event_trace_next(&rest, &step));
}

TEST(what_was_measured_comes_back)
{
	CLEANUP(buffer_done) struct buffer trace = { 0 };
	struct event_step step;

	event_trace_add_timed(&trace, EVENT_STEP_PASSED, "credentials", "", 51234);
	event_trace_add_timed(&trace, EVENT_STEP_PASSED, "records", "a", EVENT_STEP_US_MAX);
	event_trace_add_timed(&trace, EVENT_STEP_PASSED, "a clock that jumped", "", -3);
	const char *rest = buffer_cstring(&trace);

	assert_true(event_trace_next(&rest, &step));
	assert_int_equal(step.took_us, 51234);
	assert_true(event_trace_next(&rest, &step));
	assert_string_equal(step.words, "a");
	assert_int_equal(step.took_us, EVENT_STEP_US_MAX);
	assert_true(event_trace_next(&rest, &step));
	assert_int_equal(step.took_us, -1);
	assert_string_equal(rest, "");
}

TEST(words_of_strangers_make_no_steps)
{
	CLEANUP(buffer_done) struct buffer trace = { 0 };
	char lengthy[1000];
	struct event_step step;

	event_trace_add(&trace, EVENT_STEP_REFUSED, "subject", "CN=a\n+key\tforged\n\x1b[2J");
	memset(lengthy, 'x', sizeof lengthy - 1);
	lengthy[sizeof lengthy - 1] = '\0';
	event_trace_add(&trace, EVENT_STEP_PASSED, lengthy, lengthy);
	const char *rest = buffer_cstring(&trace);

	assert_true(event_trace_next(&rest, &step));
	assert_string_equal(step.words, "CN=a?+key?forged??[2J");
	assert_true(event_trace_next(&rest, &step));
	assert_int_equal(strlen(step.name), EVENT_STEP_NAME_MAX - 1);
	assert_int_equal(strlen(step.words), ERROR_DETAIL_MAX - 1);
	assert_false(event_trace_next(&rest, &step));
}

TEST_MAIN(RUN(a_line_that_is_no_step_ends_the_trace), RUN(steps_come_back_in_their_order),
	  RUN(what_was_measured_comes_back), RUN(words_of_strangers_make_no_steps))
