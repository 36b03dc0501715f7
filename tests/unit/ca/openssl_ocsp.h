/* What OpenSSL reads in an OCSP response. */
#pragma once

#include "test.h"

#include "pki/openssl_x509v3.h"

#include <openssl/ocsp.h>

#include "base/bytes.h"

struct told {
	int response; /* OCSP_RESPONSE_STATUS_… */
	int status;   /* V_OCSP_CERTSTATUS_… of the first certificate; -1: none */
	int reason;
	int64_t revoked_at;
	bool extends_revoked;
	/* of the answer around it */
	bool is_keepable;
	int64_t lasts;
};

static inline int64_t openssl_seconds(const ASN1_TIME *time)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, seconds = 0;

	assert_int_equal(ASN1_TIME_diff(&days, &seconds, epoch, time), 1);
	ASN1_TIME_free(epoch);
	return (int64_t)days * 86400 + seconds;
}

static inline struct told openssl_reads(struct bytes der)
{
	const unsigned char *at = der.data;
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)der.len);
	struct told told = { .status = -1, .reason = -1 };
	ASN1_GENERALIZEDTIME *revoked = NULL;

	assert_non_null(response);
	told.response = OCSP_response_status(response);
	OCSP_BASICRESP *basic = told.response == OCSP_RESPONSE_STATUS_SUCCESSFUL
					? OCSP_response_get1_basic(response)
					: NULL;
	if (basic) {
		told.status = OCSP_single_get0_status(OCSP_resp_get0(basic, 0), &told.reason,
						      &revoked, NULL, NULL);
		told.extends_revoked = OCSP_BASICRESP_get_ext_count(basic) > 0;
		if (revoked)
			told.revoked_at = openssl_seconds(revoked);
	}
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	return told;
}
