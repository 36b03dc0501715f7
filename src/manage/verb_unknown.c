/* Certificates that a CA of the account has signed and that the store does not know: which came by,
 * and how they are taken in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "ca/adoption.h"
#include "manage/change.h"
#include "manage/describe.h"
#include "pki/bundle_add.h"
#include "store/store_unknown.h"

#define ADOPTED_AT_ONCE_MAX BUNDLE_CERTS_MAX /* the store's writer is not held for long */

/* -- listing -- */

struct listing {
	const struct call *call;
	json_t *certificates;
	int64_t last_id;
	bool failed;
};

static json_t *describe_unknown(const struct unknown_certificate *unknown,
				const struct catalog *catalog)
{
	const struct ca *ca = catalog_ca(catalog, unknown->ca_id);
	const struct profile *profile = catalog_profile(catalog, unknown->profile_id);

	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o}",
			 "serial", describe_hex(unknown->serial), "kind",
			 unknown->is_lost ? "lost" : "unexplained", "subject",
			 describe_text(unknown->subject), "ca", describe_text(ca ? ca->name : NULL),
			 "profile", describe_text(profile ? profile->name : NULL), "not_before",
			 describe_time(unknown->not_before), "not_after",
			 describe_time(unknown->not_after), "first_seen",
			 describe_time(unknown->first_seen), "last_seen",
			 describe_time(unknown->last_seen), "times", (json_int_t)unknown->times,
			 "peer", describe_text(unknown->peer), "fingerprint",
			 describe_hex((struct bytes){ unknown->fingerprint, CERT_FINGERPRINT_LEN }),
			 "pem", describe_pem(&unknown->der, 1));
}

static bool each_listed(void *context, const struct unknown_certificate *unknown)
{
	struct listing *listing = context;

	listing->last_id = unknown->id;
	listing->failed =
		json_array_append_new(listing->certificates,
				      describe_unknown(unknown, listing->call->catalog)) != 0;
	return !listing->failed;
}

static bool list(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *certificates = json_array();
	struct listing listing = { .call = call, .certificates = certificates };
	struct store_unknown_filter filter = {
		.account_id = call->account->id,
		.before_id = param_number(call->params, "cursor", 0),
	};

	if (!call_limit(call, &filter.limit, err) ||
	    !store_unknown_list(call->manage->store, &filter, each_listed, &listing, err))
		return false;
	if (listing.failed)
		return error_set(err, REASON_NO_MEMORY, "certificates");
	return call_return_page(
		&(struct page){ "certificates", certificates, filter.limit, listing.last_id }, ret,
		err);
}

/* -- which to adopt: of a file, or of those that came by -- */

struct collecting {
	struct bundle *bundle;
	struct error err;
};

static bool each_collected(void *context, const struct unknown_certificate *unknown)
{
	struct collecting *collecting = context;

	return bundle_add_cert(collecting->bundle, unknown->der, &collecting->err);
}

static bool collect(const struct call *call, const struct store_unknown_filter *filter,
		    struct bundle *ret, struct error *err)
{
	struct collecting collecting = { .bundle = ret };

	if (!store_unknown_list(call->manage->store, filter, each_collected, &collecting, err))
		return false;
	if (collecting.err.reason != REASON_NONE)
		*err = collecting.err;
	return collecting.err.reason == REASON_NONE;
}

/* With the leading zero digit, or without it as programs print numbers. */
static bool read_serial(const char *text, unsigned char ret[CERT_SERIAL_MAX], size_t *ret_len)
{
	char digits[2 * CERT_SERIAL_MAX + 2];

	if (strlen(text) > 2 * CERT_SERIAL_MAX)
		return false;
	snprintf(digits, sizeof digits, "%s%s", strlen(text) % 2 ? "0" : "", text);
	return hex_decode(digits, ret, CERT_SERIAL_MAX, ret_len) && *ret_len > 0;
}

static bool collect_one(const struct call *call, const char *text, struct bundle *ret,
			struct error *err)
{
	unsigned char serial[CERT_SERIAL_MAX];
	size_t len = 0;

	if (!read_serial(text, serial, &len))
		return error_set(err, REASON_INVALID, "params.serial: the whole serial number");
	const struct store_unknown_filter filter = {
		.account_id = call->account->id,
		.serial = { serial, len },
		.limit = 1,
	};
	if (!collect(call, &filter, ret, err))
		return false;
	return ret->count > 0 ||
	       error_set(err, REASON_NOT_FOUND,
			 "no unknown certificate with serial number %s came by", text);
}

/* Those that a restoration explains, and that came to this profile. */
static bool collect_all(const struct call *call, const struct profile *profile, struct bundle *ret,
			struct error *err)
{
	const struct store_unknown_filter filter = {
		.account_id = call->account->id,
		.profile_id = profile->id,
		.only_lost = true,
		.limit = ADOPTED_AT_ONCE_MAX,
	};

	return collect(call, &filter, ret, err);
}

static bool read_file(const struct call *call, struct bundle *ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer file = { 0 };

	return param_file(call->params, "file", &file, err) &&
	       bundle_parse(buffer_view(&file), ret, err);
}

