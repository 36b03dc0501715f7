#include "manage/access.h"

#include <string.h>

/* -- what may be done -- */

static const struct access_row rows[] = {
	{ "session.create", ACCESS_PUBLIC, ROLE_NONE },
	{ "session.redeem", ACCESS_PUBLIC, ROLE_NONE },
	{ "session.show", ACCESS_SELF, ROLE_NONE },
	{ "session.end", ACCESS_SELF, ROLE_NONE },
	{ "administrator.password", ACCESS_SELF, ROLE_NONE },
	{ "administrator.totp", ACCESS_SELF, ROLE_NONE },
	{ "administrator.own-certificate", ACCESS_SELF, ROLE_NONE },

	{ "administrator.create", ACCESS_ACCOUNT, ROLE_OWNER },
	{ "administrator.list", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "administrator.grant", ACCESS_ACCOUNT, ROLE_OWNER },
	{ "administrator.withdraw", ACCESS_ACCOUNT, ROLE_OWNER },
	{ "administrator.link", ACCESS_NODE, ROLE_OWNER },
	{ "administrator.certificate", ACCESS_NODE, ROLE_OWNER },
	{ "administrator.no-certificate", ACCESS_NODE, ROLE_OWNER },
	{ "administrator.lock", ACCESS_NODE, ROLE_OWNER },
	{ "administrator.unlock", ACCESS_NODE, ROLE_OWNER },
	{ "administrator.remove", ACCESS_NODE, ROLE_OWNER },
	{ "token.create", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "token.list", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "token.revoke", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },

	{ "status", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "account.list", ACCESS_SELF, ROLE_NONE },
	{ "account.create", ACCESS_NODE, ROLE_OWNER },
	{ "account.show", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "account.set", ACCESS_NODE, ROLE_ADMINISTRATOR },

	{ "ca.list", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "ca.show", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "ca.set", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "ca.export", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "ca.create", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "ca.import", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "ca.retire", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "ca.disable", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "ca.activate", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "ca.request", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "ca.certificate", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "ca.cancel", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "ca.sign", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "ca.renew", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "rollover.list", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "rollover.show", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "rollover.export", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "rollover.start", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "rollover.switch", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "rollover.finish", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "ocsp.show", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "crl.list", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "crl.export", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "crl.issue", ACCESS_ACCOUNT, ROLE_RA_OPERATOR },
	{ "crl.import", ACCESS_ACCOUNT, ROLE_RA_OPERATOR },

	{ "profile.list", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "profile.show", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "profile.test", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "profile.versions", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "profile.create", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "profile.set", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "profile.suspend", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "profile.resume", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "profile.passphrase", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	/* which account's profile answers where no label is given is the node's matter */
	{ "profile.default", ACCESS_NODE, ROLE_ADMINISTRATOR },

	{ "device.list", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "device.show", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "device.add", ACCESS_ACCOUNT, ROLE_RA_OPERATOR },
	{ "device.import", ACCESS_ACCOUNT, ROLE_RA_OPERATOR },
	{ "device.suspend", ACCESS_ACCOUNT, ROLE_RA_OPERATOR },
	{ "device.resume", ACCESS_ACCOUNT, ROLE_RA_OPERATOR },
	{ "device.remove", ACCESS_ACCOUNT, ROLE_RA_OPERATOR },
	{ "device.codes", ACCESS_ACCOUNT, ROLE_RA_OPERATOR },

	{ "trust.preview", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "trust.list", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "trust.add", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "trust.remove", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "allow.preview", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "allow.list", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "allow.test", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "allow.add", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "allow.remove", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },

	{ "ra.list", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "ra.show", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "ra.enroll", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "ra.rotate", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "ra.admit", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "ra.set", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },
	{ "ra.revoke", ACCESS_ACCOUNT, ROLE_RA_OPERATOR },

	{ "cert.list", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "cert.show", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "cert.export", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "cert.revoke", ACCESS_ACCOUNT, ROLE_RA_OPERATOR },
	{ "cert.hold", ACCESS_ACCOUNT, ROLE_RA_OPERATOR },
	{ "cert.release", ACCESS_ACCOUNT, ROLE_RA_OPERATOR },
	{ "cert.unknown", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "cert.adopt", ACCESS_ACCOUNT, ROLE_ADMINISTRATOR },

	{ "request.list", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "request.show", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "request.approve", ACCESS_ACCOUNT, ROLE_RA_OPERATOR },
	{ "request.reject", ACCESS_ACCOUNT, ROLE_RA_OPERATOR },

	{ "event.list", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "graph.ends", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "graph.enrollments", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "audit.list", ACCESS_ACCOUNT, ROLE_AUDITOR },
	{ "audit.verify", ACCESS_NODE, ROLE_AUDITOR },
	{ "key.list", ACCESS_NODE, ROLE_AUDITOR },
	{ "key.block", ACCESS_NODE, ROLE_ADMINISTRATOR },
	{ "key.unblock", ACCESS_NODE, ROLE_ADMINISTRATOR },
	{ "node.show", ACCESS_NODE, ROLE_AUDITOR },
	{ "node.token", ACCESS_NODE, ROLE_AUDITOR },
	{ "node.certificate", ACCESS_NODE, ROLE_ADMINISTRATOR },
	/* it writes to a path of the node's */
	{ "node.backup", ACCESS_LOCAL, ROLE_NONE },
};

const struct access_row *access_find(const char *verb)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].verb, verb) == 0)
			return &rows[i];
	return NULL;
}

bool access_sees(const struct caller *caller, int64_t account_id)
{
	return caller_role(caller, account_id) != ROLE_NONE;
}

static bool is_somebody(const struct caller *caller)
{
	return caller->actor[0] != '\0';
}

bool access_admit(const struct caller *caller, const struct verb *verb, struct error *err)
{
	const struct access_row *row = access_find(verb->name);
	bool is_public = row && row->place == ACCESS_PUBLIC;

	return is_public || is_somebody(caller) ||
	       error_set(err, REASON_SIGNED_OUT, "nobody is signed in");
}

static bool check_role(const struct call *call, int64_t account_id, enum role wanted,
		       struct error *err)
{
	enum role held = caller_role(call->caller, account_id);

	if (held != ROLE_NONE && held >= wanted)
		return true;
	return error_set(err, REASON_NOT_PERMITTED, "%s needs the role %s on %s", call->verb->name,
			 role_text(wanted),
			 account_id == ACCOUNT_NODE ? "the node" : call->account->name);
}

bool access_check(const struct call *call, struct error *err)
{
	const struct access_row *row = access_find(call->verb->name);

	if (call->caller->is_local)
		return true;
	if (!row)
		return error_set(err, REASON_NOT_PERMITTED, "%s is not offered here",
				 call->verb->name);
	switch (row->place) {
	case ACCESS_PUBLIC:
	case ACCESS_SELF:
		return true;
	case ACCESS_ACCOUNT:
		return check_role(call, call->account ? call->account->id : ACCOUNT_NODE, row->role,
				  err);
	case ACCESS_NODE:
		return check_role(call, ACCOUNT_NODE, row->role, err);
	case ACCESS_LOCAL:
		break;
	}
	return error_set(err, REASON_NOT_PERMITTED, "%s is for the local socket only",
			 call->verb->name);
}
