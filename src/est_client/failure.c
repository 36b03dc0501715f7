#include "est_client/failure.h"

#include <stdio.h>

/* Where a reason means more to a device than its kind says. */
static const struct {
	enum reason reason;
	enum bestow_outcome outcome;
} rows[] = {
	{ REASON_SERVER_UNTRUSTED, BESTOW_UNTRUSTED },
	{ REASON_NO_ANCHORS, BESTOW_MISUSED },
	{ REASON_INVALID, BESTOW_MISUSED },
	{ REASON_CONFIG, BESTOW_MISUSED },
	{ REASON_NAME_INVALID, BESTOW_MISUSED },
	{ REASON_KEY_ACCESS, BESTOW_LOCAL },
	{ REASON_FILE, BESTOW_LOCAL },
	{ REASON_SECRET_FILE, BESTOW_LOCAL },
	{ REASON_IMPORT_MALFORMED, BESTOW_LOCAL },
	{ REASON_PRIVATE_KEY_REFUSED, BESTOW_LOCAL },
	{ REASON_NO_MEMORY, BESTOW_FAILED },
};

static enum bestow_outcome outcome_of_kind(enum error_kind kind)
{
	switch (kind) {
	case ERROR_NONE:
		return BESTOW_DONE;
	case ERROR_NOT_FOUND:
		return BESTOW_NOT_FOUND;
	case ERROR_UNAUTHENTICATED:
		return BESTOW_UNAUTHENTICATED;
	case ERROR_INVALID:
	case ERROR_DENIED:
	case ERROR_CONFLICT:
	case ERROR_TOO_LARGE:
	case ERROR_UNSUPPORTED:
		return BESTOW_REFUSED;
	case ERROR_PENDING:
		return BESTOW_PENDING;
	case ERROR_LIMITED:
	case ERROR_BUSY:
		return BESTOW_UNREACHABLE;
	case ERROR_INTERNAL:
		return BESTOW_FAILED;
	}
	return BESTOW_FAILED;
}

enum bestow_outcome failure_outcome(enum reason reason)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].reason == reason)
			return rows[i].outcome;
	return outcome_of_kind(reason_kind(reason));
}

bool failure_tell(const struct error *err, struct bestow_error *ret)
{
	if (!ret)
		return false;
	*ret = (struct bestow_error){
		.outcome = failure_outcome(err->reason),
		.retry_after = err->retry_after,
		.code = reason_code(err->reason),
		.words = reason_words(err->reason),
		.remedy = reason_remedy(err->reason),
	};
	snprintf(ret->detail, sizeof ret->detail, "%s", err->detail);
	return false;
}

static enum reason reason_of_outcome(enum bestow_outcome outcome)
{
	switch (outcome) {
	case BESTOW_UNREACHABLE:
		return REASON_SERVER_UNREACHABLE;
	case BESTOW_UNTRUSTED:
		return REASON_SERVER_UNTRUSTED;
	case BESTOW_LOCAL:
		return REASON_KEY_ACCESS;
	case BESTOW_DONE:
	case BESTOW_FAILED:
	case BESTOW_MISUSED:
	case BESTOW_NOT_FOUND:
	case BESTOW_UNAUTHENTICATED:
	case BESTOW_REFUSED:
	case BESTOW_PENDING:
		return REASON_SERVER_ANSWER;
	}
	return REASON_SERVER_ANSWER;
}

bool bestow_fail(struct bestow_error *err, enum bestow_outcome outcome, const char *detail)
{
	struct error inner = { 0 };

	(void)error_set(&inner, reason_of_outcome(outcome), "%s", detail);
	return failure_tell(&inner, err);
}

bool failure_take(const struct bestow_error *from, struct error *err)
{
	enum reason reason = from->code ? reason_by_code(from->code) : REASON_COUNT;

	return error_set(err, reason == REASON_COUNT ? reason_of_outcome(from->outcome) : reason,
			 "%s", from->detail);
}