/* Of one subject the older comes first, so that each can be what the next one renewed. */
static int by_beginning(const void *a, const void *b)
{
	int64_t one = cert_not_before(*(struct cert *const *)a);
	int64_t other = cert_not_before(*(struct cert *const *)b);

	return (one > other) - (one < other);
}

static bool choose(const struct call *call, const struct profile *profile, struct bundle *ret,
		   struct error *err)
{
	const char *serial = param_text(call->params, "serial");
	bool has_file = param_is_given(call->params, "file");
	bool all = param_flag(call->params, "all");

	if ((serial != NULL) + has_file + all != 1)
		return error_set(err, REASON_INVALID,
				 "params: one of serial, file and all says which to adopt");
	if (serial ? !collect_one(call, serial, ret, err)
	    : all  ? !collect_all(call, profile, ret, err)
		   : !read_file(call, ret, err))
		return false;
	if (ret->count > 1)
		qsort(ret->certs, ret->count, sizeof *ret->certs, by_beginning);
	return true;
}

/* -- adopting -- */

/* What came of each. */
struct outcome {
	json_t *adopted, *refused;
	json_int_t known;
};

static void outcome_done(struct outcome *outcome)
{
	json_decref(outcome->adopted);
	json_decref(outcome->refused);
}

static bool note_refused(struct outcome *outcome, const struct cert *cert,
			 const struct error *refusal, struct error *err)
{
	json_t *told = json_pack("{s:o, s:o, s:s, s:s}", "serial", describe_hex(cert_serial(cert)),
				 "subject", describe_name(cert_subject(cert)), "reason",
				 reason_code(refusal->reason), "detail", refusal->detail);

	return json_array_append_new(outcome->refused, told) == 0 ||
	       error_set(err, REASON_NO_MEMORY, "certificates");
}

static bool note_adopted(const struct call *call, struct change *change,
			 const struct certificate *record, struct outcome *outcome,
			 struct error *err)
{
	json_auto_t *described = describe_certificate(record, change->catalog, call->now);
	const char *serial = json_string_value(json_object_get(described, "serial"));

	if (!serial || json_array_append(outcome->adopted, described) != 0)
		return error_set(err, REASON_NO_MEMORY, "certificates");
	return change_audit(
		call, change,
		(struct change_note){ "certificate", serial, json_null(), json_incref(described) },
		err);
}

/* Each stands for itself: only what is about all of them ends the change. */
static bool adopt_one(const struct call *call, struct change *change, const struct profile *profile,
		      const struct cert *cert, struct outcome *outcome, struct error *err)
{
	CLEANUP(certificate_done) struct certificate record = { 0 };
	const struct adoption adoption = {
		.cert = cert,
		.catalog = change->catalog,
		.profile = profile,
		.by = call->actor,
		.now = call->now,
	};
	struct error refusal = { 0 };
	bool is_new = false;

	if (!ca_adopt(change->tx, &adoption, &record, &is_new, &refusal)) {
		if (refusal.reason == REASON_INVALID || refusal.reason == REASON_CONFLICT)
			return note_refused(outcome, cert, &refusal, err);
		*err = refusal;
		return false;
	}
	if (is_new)
		return note_adopted(call, change, &record, outcome, err);
	outcome->known++;
	return true;
}

static bool adopt_each(const struct call *call, const struct bundle *bundle,
		       struct outcome *outcome, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	const struct profile *profile;

	if (!change_begin(call, &change, err) ||
	    !find_profile(change.catalog, change.account, param_text(call->params, "profile"),
			  &profile, err))
		return false;
	for (size_t i = 0; i < bundle->count; i++)
		if (!adopt_one(call, &change, profile, bundle->certs[i], outcome, err))
			return false;
	return store_commit(TAKE(change.tx), err);
}

static bool adopt(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(outcome_done)
	struct outcome outcome = { .adopted = json_array(), .refused = json_array() };
	CLEANUP(bundle_done) struct bundle bundle = { 0 };
	const struct profile *profile;

	if (!find_profile(call->catalog, call->account, param_text(call->params, "profile"),
			  &profile, err) ||
	    !choose(call, profile, &bundle, err) || !adopt_each(call, &bundle, &outcome, err))
		return false;
	return call_return(json_pack("{s:O, s:I, s:O}", "adopted", outcome.adopted, "known",
				     outcome.known, "refused", outcome.refused),
			   ret, err);
}

static const struct param list_params[] = {
	{ "limit", PARAM_NUMBER, false },
	{ "cursor", PARAM_NUMBER, false },
	{ 0 },
};
static const struct param adopt_params[] = {
	{ "profile", PARAM_TEXT, true },
	{ "serial", PARAM_TEXT, false },
	{ "file", PARAM_FILE, false },
	{ "all", PARAM_FLAG, false },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "cert.unknown", list, REACH_ACCOUNT, false, list_params },
	{ "cert.adopt", adopt, REACH_ACCOUNT, false, adopt_params },
};
const struct verb_table unknown_certificate_verbs = { verbs, ARRAY_LEN(verbs) };
