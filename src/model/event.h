/* What an operator wants to know of: each refusal and each issuance, in words. */
#pragma once

#include "base/address.h"
#include "base/error.h"
#include "model/operation.h"

struct event {
	int64_t id, at;                 /* given by the store; at: seconds */
	int64_t account_id, profile_id; /* 0: not known */
	enum est_operation operation;   /* EST_OPERATION_COUNT: none */
	enum reason reason;             /* REASON_NONE: a certificate was issued */
	char request_id[17];
	char peer[ADDRESS_TEXT_MAX];
	char client[ERROR_DETAIL_MAX]; /* who: subject of the certificate, or the CSR's; may be ""
					*/
	char detail[ERROR_DETAIL_MAX];
	char label[130];        /* what the URL named, cut */
	int64_t certificate_id; /* issued or presented; 0: none */
	/* of a refusal: its steps (event_trace.h); NULL or "": not known. Borrowed, and no part of
	 * the message: who refuses before the authority has no steps to tell */
	const char *trace;
};

void event_pack(const struct event *event, struct buffer *to);
MUST_CHECK bool event_unpack(struct bytes message, struct event *ret, struct error *err);
