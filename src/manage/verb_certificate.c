/* The certificates that an account's CAs have issued. */
#include <inttypes.h>
#include <string.h>

#include "manage/change.h"
#include "manage/describe.h"
#include "manage/find_certificate.h"
#include "manage/describe_tbs.h"
#include "manage/revocation.h"
#include "pki/bundle.h"
#include "pki/chain.h"
#include "store/store_certificate.h"

#define SERIAL_TEXT_MAX (2 * CERT_SERIAL_MAX + 4)
#define SERIAL_PREFIX_MIN 6 /* shorter ones name too many to be meant */

/* -- finding one by its serial -- */

/* Lower-case hexadecimal without the colons that other tools print. */
static bool normalize_serial(const char *text, char into[SERIAL_TEXT_MAX], struct error *err)
{
	size_t len = 0;

	for (const char *c = text; *c; c++) {
		if (*c == ':')
			continue;
		char lower = (char)(*c | 0x20);
		bool is_hex = (*c >= '0' && *c <= '9') || (lower >= 'a' && lower <= 'f');
		if (!is_hex || len + 1 == SERIAL_TEXT_MAX)
			return error_set(err, REASON_INVALID,
					 "params.serial: %s is no serial number", text);
		into[len++] = *c >= 'a' || (*c >= '0' && *c <= '9') ? *c : lower;
	}
	into[len] = '\0';
	return len >= SERIAL_PREFIX_MIN ||
	       error_set(err, REASON_INVALID, "params.serial: at least %d digits",
			 SERIAL_PREFIX_MIN);
}

struct found {
	int64_t id;
	size_t count;
};

static bool each_found(void *context, const struct certificate *certificate)
{
	struct found *found = context;

	found->id = certificate->id;
	return ++found->count < 2;
}

static bool look_up(const struct call *call, const char *serial, struct found *ret,
		    struct error *err)
{
	const char *ca_name = param_text(call->params, "ca");
	const struct ca *ca = NULL;

	if (ca_name && !find_ca(call->catalog, call->account, ca_name, &ca, err))
		return false;
	const struct store_certificate_filter filter = {
		.account_id = call->account->id,
		.ca_id = ca ? ca->id : 0,
		.state = -1,
		.now = call->now,
		.serial_prefix = serial,
		.limit = 2,
	};
	return store_certificate_list(call->manage->store, &filter, each_found, ret, err);
}

/* As it stands, with the leading zero digit that whoever prints a number leaves out, or with the
 * zero octet that a set first bit asks for and other tools leave out. */
static bool look_up_forms(const struct call *call, const char *text, struct found *ret,
			  struct error *err)
{
	char serial[2 + SERIAL_TEXT_MAX] = "00";

	if (!normalize_serial(text, serial + 2, err) || !look_up(call, serial + 2, ret, err))
		return false;
	bool is_odd = strlen(serial) % 2 != 0;
	if (ret->count == 0 && is_odd && !look_up(call, serial + 1, ret, err))
		return false;
	return ret->count > 0 || strlen(serial) > 2 * CERT_SERIAL_MAX ||
	       look_up(call, serial, ret, err);
}

/* By the whole serial or by a beginning that only one has. */
bool find_certificate(const struct call *call, struct certificate *ret, struct error *err)
{
	const char *text = param_text(call->params, "serial");
	struct found found = { 0 };

	if (!look_up_forms(call, text, &found, err))
		return false;
	if (found.count == 0)
		return error_set(err, REASON_NOT_FOUND, "certificate %s", text);
	if (found.count > 1)
		return error_set(err, REASON_INVALID,
				 "params.serial: several begin with %s; write more of it, or name "
				 "the CA",
				 text);
	return store_certificate_find(call->manage->store, found.id, ret, err);
}

/* -- listing -- */

static bool state_filter(const char *text, struct store_certificate_filter *filter,
			 struct error *err)
{
	static const enum certificate_state states[] = { CERTIFICATE_INTENT, CERTIFICATE_ISSUED,
							 CERTIFICATE_REVOKED,
							 CERTIFICATE_ABANDONED };

