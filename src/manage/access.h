/* Who asks by way of the API, and what they may: one row for each of the operator's verbs. */
#pragma once

#include "manage/verb.h"
#include "model/api_request.h"

#define SESSION_IDLE_SECONDS ((int64_t)60 * 60)
#define SESSION_MAX_SECONDS ((int64_t)12 * 60 * 60)

enum access_place {
	ACCESS_PUBLIC,  /* to whoever reaches the listener: signing in */
	ACCESS_SELF,    /* to whoever has signed in, on themselves */
	ACCESS_ACCOUNT, /* by the role on the account; on the node, where no account is named */
	ACCESS_NODE,    /* by the role on the node */
	ACCESS_LOCAL,   /* over the local socket only */
};

struct access_row {
	const char *verb;
	enum access_place place;
	enum role role; /* at least */
};
/* NULL for a verb without a row, which nobody may use but the local operator. */
const struct access_row *access_find(const char *verb);

/* Judges the credential. REASON_SIGNED_OUT, also for one that ended, whose owner is locked, or that
 * was none, and for a token above what its maker may; REASON_SESSION_CERTIFICATE for a session that
 * comes without the certificate that it began with. Of CREDENTIAL_NONE it makes a caller without
 * any role. */
MUST_CHECK bool access_identify(const struct manage *manage, const struct api_request *request,
				int64_t now, struct caller *ret, struct error *err);
/* The caller knows that this account exists. */
bool access_sees(const struct caller *caller, int64_t account_id);
/* Somebody asks, or the verb is for everybody: REASON_SIGNED_OUT, before anything else is told. */
MUST_CHECK bool access_admit(const struct caller *caller, const struct verb *verb,
			     struct error *err);
/* The caller may do this, where `call` names it: REASON_NOT_PERMITTED. */
MUST_CHECK bool access_check(const struct call *call, struct error *err);
