/* What one process counts, in memory that outlives it: whoever takes its place goes on with the
 * same numbers, so that no sum ever falls. */
#pragma once

#include "base/meter.h"
#include "base/reason.h"
#include "http/counters.h"
#include "model/operation.h"

#define PAGE_ROWS 512
#define PAGE_NAME_MAX 135    /* of an account and of a profile */
#define PAGE_OTHER "(other)" /* in place of a name, once there are too many */

enum page_listener { PAGE_EST, PAGE_VA, PAGE_ADMIN, PAGE_LISTENER_COUNT };
enum page_key_place { PAGE_KEY_FILE, PAGE_KEY_TOKEN, PAGE_KEY_PLACE_COUNT };

/* What is counted by labels that nobody knows beforehand. */
enum row_kind { ROW_REQUEST, ROW_ENROLLMENT, ROW_OCSP, ROW_FETCH, ROW_END, ROW_KIND_COUNT };
struct row_key {
	enum row_kind kind;
	uint32_t first, second; /* as the kind has them */
	const char *name;       /* NULL: "" */
};
struct page_row {
	struct counter kind; /* 1 + enum row_kind; 0: free. Written last */
	uint32_t first, second;
	char name[PAGE_NAME_MAX + 1];
	struct counter count;
};

/* How things stand; cleared whenever the process ends. */
struct page_gauges {
	struct counter listens;     /* 1: strangers are served */
	struct counter connections; /* open now */
};

/* Of the supervisor's page alone. */
struct page_node {
	struct counter pages; /* so many are in use, from the first on */
	struct counter is_serving, is_draining;
	struct counter edges_wanted, edges_ready, edges_running;
	struct counter service_ready, service_running, admin_wanted, admin_running;
	struct counter reloaded_well, reloaded_at; /* the last reading of the configuration */
	struct counter started_at;                 /* Unix seconds */
};

/* Nothing but counters, so that pages can be added up. */
struct page_counters {
	struct http_counters http[PAGE_LISTENER_COUNT];
	struct meter requests[EST_OPERATION_COUNT + 1];
	struct meter signatures[PAGE_KEY_PLACE_COUNT];
	struct counter signature_failures[PAGE_KEY_PLACE_COUNT];
	struct meter commits, commit_sizes;
	struct counter commit_failures;
	struct meter queue_waits;
	struct counter overloads;
	struct counter crls, job_failures;
	struct counter rows_lost; /* there was no room for their labels */
};

struct metrics_page {
	struct page_counters counters;
	struct page_gauges gauges;
	struct page_node node;
	struct counter named_rows; /* that are taken */
	struct page_row rows[PAGE_ROWS];
};

/* One thread of the page's process. */
void page_count(struct metrics_page *page, const struct row_key *key);

#define PAGE_NUMBERS(type) (sizeof(type) / sizeof(struct counter))
