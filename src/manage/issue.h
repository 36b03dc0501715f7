/* A certificate by an operator's word: recorded as an intent, signed outside any transaction, then
 * left to the verb to record together with what else it changes. */
#pragma once

#include "manage/change.h"
#include "model/certificate.h"
#include "pki/key.h"
#include "pki/name.h"
#include "pki/san.h"

#define BACKDATE_SECONDS 300 /* devices' clocks run behind */

struct issue {
	enum certificate_purpose purpose;
	const char *issuer;   /* the CA's name; NULL: self-signed with `key_name` */
	const char *key_name; /* for a self-signed one */
	/* for a self-signed one, how; NULL and "": as keys of its type usually do */
	const char *signature;
	const struct name *subject;
	struct bytes key_id;      /* of a CA: by which what it signed knows it; empty: ours */
	struct bytes subject_der; /* of a CA: in the bytes that it writes; empty: in ours */
	const struct san *san;    /* NULL: none */
	const struct public_key *key;
	int64_t validity_seconds; /* policy cuts it where the issuer ends */
	int path_len;
	struct bytes name_constraints; /* DER of the extension's value; empty: none */
};

/* The certificate as it would be: checked as always, signed by nobody, and neither kept nor of use.
 */
MUST_CHECK bool issue_preview(const struct call *call, const struct issue *issue, struct cert **ret,
			      struct error *err);
/* *ret is certificate_done()'s, in no transaction yet: it may leave only after ca_record() and a
 * commit. REASON_CONFLICT when the issuer is not active. */
MUST_CHECK bool issue_certificate(const struct call *call, const struct issue *issue,
				  struct certificate *ret, struct error *err);
