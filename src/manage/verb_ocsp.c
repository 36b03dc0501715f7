/* Who answers OCSP for an account's CAs. */
#include "base/hex.h"
#include "ca/ocsp_responder.h"
#include "manage/describe.h"
#include "manage/verb.h"
#include "model/publication.h"
#include "store/store_ocsp.h"

static json_t *describe_url(const struct call *call)
{
	char url[PUBLICATION_URL_MAX];

	if (!call->manage->va_url || !publication_ocsp_url(call->manage->va_url, url))
		return json_null();
	return json_string(url);
}

static json_t *describe(const struct call *call, const struct ca *ca,
			const struct stored_responder *stored, const struct cert *cert)
{
	char serial[2 * CERT_SERIAL_MAX + 1];
	int64_t since, until;
	bool answers = ocsp_responder_life(call->manage->ocsp, ca->id, &since, &until) &&
		       call->now <= until;

	hex_encode(cert_serial(cert), serial);
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:b, s:b}", "ca", ca->name, "serial", serial,
			 "key", key_type_text(public_key_type(cert_key(cert))), "since",
			 describe_time(cert_not_before(cert)), "until",
			 describe_time(cert_not_after(cert)), "revoked", stored->is_revoked,
			 "answers", answers);
}

/* Nothing is added where there is no responder. */
static bool add(const struct call *call, const struct ca *ca, json_t *to, struct error *err)
{
	CLEANUP(stored_responder_done) struct stored_responder stored = { 0 };
	CLEANUP(cert_freep) struct cert *cert = NULL;
	struct error missing = { 0 };

	if (!store_responder_find(call->manage->store, ca->id, &stored, &missing)) {
		if (missing.reason == REASON_NOT_FOUND)
			return true;
		*err = missing;
		return false;
	}
	if (!cert_parse(buffer_view(&stored.der), &cert, err) || !cert_check_key(cert, err))
		return false;
	return json_array_append_new(to, describe(call, ca, &stored, cert)) == 0 ||
	       error_set(err, REASON_NO_MEMORY, "OCSP responders");
}

static bool show(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *responders = json_array();
	struct ocsp_counts counts;

	for (size_t i = 0; i < call->catalog->ca_count; i++) {
		const struct ca *ca = &call->catalog->cas[i];
		if (ca->account_id == call->account->id && !add(call, ca, responders, err))
			return false;
	}
	ocsp_responder_count(call->manage->ocsp, &counts);
	return call_return(json_pack("{s:o, s:O, s:I, s:I}", "url", describe_url(call),
				     "responders", responders, "answers_made",
				     (json_int_t)counts.made, "answers_kept",
				     (json_int_t)counts.kept),
			   ret, err);
}

static const struct param no_params[] = { { 0 } };

static const struct verb verbs[] = {
	{ "ocsp.show", show, REACH_ACCOUNT, false, no_params },
};
const struct verb_table ocsp_verbs = { verbs, ARRAY_LEN(verbs) };
