/* From our reasons to CMC's (RFC 5272 6.1.4). */
#include "ra/cmc.h"

#include <stdio.h>

#include "est/retry_spread.h"

/* Where the kind would say too little. */
static const struct {
	enum reason reason;
	enum cmc_fail_info fail_info;
} reasons[] = {
	{ REASON_CMS_SIGNATURE, CMC_BAD_MESSAGE_CHECK },
	{ REASON_POP_FAILED, CMC_POP_FAILED },
	{ REASON_POP_MISSING, CMC_POP_REQUIRED },
	{ REASON_POP_LINK_FAILED, CMC_POP_FAILED },
	{ REASON_POP_LINK_MISSING, CMC_POP_REQUIRED },
	{ REASON_SIGNATURE_WEAK, CMC_BAD_ALG },
	{ REASON_KEY_TYPE_NOT_ALLOWED, CMC_BAD_ALG },
	{ REASON_KEY_TOO_WEAK, CMC_BAD_ALG },
	{ REASON_KEY_REUSED, CMC_NO_KEY_REUSE },
	{ REASON_KEY_MUST_CHANGE, CMC_NO_KEY_REUSE },
	{ REASON_EXTENSION_NOT_ALLOWED, CMC_UNSUPPORTED_EXT },
	{ REASON_RENEWAL_TOO_EARLY, CMC_BAD_REQUEST },
	{ REASON_RENEWAL_TOO_LATE, CMC_BAD_REQUEST },
	{ REASON_RENEWAL_NOT_ALLOWED, CMC_BAD_REQUEST },
	{ REASON_KEY_MUST_STAY, CMC_BAD_REQUEST },
	{ REASON_NAME_CONSTRAINTS, CMC_BAD_REQUEST },
};

static const enum cmc_fail_info kinds[] = {
	[ERROR_NONE] = CMC_INTERNAL_CA_ERROR,
	[ERROR_INVALID] = CMC_BAD_REQUEST,
	[ERROR_UNAUTHENTICATED] = CMC_BAD_IDENTITY,
	[ERROR_DENIED] = CMC_BAD_IDENTITY,
	[ERROR_NOT_FOUND] = CMC_BAD_CERT_ID,
	[ERROR_CONFLICT] = CMC_BAD_REQUEST,
	[ERROR_TOO_LARGE] = CMC_BAD_REQUEST,
	[ERROR_UNSUPPORTED] = CMC_BAD_REQUEST,
	[ERROR_PENDING] = CMC_BAD_REQUEST, /* never: see code_of() */
	[ERROR_LIMITED] = CMC_TRY_LATER,
	[ERROR_BUSY] = CMC_TRY_LATER,
	[ERROR_INTERNAL] = CMC_INTERNAL_CA_ERROR,
};

static enum cmc_fail_info fail_info_of(enum reason reason)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].reason == reason)
			return reasons[i].fail_info;
	return kinds[reason_kind(reason)];
}

static enum cmc_status_code code_of(enum reason reason)
{
	if (reason == REASON_NONE)
		return CMC_SUCCESS;
	return reason_kind(reason) == ERROR_PENDING ? CMC_PENDING : CMC_FAILED;
}

/* As over plain EST: strangers read why their own bytes are no good, and nothing else. */
static bool may_read(enum reason reason, bool authenticated)
{
	enum error_kind kind = reason_kind(reason);

	if (kind == ERROR_INTERNAL || kind == ERROR_BUSY)
		return false;
	return authenticated || kind == ERROR_INVALID;
}

static bool is_clients_fault(enum reason reason)
{
	switch (reason_kind(reason)) {
	case ERROR_NONE:
	case ERROR_PENDING:
	case ERROR_LIMITED:
	case ERROR_BUSY:
	case ERROR_INTERNAL:
		return false;
	case ERROR_INVALID:
	case ERROR_UNAUTHENTICATED:
	case ERROR_DENIED:
	case ERROR_NOT_FOUND:
	case ERROR_CONFLICT:
	case ERROR_TOO_LARGE:
	case ERROR_UNSUPPORTED:
		break;
	}
	return true;
}

static void tell(struct cmc_dialog *dialog, struct cmc_status status, const struct error *refusal,
		 bool authenticated)
{
	char text[2 * ERROR_DETAIL_MAX];

	if (is_clients_fault(refusal->reason))
		(dialog->outer ? dialog->outer : dialog)->has_refused = true;
	status.code = code_of(refusal->reason);
	status.fail_info = fail_info_of(refusal->reason);
	if (refusal->reason != REASON_NONE && may_read(refusal->reason, authenticated)) {
		snprintf(text, sizeof text, "%s: %s", reason_code(refusal->reason),
			 refusal->detail[0] ? refusal->detail : reason_words(refusal->reason));
		status.text = text;
	}
	cmc_response_status(&dialog->response, &status);
}

void cmc_tell(struct cmc_dialog *dialog, uint32_t part, const struct error *refusal,
	      bool authenticated)
{
	tell(dialog, (struct cmc_status){ .part = part }, refusal, authenticated);
}

void cmc_tell_request(struct cmc_dialog *dialog, const struct cmc_part *part,
		      const struct error *refusal, bool authenticated)
{
	const struct cmc_status status = {
		.part = part->id,
		.token = part->whole,
		.ask_at = clock_now(dialog->ra->options.clock) + retry_spread(refusal->retry_after),
	};

	tell(dialog, status, refusal, authenticated);
}