	filter->state = -1;
	filter->only_valid = text && strcmp(text, "valid") == 0;
	filter->only_expired = text && strcmp(text, "expired") == 0;
	if (!text || filter->only_valid || filter->only_expired)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (strcmp(certificate_state_text(states[i]), text) == 0) {
			filter->state = (int)states[i];
			return true;
		}
	return error_set(err, REASON_INVALID,
			 "params.state: %s is none of valid, expired, issued, revoked, intent, "
			 "abandoned",
			 text);
}

static bool object_filters(const struct call *call, struct store_certificate_filter *filter,
			   struct error *err)
{
	const char *ca_name = param_text(call->params, "ca");
	const char *profile_name = param_text(call->params, "profile");
	const struct ca *ca = NULL;
	const struct profile *profile = NULL;

	if (ca_name && !find_ca(call->catalog, call->account, ca_name, &ca, err))
		return false;
	if (profile_name &&
	    !find_profile(call->catalog, call->account, profile_name, &profile, err))
		return false;
	filter->ca_id = ca ? ca->id : 0;
	filter->profile_id = profile ? profile->id : 0;
	return true;
}

struct listing {
	const struct call *call;
	json_t *certificates;
	int64_t last_id;
	bool failed;
};

static bool each_listed(void *context, const struct certificate *certificate)
{
	struct listing *listing = context;

	listing->last_id = certificate->id;
	listing->failed =
		json_array_append_new(listing->certificates,
				      describe_certificate(certificate, listing->call->catalog,
							   listing->call->now)) != 0;
	return !listing->failed;
}

static bool list(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *certificates = json_array();
	struct listing listing = { .call = call, .certificates = certificates };
	char serial[SERIAL_TEXT_MAX];
	const char *serial_text = param_text(call->params, "serial");
	struct store_certificate_filter filter = {
		.account_id = call->account->id,
		.now = call->now,
		.expires_before = param_time(call->params, "expires_before", 0),
		.subject_holds = param_text(call->params, "subject"),
		.subject_begins = param_text(call->params, "subject_begins"),
		.text = param_text(call->params, "text"),
		.san_holds = param_text(call->params, "san"),
		.before_id = param_number(call->params, "cursor", 0),
	};

	if (!call_limit(call, &filter.limit, err))
		return false;
	if (serial_text && !normalize_serial(serial_text, serial, err))
		return false;
	filter.serial_prefix = serial_text ? serial : NULL;
	if (!state_filter(param_text(call->params, "state"), &filter, err) ||
	    !object_filters(call, &filter, err) ||
	    !store_certificate_list(call->manage->store, &filter, each_listed, &listing, err))
		return false;
	if (listing.failed)
		return error_set(err, REASON_NO_MEMORY, "certificates");
	return call_return_page(
		&(struct page){ "certificates", certificates, filter.limit, listing.last_id }, ret,
		err);
}

/* -- showing one -- */

static bool parse_issued(const struct certificate *record, struct cert **ret, struct error *err)
{
	if (record->state != CERTIFICATE_ISSUED && record->state != CERTIFICATE_REVOKED)
		return error_set(err, REASON_NOT_FOUND, "the certificate was never signed");
	return cert_parse((struct bytes){ record->der, record->der_len }, ret, err);
}

static bool show(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(certificate_done) struct certificate record = { 0 };
	CLEANUP(cert_freep) struct cert *cert = NULL;

	if (!find_certificate(call, &record, err))
		return false;
	json_auto_t *described = describe_certificate(&record, call->catalog, call->now);
	if (record.state == CERTIFICATE_ISSUED || record.state == CERTIFICATE_REVOKED) {
		if (!parse_issued(&record, &cert, err))
			return false;
		if (json_object_set_new(described, "x509", describe_cert(cert)) != 0 ||
		    json_object_set_new(described, "content", describe_tbs(cert_tbs(cert))) != 0)
			return error_set(err, REASON_NO_MEMORY, "certificate");
	}
	return call_return(json_pack("{s:O}", "certificate", described), ret, err);
}

