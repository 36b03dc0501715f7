#include "metrics/expose.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "metrics/record.h"

struct view {
	const struct metrics_sum *sum;
	const struct page_node *node;
	const struct metric *family;
	struct buffer *to;
};

static void put(const struct view *view, const struct labels *labels, uint64_t value)
{
	exposition_integer(view->family, labels, (int64_t)value, view->to);
}

static void put_counter(const struct view *view, const struct labels *labels,
			const struct counter *counter)
{
	put(view, labels, counter_read(counter));
}

/* -- HTTP and TLS -- */

static const char *const listeners[PAGE_LISTENER_COUNT] = {
	[PAGE_EST] = "est",
	[PAGE_VA] = "va",
	[PAGE_ADMIN] = "admin",
};

static void write_by_listener(const struct view *view, size_t offset)
{
	for (size_t i = 0; i < PAGE_LISTENER_COUNT; i++) {
		const struct http_counters *http = &view->sum->counters.http[i];
		const struct labels labels = { { { "listener", listeners[i] } } };

		put_counter(view, &labels, (const struct counter *)((const char *)http + offset));
	}
}

static void write_accepted(const struct view *view)
{
	write_by_listener(view, offsetof(struct http_counters, accepted));
}

static void write_turned_away(const struct view *view)
{
	write_by_listener(view, offsetof(struct http_counters, turned_away));
}

static void write_http_requests(const struct view *view)
{
	write_by_listener(view, offsetof(struct http_counters, requests));
}

static void write_handshakes(const struct view *view)
{
	static const enum page_listener with_tls[] = { PAGE_EST, PAGE_ADMIN };

	for (size_t i = 0; i < ARRAY_LEN(with_tls); i++) {
		const struct http_counters *http = &view->sum->counters.http[with_tls[i]];
		const char *listener = listeners[with_tls[i]];

		put_counter(view,
			    &(struct labels){ { { "listener", listener }, { "result", "ok" } } },
			    &http->handshakes_ok);
		put_counter(
			view,
			&(struct labels){ { { "listener", listener }, { "result", "failed" } } },
			&http->handshakes_failed);
	}
}

static void write_http_refusals(const struct view *view)
{
	char code[8];

	for (size_t i = 0; i < PAGE_LISTENER_COUNT; i++)
		for (unsigned int j = 0; j < HTTP_REFUSAL_STATUSES; j++) {
			const struct counter *refused = &view->sum->counters.http[i].refused[j];

			if (counter_read(refused) == 0)
				continue;
			snprintf(code, sizeof code, "%u", 400 + j);
			put_counter(view,
				    &(struct labels){
					    { { "listener", listeners[i] }, { "code", code } } },
				    refused);
		}
}

static void write_connections(const struct view *view)
{
	put_counter(view, NULL, &view->sum->gauges.connections);
}

/* -- rows -- */

#define OCSP_STATUS_MAX 6 /* RFC 6960 4.2.1 */

/* A row's name is "ACCOUNT\nPROFILE"; what has neither is all one. */
static void split(const struct page_row *row, char account[PAGE_NAME_MAX + 1],
		  char profile[PAGE_NAME_MAX + 1])
{
	const char *middle = strchr(row->name, '\n');
	size_t len = middle ? (size_t)(middle - row->name) : strlen(row->name);

	snprintf(account, PAGE_NAME_MAX + 1, "%.*s", (int)len, row->name);
	snprintf(profile, PAGE_NAME_MAX + 1, "%s", middle ? middle + 1 : row->name);
}

/* What strangers can make of an edge's page must not make two series of the same labels, for which
 * the whole would be refused: only what an edge could have written is shown. */
static const struct row_bounds {
	uint32_t first_from, first_to, second_from, second_to;
	bool of_profile; /* its name is of an account and a profile */
} bounds[ROW_KIND_COUNT] = {
	[ROW_REQUEST] = { 0, EST_OPERATION_COUNT, 100, 599, true },
	[ROW_ENROLLMENT] = { 0, ENROLLMENT_RESULT_COUNT - 1, 0, REASON_COUNT - 1, true },
	[ROW_OCSP] = { 0, 1, 0, OCSP_STATUS_MAX, false },
	[ROW_FETCH] = { 100, 599, 0, 0, false },
	[ROW_END] = { 0, 0, 0, 0, false },
};

