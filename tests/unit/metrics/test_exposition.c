#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "metrics/expose.h"
#include "metrics/record.h"

static const struct metric a_counter = { "bestow_a", METRIC_COUNTER, NULL, "Of a." };
static const struct metric a_duration = { "bestow_b_seconds", METRIC_HISTOGRAM, "seconds",
					  "Of b." };
static const struct metric a_size = { "bestow_c", METRIC_HISTOGRAM, NULL, "Of c." };

#define EXPECT_TEXT(buffer, text) assert_string_equal(buffer_cstring(&(buffer)), text)

TEST(openmetrics_only_for_who_asks_for_it)
{
	static const struct {
		const char *accept;
		enum exposition_format format;
	} rows[] = {
		{ NULL, EXPOSITION_PROMETHEUS },
		{ "", EXPOSITION_PROMETHEUS },
		{ "*/*", EXPOSITION_PROMETHEUS },
		{ "text/plain", EXPOSITION_PROMETHEUS },
		{ "application/openmetrics-textual", EXPOSITION_PROMETHEUS },
		{ "application/openmetrics-text;q=0", EXPOSITION_PROMETHEUS },
		{ "application/openmetrics-text;q=0.0, */*", EXPOSITION_PROMETHEUS },
		{ "application/openmetrics-text", EXPOSITION_OPENMETRICS },
		{ "Application/OpenMetrics-Text", EXPOSITION_OPENMETRICS },
		{ "application/openmetrics-text;q=0.05", EXPOSITION_OPENMETRICS },
		{ "text/plain;q=0.2 , application/openmetrics-text; version=1.0.0",
		  EXPOSITION_OPENMETRICS },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (exposition_choose(rows[i].accept) != rows[i].format)
			fail_msg("\"%s\" is taken for the other format", rows[i].accept);
}

TEST(a_counter_is_named_as_each_format_wants)
{
	CLEANUP(buffer_done) struct buffer openmetrics = { 0 }, prometheus = { 0 };

	exposition_begin(EXPOSITION_OPENMETRICS, &a_counter, &openmetrics);
	exposition_integer(&a_counter, NULL, 7, &openmetrics);
	exposition_end(EXPOSITION_OPENMETRICS, &openmetrics);
	EXPECT_TEXT(openmetrics, "# HELP bestow_a Of a.\n# TYPE bestow_a counter\n"
				 "bestow_a_total 7\n# EOF\n");
	exposition_begin(EXPOSITION_PROMETHEUS, &a_counter, &prometheus);
	exposition_integer(&a_counter, NULL, 7, &prometheus);
	exposition_end(EXPOSITION_PROMETHEUS, &prometheus);
	EXPECT_TEXT(prometheus, "# HELP bestow_a_total Of a.\n# TYPE bestow_a_total counter\n"
				"bestow_a_total 7\n");
}

TEST(labels_cannot_end_their_quotes)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	const struct labels labels = { { { "x", "a\"b\\c\nd" }, { "y", "" } } };

	exposition_integer(&a_counter, &labels, -1, &text);
	EXPECT_TEXT(text, "bestow_a_total{x=\"a\\\"b\\\\c\\nd\",y=\"\"} -1\n");
}

TEST(buckets_are_cumulative_and_end_with_infinity)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct meter meter = { 0 };

	meter_add(&meter, METER_DURATION, 90);
	meter_add(&meter, METER_DURATION, 2000000);
	meter_add(&meter, METER_DURATION, 60000000);
	exposition_begin(EXPOSITION_OPENMETRICS, &a_duration, &text);
	exposition_meter(&a_duration, NULL, METER_DURATION, &meter, &text);
	const char *written = buffer_cstring(&text);
	assert_non_null(strstr(written, "# UNIT bestow_b_seconds seconds\n"));
	assert_non_null(strstr(written, "_bucket{le=\"0.0001\"} 1\n"));
	assert_non_null(strstr(written, "_bucket{le=\"1.0\"} 1\n"));
	assert_non_null(strstr(written, "_bucket{le=\"2.5\"} 2\n"));
	assert_non_null(strstr(written, "_bucket{le=\"+Inf\"} 3\n"));
	assert_non_null(strstr(written, "bestow_b_seconds_count 3\nbestow_b_seconds_sum "
					"62.00009\n"));
}