static size_t chain_of(const struct call *call, const struct certificate *record,
		       struct bytes into[2 + CHAIN_DEPTH_MAX])
{
	const struct ca *ca = catalog_ca(call->catalog, record->ca_id);
	size_t count = 0;

	into[count++] = (struct bytes){ record->der, record->der_len };
	if (!ca)
		return count;
	into[count++] = cert_der(ca->cert);
	for (size_t i = 0; i < ca->chain_count && i < CHAIN_DEPTH_MAX; i++)
		into[count++] = cert_der(ca->chain[i]);
	return count;
}

static bool export(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(certificate_done) struct certificate record = { 0 };
	CLEANUP(cert_freep) struct cert *cert = NULL;
	struct bytes certs[2 + CHAIN_DEPTH_MAX];

	if (!find_certificate(call, &record, err) || !parse_issued(&record, &cert, err))
		return false;

	size_t count = chain_of(call, &record, certs);
	if (!param_flag(call->params, "chain"))
		count = 1;
	return call_return(json_pack("{s:o, s:o}", "pem", describe_pem(certs, count), "der",
				     describe_base64(certs[0])),
			   ret, err);
}

/* -- revoking -- */

static bool check_serial_is_whole(const struct call *call, const struct certificate *record,
				  struct error *err)
{
	char serial[SERIAL_TEXT_MAX];

	if (!normalize_serial(param_text(call->params, "serial"), serial, err))
		return false;
	size_t len = strlen(serial), whole = 2 * record->serial_len;
	/* else it would be a beginning of as many digits */
	bool lacks_zero_digit = record->serial[0] < 0x10 && serial[0] != '0';
	if (len == whole || (record->serial[0] == 0 && len == whole - 2) ||
	    (lacks_zero_digit && len == whole - 1))
		return true;
	return error_set(err, REASON_INVALID,
			 "params.serial: revoking needs the whole serial number");
}

/* With the CA's certificate, all that it issued stops being believed. */
static bool check_confirmed(const struct call *call, const struct certificate *record,
			    struct error *err)
{
	const char *confirm = param_text(call->params, "confirm");

	if (record->purpose != PURPOSE_CA || (confirm && strcmp(confirm, "ca") == 0))
		return true;
	return error_set(err, REASON_NEEDS_CONFIRMATION, "it is a CA's certificate; --confirm=ca");
}

/* What an operator says of a certificate. */
struct wish {
	enum revocation_reason reason;
	int64_t invalid_since;
};

static bool commit(const struct call *call, struct change *change, const struct certificate *record,
		   bool already, json_t **ret, struct error *err)
{
	json_auto_t *described = describe_certificate(record, change->catalog, call->now);

	return change_commit(
		call, change,
		(struct change_note){
			"certificate", json_string_value(json_object_get(described, "serial")),
			json_null(), json_incref(json_object_get(described, "revocation")) },
		json_pack("{s:O, s:b}", "certificate", described, "already", already), ret, err);
}

/* A second time changes nothing, and the answer shows what holds since the first; but a hold may
 * become a revocation for good. */
static bool is_settled(const struct call *call, const struct certificate *record,
		       const struct wish *wish)
{
	bool was_revoked = record->revoked_at != 0 && record->revoked_at <= call->now;

	return was_revoked && (record->revocation_reason != REVOKED_CERTIFICATE_HOLD ||
			       wish->reason == REVOKED_CERTIFICATE_HOLD);
}