static bool is_clean(const char *name)
{
	struct bytes rest = bytes_of_string(name);

	while (rest.len) {
		bool separates = *rest.data == '\n';
		uint32_t code_point = utf8_take(&rest);

		if (code_point == UTF8_INVALID || (!separates && utf8_is_unprintable(code_point)))
			return false;
	}
	return true;
}

static bool is_sound(const struct page_row *row, enum row_kind kind)
{
	const struct row_bounds *bound = &bounds[kind];
	bool is_named = strchr(row->name, '\n') != NULL;

	if (row->first < bound->first_from || row->first > bound->first_to ||
	    row->second < bound->second_from || row->second > bound->second_to)
		return false;
	if (is_named != bound->of_profile && strcmp(row->name, PAGE_OTHER) != 0)
		return false;
	return is_clean(row->name);
}

static void write_rows(const struct view *view, enum row_kind kind,
		       void (*write)(const struct view *view, const struct page_row *row))
{
	for (size_t i = 0; i < view->sum->row_count; i++) {
		const struct page_row *row = &view->sum->rows[i];

		if (counter_read(&row->kind) == (uint64_t)kind + 1 && is_sound(row, kind))
			write(view, row);
	}
}

static void write_request_row(const struct view *view, const struct page_row *row)
{
	char account[PAGE_NAME_MAX + 1], profile[PAGE_NAME_MAX + 1], code[12];

	split(row, account, profile);
	snprintf(code, sizeof code, "%u", row->second);
	put_counter(view,
		    &(struct labels){ { { "op", est_operation_text(row->first) },
					{ "account", account },
					{ "profile", profile },
					{ "code", code } } },
		    &row->count);
}

static void write_requests(const struct view *view)
{
	write_rows(view, ROW_REQUEST, write_request_row);
}

static const char *const results[ENROLLMENT_RESULT_COUNT] = {
	[ENROLLMENT_ISSUED] = "issued",   [ENROLLMENT_REPEATED] = "repeated",
	[ENROLLMENT_PENDING] = "pending", [ENROLLMENT_REFUSED] = "refused",
	[ENROLLMENT_FAILED] = "failed",
};

static void write_enrollment_row(const struct view *view, const struct page_row *row)
{
	char account[PAGE_NAME_MAX + 1], profile[PAGE_NAME_MAX + 1];

	split(row, account, profile);
	put_counter(view,
		    &(struct labels){ { { "account", account },
					{ "profile", profile },
					{ "result", results[row->first] },
					{ "reason", reason_code((enum reason)row->second) } } },
		    &row->count);
}

static void write_enrollments(const struct view *view)
{
	write_rows(view, ROW_ENROLLMENT, write_enrollment_row);
}

static const char *ocsp_status_text(uint32_t status)
{
	static const char *const texts[OCSP_STATUS_MAX + 1] = {
		"successful", "malformed_request", "internal_error", "try_later",
		"none",       "sig_required",      "unauthorized"
	};

	return texts[status];
}

static void write_ocsp_row(const struct view *view, const struct page_row *row)
{
	put_counter(view,
		    &(struct labels){ { { "status", ocsp_status_text(row->second) },
					{ "source", row->first ? "kept" : "fresh" } } },
		    &row->count);
}

static void write_ocsp(const struct view *view)
{
	write_rows(view, ROW_OCSP, write_ocsp_row);
}

static void write_fetch_row(const struct view *view, const struct page_row *row)
{
	char code[12];

	snprintf(code, sizeof code, "%u", row->first);
	put_counter(view, &(struct labels){ { { "kind", row->name }, { "code", code } } },
		    &row->count);
}

static void write_fetches(const struct view *view)
{
	write_rows(view, ROW_FETCH, write_fetch_row);
}

