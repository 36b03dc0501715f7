#include "manage/crl_import.h"

#include "manage/change.h"
#include "manage/describe.h"
#include "pki/bundle.h"
#include "pki/crl_parse.h"
#include "store/store_certificate.h"

#define UNKNOWN_SHOWN_MAX 100

/* What came of the entries. */
struct outcome {
	json_int_t entries, revoked, known, unknown_count;
	json_t *unknown; /* the first serial numbers */
};

static void outcome_done(struct outcome *outcome)
{
	json_decref(outcome->unknown);
}

static bool read_file(const struct call *call, struct buffer *ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer file = { 0 };

	if (!param_file(call->params, "file", &file, err))
		return false;
	if (!pem_decode(buffer_view(&file), "X509 CRL", NULL, ret))
		buffer_append(ret, buffer_view(&file));
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "CRL");
}

static bool has_made(const struct ca *ca, const struct crl_list *list)
{
	const struct public_key *key = cert_key(ca->cert);

	return key && bytes_equal(cert_subject_der(ca->cert), list->issuer) &&
	       public_key_verify(key, list->algorithm, list->tbs, list->signature);
}

static bool find_maker(const struct call *call, const struct crl_list *list, const struct ca **ret,
		       struct error *err)
{
	for (size_t i = 0; i < call->catalog->ca_count; i++) {
		*ret = &call->catalog->cas[i];
		if ((*ret)->account_id == call->account->id && has_made(*ret, list))
			return true;
	}
	return error_set(err, REASON_INVALID, "params.file: no CA of the account has signed it");
}

/* -- one entry -- */

static bool note_unknown(struct outcome *outcome, const struct crl_entry *entry, struct error *err)
{
	if (outcome->unknown_count++ >= UNKNOWN_SHOWN_MAX)
		return true;
	return json_array_append_new(outcome->unknown, describe_hex(entry->serial)) == 0 ||
	       error_set(err, REASON_NO_MEMORY, "serial numbers");
}

/* A hold may have become a revocation for good since, and nothing that is becomes a hold. */
static bool says_more(const struct certificate *record, const struct crl_entry *entry)
{
	if (record->state == CERTIFICATE_REVOKED)
		return record->revocation_reason == REVOKED_CERTIFICATE_HOLD &&
		       entry->reason != REVOKED_CERTIFICATE_HOLD;
	return record->state == CERTIFICATE_ISSUED;
}

/* With the date that relying parties have read. */
static bool revoke(const struct call *call, struct change *change, const struct certificate *record,
		   const struct crl_entry *entry, struct error *err)
{
	int64_t at = entry->date > 0 && entry->date < call->now ? entry->date : call->now;
	json_auto_t *serial = describe_hex(entry->serial);

	if (!json_string_value(serial))
		return error_set(err, REASON_NO_MEMORY, "serial number");
	return store_certificate_revoke(change->tx, record->id,
					(enum revocation_reason)entry->reason, at,
					entry->invalidity_date, err) &&
	       change_audit(call, change,
			    (struct change_note){
				    "certificate", json_string_value(serial), json_null(),
				    json_pack("{s:s, s:o}", "reason",
					      revocation_reason_text(
						      (enum revocation_reason)entry->reason),
					      "at", describe_time(at)) },
			    err);
}

static bool take_entry(const struct call *call, struct change *change, const struct ca *ca,
		       const struct crl_entry *entry, struct outcome *outcome, struct error *err)
{
	CLEANUP(certificate_done) struct certificate record = { 0 };
	struct error missing = { 0 };

	outcome->entries++;
	/* a delta tells of holds that ended; what was not held has none to end */
	if (entry->reason == CRL_REASON_REMOVE)
		return true;
	if (!store_certificate_find_by_serial_tx(change->tx, ca->id, entry->serial, &record,
						 &missing)) {
		if (missing.reason == REASON_NOT_FOUND)
			return note_unknown(outcome, entry, err);
		*err = missing;
		return false;
	}
	if (!says_more(&record, entry)) {
		outcome->known++;
		return true;
	}
	outcome->revoked++;
	return revoke(call, change, &record, entry, err);
}

static bool take_entries(const struct call *call, const struct ca *ca, struct bytes entries,
			 struct outcome *outcome, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };

	if (!change_begin(call, &change, err))
		return false;
	while (entries.len > 0) {
		struct crl_entry entry;

		if (!crl_list_next(&entries, &entry, err) ||
		    !take_entry(call, &change, ca, &entry, outcome, err))
			return false;
	}
	return store_commit(TAKE(change.tx), err);
}

/* Dates in the past are no delta's, which goes back to its base only. */
static bool publish(const struct call *call, const struct ca *ca, const struct outcome *outcome,
		    struct error *err)
{
	return outcome->revoked == 0 || !ca_publishes(ca) ||
	       crl_issuer_issue(call->manage->crls, ca, call->actor, NULL, err);
}

bool crl_import(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(outcome_done) struct outcome outcome = { .unknown = json_array() };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct crl_list list;
	const struct ca *ca = NULL;

	if (!read_file(call, &der, err) || !crl_list_parse(buffer_view(&der), &list, err) ||
	    !find_maker(call, &list, &ca, err) ||
	    !take_entries(call, ca, list.entries, &outcome, err) ||
	    !publish(call, ca, &outcome, err))
		return false;
	return call_return(json_pack("{s:s, s:o, s:I, s:I, s:I, s:I, s:O}", "ca", ca->name,
				     "this_update", describe_time(list.this_update), "entries",
				     outcome.entries, "revoked", outcome.revoked, "known",
				     outcome.known, "unknown_count", outcome.unknown_count,
				     "unknown", outcome.unknown),
			   ret, err);
}
