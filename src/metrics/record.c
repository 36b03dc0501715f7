#include "metrics/record.h"

#include <string.h>

static enum enrollment_result result_of(const struct est_outcome *outcome)
{
	switch (reason_kind(outcome->reason)) {
	case ERROR_NONE:
		return outcome->is_repeated ? ENROLLMENT_REPEATED : ENROLLMENT_ISSUED;
	case ERROR_PENDING:
		return ENROLLMENT_PENDING;
	case ERROR_BUSY:
	case ERROR_INTERNAL:
		return ENROLLMENT_FAILED;
	case ERROR_INVALID:
	case ERROR_UNAUTHENTICATED:
	case ERROR_DENIED:
	case ERROR_NOT_FOUND:
	case ERROR_CONFLICT:
	case ERROR_TOO_LARGE:
	case ERROR_UNSUPPORTED:
	case ERROR_LIMITED:
		break;
	}
	return ENROLLMENT_REFUSED;
}

static bool is_enrollment(enum est_operation operation)
{
	return operation == EST_SIMPLEENROLL || operation == EST_SIMPLEREENROLL ||
	       operation == EST_SERVERKEYGEN || operation == EST_FULLCMC;
}

/* "ACCOUNT\nPROFILE"; each request is counted, so not by snprintf(). */
static void join(const char *account, const char *profile, char into[PAGE_NAME_MAX + 1])
{
	size_t account_len = strnlen(account, PAGE_NAME_MAX - 1);
	size_t profile_len = strnlen(profile, PAGE_NAME_MAX - 1 - account_len);

	memcpy(into, account, account_len);
	into[account_len] = '\n';
	memcpy(into + account_len + 1, profile, profile_len);
	into[account_len + 1 + profile_len] = '\0';
}

void record_request(struct metrics_page *page, const struct est_outcome *outcome)
{
	char name[PAGE_NAME_MAX + 1];

	if (!page)
		return;
	join(outcome->account, outcome->profile, name);
	page_count(page,
		   &(struct row_key){ ROW_REQUEST, outcome->operation, outcome->status, name });
	meter_add(&page->counters.requests[outcome->operation], METER_DURATION, outcome->us);
	if (is_enrollment(outcome->operation))
		page_count(page, &(struct row_key){ ROW_ENROLLMENT, result_of(outcome),
						    outcome->reason, name });
}

void record_ocsp(struct metrics_page *page, bool was_kept, unsigned int status)
{
	if (page)
		page_count(page, &(struct row_key){ ROW_OCSP, was_kept, status, NULL });
}

void record_fetch(struct metrics_page *page, const char *kind, unsigned int status)
{
	if (page)
		page_count(page, &(struct row_key){ ROW_FETCH, status, 0, kind });
}

void record_end(struct metrics_page *page, const char *process)
{
	if (page)
		page_count(page, &(struct row_key){ ROW_END, 0, 0, process });
}