static void write_end_row(const struct view *view, const struct page_row *row)
{
	put_counter(view, &(struct labels){ { { "process", row->name } } }, &row->count);
}

static void write_ends(const struct view *view)
{
	write_rows(view, ROW_END, write_end_row);
}

/* -- durations -- */

static void write_durations(const struct view *view)
{
	for (unsigned int i = 0; i <= EST_OPERATION_COUNT; i++)
		exposition_meter(view->family,
				 &(struct labels){ { { "op", est_operation_text(i) } } },
				 METER_DURATION, &view->sum->counters.requests[i], view->to);
}

static const char *const backends[PAGE_KEY_PLACE_COUNT] = {
	[PAGE_KEY_FILE] = "file",
	[PAGE_KEY_TOKEN] = "token",
};

static void write_signatures(const struct view *view)
{
	for (size_t i = 0; i < PAGE_KEY_PLACE_COUNT; i++)
		exposition_meter(view->family, &(struct labels){ { { "backend", backends[i] } } },
				 METER_DURATION, &view->sum->counters.signatures[i], view->to);
}

static void write_signature_failures(const struct view *view)
{
	for (size_t i = 0; i < PAGE_KEY_PLACE_COUNT; i++)
		put_counter(view, &(struct labels){ { { "backend", backends[i] } } },
			    &view->sum->counters.signature_failures[i]);
}

static void write_commits(const struct view *view)
{
	exposition_meter(view->family, NULL, METER_DURATION, &view->sum->counters.commits,
			 view->to);
}

static void write_commit_sizes(const struct view *view)
{
	exposition_meter(view->family, NULL, METER_SIZE, &view->sum->counters.commit_sizes,
			 view->to);
}

static void write_queue_waits(const struct view *view)
{
	exposition_meter(view->family, NULL, METER_DURATION, &view->sum->counters.queue_waits,
			 view->to);
}

/* -- counters of their own -- */

static void write_commit_failures(const struct view *view)
{
	put_counter(view, NULL, &view->sum->counters.commit_failures);
}

static void write_overloads(const struct view *view)
{
	put_counter(view, NULL, &view->sum->counters.overloads);
}

static void write_crls(const struct view *view)
{
	put_counter(view, NULL, &view->sum->counters.crls);
}

static void write_job_failures(const struct view *view)
{
	put_counter(view, NULL, &view->sum->counters.job_failures);
}

static void write_rows_lost(const struct view *view)
{
	put_counter(view, NULL, &view->sum->counters.rows_lost);
}

/* -- the node -- */

static void write_build(const struct view *view)
{
	put(view, &(struct labels){ { { "version", BESTOW_VERSION } } }, 1);
}

static void write_start(const struct view *view)
{
	put_counter(view, NULL, &view->node->started_at);
}

static void write_reload(const struct view *view)
{
	put_counter(view, NULL, &view->node->reloaded_well);
}

static void write_reload_time(const struct view *view)
{
	put_counter(view, NULL, &view->node->reloaded_at);
}

