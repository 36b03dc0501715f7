#include "upstream/refusal.h"

#define RETRY_AFTER 30

/* Where the reason says more than its kind. A credential that the upstream does not take, and a
 * service that it does not know, are this proxy's fault: no device could mend them. */
static const struct {
	enum reason from, to;
} rows[] = {
	{ REASON_SERVER_PENDING, REASON_SERVER_PENDING },
	{ REASON_NO_MEMORY, REASON_NO_MEMORY },
	{ REASON_SERVER_UNTRUSTED, REASON_UPSTREAM_BROKEN },
	{ REASON_KEY_ACCESS, REASON_UPSTREAM_BROKEN },
	{ REASON_NO_ANCHORS, REASON_UPSTREAM_BROKEN },
};

static enum reason reason_of_kind(enum error_kind kind)
{
	switch (kind) {
	case ERROR_INVALID:
	case ERROR_UNSUPPORTED:
	case ERROR_TOO_LARGE:
		return REASON_UPSTREAM_REJECTED;
	case ERROR_DENIED:
	case ERROR_CONFLICT:
		return REASON_UPSTREAM_REFUSED;
	case ERROR_BUSY:
	case ERROR_LIMITED:
		return REASON_UPSTREAM_UNAVAILABLE;
	case ERROR_PENDING:
		return REASON_SERVER_PENDING;
	case ERROR_NONE:
	case ERROR_UNAUTHENTICATED:
	case ERROR_NOT_FOUND:
	case ERROR_INTERNAL:
		break;
	}
	return REASON_UPSTREAM_BROKEN;
}

static enum reason reason_of(enum reason reason)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].from == reason)
			return rows[i].to;
	return reason_of_kind(reason_kind(reason));
}

bool upstream_refusal(const struct error *why, bool was_slow, struct error *err)
{
	enum reason reason = reason_of(why->reason);
	uint32_t retry_after = why->retry_after ? why->retry_after : RETRY_AFTER;

	if (was_slow && reason == REASON_UPSTREAM_UNAVAILABLE)
		reason = REASON_UPSTREAM_SLOW;
	return error_set_retry(err, reason, retry_after, "%s", why->detail);
}