static bool revoke_as(const struct call *call, const struct wish *wish, json_t **ret,
		      struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	CLEANUP(certificate_done) struct certificate record = { 0 };

	if (!find_certificate(call, &record, err) || !check_serial_is_whole(call, &record, err) ||
	    !check_confirmed(call, &record, err))
		return false;
	if (wish->invalid_since > call->now)
		return error_set(err, REASON_INVALID, "params.invalidity_date: is in the future");
	if (!change_begin(call, &change, err) ||
	    !store_certificate_revoke(change.tx, record.id, wish->reason, call->now,
				      wish->invalid_since, err))
		return false;

	bool settled = is_settled(call, &record, wish);
	if (!settled) {
		record.state = CERTIFICATE_REVOKED;
		record.revoked_at = call->now;
		record.revocation_reason = wish->reason;
		record.invalidity_date = wish->invalid_since;
	}
	return commit(call, &change, &record, settled, ret, err);
}

static bool revoke(const struct call *call, json_t **ret, struct error *err)
{
	struct wish wish = { .invalid_since = param_time(call->params, "invalidity_date", 0) };

	return revocation_reason_read(call, &wish.reason, err) && revoke_as(call, &wish, ret, err);
}

static bool hold(const struct call *call, json_t **ret, struct error *err)
{
	const struct wish wish = { .reason = REVOKED_CERTIFICATE_HOLD };

	return revoke_as(call, &wish, ret, err);
}

static bool release(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	CLEANUP(certificate_done) struct certificate record = { 0 };

	if (!find_certificate(call, &record, err) || !check_serial_is_whole(call, &record, err))
		return false;
	if (record.state != CERTIFICATE_REVOKED ||
	    record.revocation_reason != REVOKED_CERTIFICATE_HOLD)
		return error_set(err, REASON_CONFLICT,
				 "the certificate is not on hold; a revocation is for good");
	if (!change_begin(call, &change, err) ||
	    !store_certificate_release(change.tx, record.id, call->now, err))
		return false;
	record.state = CERTIFICATE_ISSUED;
	record.revoked_at = 0;
	return commit(call, &change, &record, false, ret, err);
}

static const struct param list_params[] = {
	{ "state", PARAM_TEXT, false },
	{ "profile", PARAM_TEXT, false },
	{ "ca", PARAM_TEXT, false },
	{ "expires_before", PARAM_TIME, false },
	{ "text", PARAM_TEXT, false },
	{ "subject", PARAM_TEXT, false },
	{ "subject_begins", PARAM_TEXT, false },
	{ "san", PARAM_TEXT, false },
	{ "serial", PARAM_TEXT, false },
	{ "limit", PARAM_NUMBER, false },
	{ "cursor", PARAM_NUMBER, false },
	{ 0 },
};
static const struct param show_params[] = {
	{ "serial", PARAM_TEXT, true },
	{ "ca", PARAM_TEXT, false },
	{ 0 },
};
static const struct param export_params[] = {
	{ "serial", PARAM_TEXT, true },
	{ "ca", PARAM_TEXT, false },
	{ "chain", PARAM_FLAG, false },
	{ 0 },
};
static const struct param revoke_params[] = {
	{ "serial", PARAM_TEXT, true },   { "ca", PARAM_TEXT, false },
	{ "reason", PARAM_TEXT, false },  { "invalidity_date", PARAM_TIME, false },
	{ "confirm", PARAM_TEXT, false }, { 0 },
};

static const struct param hold_params[] = {
	{ "serial", PARAM_TEXT, true },
	{ "ca", PARAM_TEXT, false },
	{ "confirm", PARAM_TEXT, false },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "cert.list", list, REACH_ACCOUNT, false, list_params },
	{ "cert.show", show, REACH_ACCOUNT, false, show_params },
	{ "cert.export", export, REACH_ACCOUNT, false, export_params },
	{ "cert.revoke", revoke, REACH_ACCOUNT, true, revoke_params },
	{ "cert.hold", hold, REACH_ACCOUNT, true, hold_params },
	{ "cert.release", release, REACH_ACCOUNT, true, show_params },
};
const struct verb_table certificate_verbs = { verbs, ARRAY_LEN(verbs) };