static void write_processes(const struct view *view)
{
	const struct page_node *node = view->node;
	const struct {
		const char *process, *state;
		const struct counter *count;
	} rows[] = {
		{ "edge", "wanted", &node->edges_wanted },
		{ "edge", "running", &node->edges_running },
		{ "edge", "listening", &view->sum->gauges.listens },
		{ "service", "running", &node->service_running },
		{ "admin", "wanted", &node->admin_wanted },
		{ "admin", "running", &node->admin_running },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		put_counter(view,
			    &(struct labels){ { { "process", rows[i].process },
						{ "state", rows[i].state } } },
			    rows[i].count);
}

static const struct row {
	struct metric family;
	void (*write)(const struct view *view);
} rows[] = {
	{ { "bestow_build", METRIC_INFO, NULL, "The program that runs." }, write_build },
	{ { "bestow_start_time_seconds", METRIC_GAUGE, "seconds",
	    "When the node was started, in Unix time." },
	  write_start },
	{ { "bestow_processes", METRIC_GAUGE, NULL, "Processes of the node, by how they stand." },
	  write_processes },
	{ { "bestow_process_restarts", METRIC_COUNTER, NULL,
	    "Processes that ended without being told to, and were started again." },
	  write_ends },
	{ { "bestow_config_last_reload_successful", METRIC_GAUGE, NULL,
	    "1 if the configuration was taken over when it was last read." },
	  write_reload },
	{ { "bestow_config_last_reload_timestamp_seconds", METRIC_GAUGE, "seconds",
	    "When the configuration was last taken over, in Unix time." },
	  write_reload_time },
	{ { "bestow_requests", METRIC_COUNTER, NULL, "EST requests answered." }, write_requests },
	{ { "bestow_request_duration_seconds", METRIC_HISTOGRAM, "seconds",
	    "From an EST request's first octet to its answer." },
	  write_durations },
	{ { "bestow_enrollments", METRIC_COUNTER, NULL,
	    "Enrollments by how they ended; the reason is one of the catalogue." },
	  write_enrollments },
	{ { "bestow_tls_handshakes", METRIC_COUNTER, NULL, "TLS handshakes." }, write_handshakes },
	{ { "bestow_connections_accepted", METRIC_COUNTER, NULL, "Connections let in." },
	  write_accepted },
	{ { "bestow_connections_turned_away", METRIC_COUNTER, NULL,
	    "Connections closed before a word: by address, or for a cap." },
	  write_turned_away },
	{ { "bestow_open_connections", METRIC_GAUGE, NULL, "Connections to edges, open now." },
	  write_connections },
	{ { "bestow_http_requests", METRIC_COUNTER, NULL, "Well-formed HTTP requests." },
	  write_http_requests },
	{ { "bestow_http_refusals", METRIC_COUNTER, NULL,
	    "HTTP requests refused before anybody read what they ask for." },
	  write_http_refusals },
	{ { "bestow_ocsp_responses", METRIC_COUNTER, NULL, "OCSP answers." }, write_ocsp },
	{ { "bestow_publication_requests", METRIC_COUNTER, NULL,
	    "Requests for CRLs and CA certificates." },
	  write_fetches },
	{ { "bestow_signer_duration_seconds", METRIC_HISTOGRAM, "seconds",
	    "How long a signature took." },
	  write_signatures },
	{ { "bestow_signer_failures", METRIC_COUNTER, NULL, "Signatures that failed." },
	  write_signature_failures },
	{ { "bestow_store_commit_duration_seconds", METRIC_HISTOGRAM, "seconds",
	    "How long a commit took to be durable." },
	  write_commits },
	{ { "bestow_store_commit_transactions", METRIC_HISTOGRAM, NULL,
	    "Transactions that one commit made durable." },
	  write_commit_sizes },
	{ { "bestow_store_commit_failures", METRIC_COUNTER, NULL, "Commits that failed." },
	  write_commit_failures },
	{ { "bestow_service_queue_seconds", METRIC_HISTOGRAM, "seconds",
	    "How long requests waited for a worker." },
	  write_queue_waits },
	{ { "bestow_service_overloads", METRIC_COUNTER, NULL,
	    "Requests sent away because the queue was full." },
	  write_overloads },
	{ { "bestow_crls_issued", METRIC_COUNTER, NULL, "CRLs signed." }, write_crls },
	{ { "bestow_job_failures", METRIC_COUNTER, NULL, "Periodic work that failed." },
	  write_job_failures },
	{ { "bestow_metrics_rows_lost", METRIC_COUNTER, NULL,
	    "Counts without a place, since there were too many labels." },
	  write_rows_lost },
};

bool expose_board(const struct metrics_board *board, enum exposition_format format,
		  struct buffer *to, struct error *err)
{
	CLEANUP(metrics_sum_done) struct metrics_sum sum = { 0 };

	if (!metrics_board_sum(board, &sum, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct view view = { &sum, metrics_board_node(board), &rows[i].family, to };

		exposition_begin(format, view.family, to);
		rows[i].write(&view);
	}
	return buffer_ok(to) || error_set(err, REASON_NO_MEMORY, "metrics");
}