TEST(sizes_are_whole)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct meter meter = { 0 };

	meter_add(&meter, METER_SIZE, 3);
	exposition_meter(&a_size, &(struct labels){ { { "k", "v" } } }, METER_SIZE, &meter, &text);
	assert_non_null(strstr(buffer_cstring(&text), "bestow_c_bucket{k=\"v\",le=\"2.0\"} 0\n"));
	assert_non_null(strstr(buffer_cstring(&text), "bestow_c_bucket{k=\"v\",le=\"3.0\"} 1\n"));
	assert_non_null(strstr(buffer_cstring(&text), "bestow_c_sum{k=\"v\"} 3.0\n"));
}

/* -- the node's own -- */

static void expose(struct metrics_board *board, struct buffer *to)
{
	struct error err = { 0 };

	EXPECT_OK(expose_board(board, EXPOSITION_OPENMETRICS, to, &err), err);
}

static void expect_line(struct buffer *text, const char *line)
{
	if (!strstr(buffer_cstring(text), line))
		fail_msg("there is no \"%s\" in:\n%s", line, buffer_cstring(text));
}

TEST(enrollments_are_told_by_how_they_ended)
{
	static const struct {
		enum est_operation operation;
		enum reason reason;
		bool is_repeated;
		const char *line;
	} rows[] = {
		{ EST_SIMPLEENROLL, REASON_NONE, false, "result=\"issued\",reason=\"none\"} 1\n" },
		{ EST_SIMPLEREENROLL, REASON_NONE, true,
		  "result=\"repeated\",reason=\"none\"} 1\n" },
		{ EST_SERVERKEYGEN, REASON_BUSY, false, "result=\"failed\",reason=\"busy\"} 1\n" },
		{ EST_FULLCMC, REASON_CSR_MALFORMED, false,
		  "result=\"refused\",reason=\"csr_malformed\"} 1\n" },
	};
	struct metrics_board *board = NULL;
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct error err = { 0 };

	EXPECT_OK(metrics_board_new(&board, &err), err);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		record_request(metrics_board_page(board, 0),
			       &(struct est_outcome){ .operation = rows[i].operation,
						      .account = "acme",
						      .profile = "pumps",
						      .status = 200,
						      .reason = rows[i].reason,
						      .is_repeated = rows[i].is_repeated });
	expose(board, &text);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		expect_line(&text, rows[i].line);
	expect_line(&text, "bestow_requests_total{op=\"fullcmc\",account=\"acme\","
			   "profile=\"pumps\",code=\"200\"} 1\n");
	metrics_board_free(board);
}

TEST(other_operations_are_no_enrollments)
{
	struct metrics_board *board = NULL;
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct error err = { 0 };

	EXPECT_OK(metrics_board_new(&board, &err), err);
	record_request(metrics_board_page(board, 0),
		       &(struct est_outcome){ .operation = EST_OPERATION_COUNT,
					      .account = "",
					      .profile = "",
					      .status = 404,
					      .reason = REASON_UNKNOWN_LABEL });
	expose(board, &text);
	expect_line(&text, "bestow_requests_total{op=\"none\",account=\"\",profile=\"\","
			   "code=\"404\"} 1\n");
	assert_null(strstr(buffer_cstring(&text), "bestow_enrollments_total"));
	metrics_board_free(board);
}

/* A monitoring system refuses the whole when one line is wrong. */
TEST(a_page_of_junk_is_still_text)
{
	struct metrics_board *board = NULL;
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct error err = { 0 };
	size_t page;

	EXPECT_OK(metrics_board_new(&board, &err), err);
	EXPECT_OK(metrics_board_take(board, &page, &err), err);
	for (size_t i = 0; i < PAGE_ROWS; i++) {
		struct page_row *row = &metrics_board_page(board, page)->rows[i];

		memset(row, 0xff, sizeof *row);
		counter_set(&row->kind, 1 + i % ROW_KIND_COUNT);
	}
	expose(board, &text);
	for (size_t i = 0; i < text.len; i++)
		assert_true(text.data[i] < 0x80);
	metrics_board_free(board);
}

TEST_MAIN(RUN(openmetrics_only_for_who_asks_for_it), RUN(a_counter_is_named_as_each_format_wants),
	  RUN(labels_cannot_end_their_quotes), RUN(buckets_are_cumulative_and_end_with_infinity),
	  RUN(sizes_are_whole), RUN(enrollments_are_told_by_how_they_ended),
	  RUN(other_operations_are_no_enrollments), RUN(a_page_of_junk_is_still_text))
