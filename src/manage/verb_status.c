/* How the node stands: what there is, what is missing, and what the next step would be. */
#include "manage/describe.h"
#include "store/store_certificate.h"
#include "store/store_config.h"
#include "store/store_held_request.h"
#include "store/store_unknown.h"

#define ENDS_SOON ((int64_t)30 * 86400)

static size_t count_cas(const struct catalog *catalog, const struct account *account)
{
	size_t count = 0;

	for (size_t i = 0; i < catalog->ca_count; i++)
		count += catalog->cas[i].account_id == account->id;
	return count;
}

static size_t count_anchors(const struct catalog *catalog, const struct account *account)
{
	size_t count = 0;

	for (size_t i = 0; i < catalog->anchor_count; i++)
		count += catalog->anchors[i].account_id == account->id;
	return count;
}

static bool has_passphrase(const struct catalog *catalog, const struct profile *profile,
			   int64_t now)
{
	for (size_t i = 0; i < catalog->passphrase_count; i++)
		if (catalog->passphrases[i].profile_id == profile->id &&
		    (catalog->passphrases[i].ends == 0 || catalog->passphrases[i].ends > now))
			return true;
	return false;
}

/* -- what keeps devices out, in the order in which one meets it -- */

struct check {
	const struct call *call;
	const struct account *account;
	json_t *warnings;
	bool failed;
};

static void warn(struct check *check, json_t *text)
{
	check->failed |= json_array_append_new(check->warnings, text) != 0;
}

static void check_cas(struct check *check)
{
	const struct catalog *catalog = check->call->catalog;

	if (count_cas(catalog, check->account) == 0)
		warn(check, json_string("there is no CA"));
	for (size_t i = 0; i < catalog->ca_count; i++) {
		const struct ca *ca = &catalog->cas[i];
		int64_t rest = cert_not_after(ca->cert) - check->call->now;

		if (ca->account_id == check->account->id && rest < ENDS_SOON)
			warn(check, json_sprintf("the certificate of CA %s %s", ca->name,
						 rest < 0 ? "has expired" : "ends within 30 days"));
	}
}

static void check_allowlist(struct check *check)
{
	if (check->account->allowed.count == 0)
		warn(check, json_string("no address is allowed: nobody is let in"));
}

static void check_trust(struct check *check)
{
	if (count_anchors(check->call->catalog, check->account) == 0)
		warn(check, json_string("no CA is trusted for EST authentication: renewals fail"));
}

static void check_profiles(struct check *check)
{
	const struct catalog *catalog = check->call->catalog;

	for (size_t i = 0; i < catalog->profile_count; i++) {
		const struct profile *profile = catalog->profiles[i];

		if (profile->account_id == check->account->id &&
		    auth_takes_passphrase(profile->auth) &&
		    !has_passphrase(catalog, profile, check->call->now))
			warn(check, json_sprintf("profile %s asks for a passphrase and has none",
						 profile->name));
	}
}

static void warn_of_ra(void *context, const char *name, int64_t not_after)
{
	struct check *check = context;

	warn(check,
	     json_sprintf("RA certificate %s %s: bestowctl ra rotate", name,
			  not_after < check->call->now ? "has expired" : "ends within 30 days"));
}

/* One that has been over for long is nobody's any more. */
static void check_ras(struct check *check)
{
	const struct ra_ending ending = { check->account->id, check->call->now - ENDS_SOON,
					  check->call->now + ENDS_SOON };

	check->failed |= !store_ra_scope_ending(check->call->manage->store, &ending, warn_of_ra,
						check, NULL);
}

/* After a restore, or when a CA's key is in other hands. */
static void check_unknown(struct check *check)
{
	int64_t count = 0;

	check->failed |=
		!store_unknown_count(check->call->manage->store, check->account->id, &count, NULL);
	if (count > 0)
		warn(check, json_sprintf("%lld certificates of its CAs came by and are not in the "
					 "store: bestowctl cert unknown",
					 (long long)count));
}

static json_t *describe_checks(const struct call *call, const struct account *account)
{
	static void (*const checks[])(struct check *) = { check_cas,   check_allowlist,
							  check_trust, check_profiles,
							  check_ras,   check_unknown };
	json_auto_t *warnings = json_array();
	struct check check = { .call = call, .account = account, .warnings = warnings };

	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		checks[i](&check);
	return check.failed ? NULL : TAKE(warnings);
}

static size_t count_profiles(const struct catalog *catalog, const struct account *account)
{
	size_t count = 0;

	for (size_t i = 0; i < catalog->profile_count; i++)
		count += catalog->profiles[i]->account_id == account->id;
	return count;
}

static bool describe_account(const struct call *call, const struct account *account, json_t **ret,
			     struct error *err)
{
	const struct catalog *catalog = call->catalog;
	int64_t valid, expired, revoked, waiting;

	if (!store_certificate_count(call->manage->store, account->id, call->now, &valid, &expired,
				     &revoked, err) ||
	    !store_held_request_count(call->manage->store, account->id, call->now, &waiting, err))
		return false;
	return call_return(
		json_pack("{s:o, s:I, s:I, s:I, s:I, s:I, s:{s:I, s:I, s:I}, s:I, s:o}", "name",
			  describe_text(account->name), "cas",
			  (json_int_t)count_cas(catalog, account), "profiles",
			  (json_int_t)count_profiles(catalog, account), "active_profiles",
			  (json_int_t)count_active_profiles(catalog, account), "trusted_cas",
			  (json_int_t)count_anchors(catalog, account), "allowed_ranges",
			  (json_int_t)account->allowed.count, "certificates", "valid",
			  (json_int_t)valid, "expired", (json_int_t)expired, "revoked",
			  (json_int_t)revoked, "waiting_requests", (json_int_t)waiting, "warnings",
			  describe_checks(call, account)),
		ret, err);
}

static bool has_tls(const struct call *call)
{
	CLEANUP(buffer_done) struct buffer chain = { 0 };
	CLEANUP(buffer_wipe) struct buffer key = { 0 };

	return store_tls_identity_get(call->manage->store, &chain, &key, NULL);
}

static bool status(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *accounts = json_array();

	for (size_t i = 0; i < call->catalog->account_count; i++) {
		const struct account *account = &call->catalog->accounts[i];
		json_t *described;

		if (call->account && call->account != account)
			continue;
		if (!describe_account(call, account, &described, err))
			return false;
		if (json_array_append_new(accounts, described) != 0)
			return error_set(err, REASON_NO_MEMORY, "accounts");
	}
	return call_return(json_pack("{s:s, s:o, s:b, s:O}", "version", BESTOW_VERSION, "est_url",
				     describe_text(call->manage->est_url), "tls", has_tls(call),
				     "accounts", accounts),
			   ret, err);
}

static const struct verb verbs[] = {
	{ "status", status, REACH_NODE, false, NULL },
};
const struct verb_table status_verbs = { verbs, ARRAY_LEN(verbs) };
