/* What processes write into their pages. Nothing happens where `page` is NULL: nobody counts. */
#pragma once

#include "metrics/page.h"
#include "model/est_service.h"

/* How an enrollment ended; `first` of a ROW_ENROLLMENT. */
enum enrollment_result {
	ENROLLMENT_ISSUED,
	ENROLLMENT_REPEATED, /* the client got once more what it had got before */
	ENROLLMENT_PENDING,
	ENROLLMENT_REFUSED,
	ENROLLMENT_FAILED, /* through no fault of the client's */
	ENROLLMENT_RESULT_COUNT
};

/* An EST request was answered. */
void record_request(struct metrics_page *page, const struct est_outcome *outcome);
/* An OCSP request was answered; `status` is the octet of OCSPResponseStatus. */
void record_ocsp(struct metrics_page *page, bool was_kept, unsigned int status);
/* A CRL or a CA certificate was asked for; `kind` by name: "crl", "delta", "ca", "none". */
void record_fetch(struct metrics_page *page, const char *kind, unsigned int status);
/* A process ended without being told to; `process` by its kind: "edge". */
void record_end(struct metrics_page *page, const char *process);
