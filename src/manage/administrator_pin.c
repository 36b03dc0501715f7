#include "manage/administrator_pin.h"

#include <string.h>

#include "manage/describe.h"
#include "manage/sign_in.h"
#include "pki/bundle.h"
#include "store/store_access.h"

static const char *const kinds[] = { [PIN_CERTIFICATE] = "certificate", [PIN_KEY] = "key" };

static const unsigned char *hash_of(const struct cert *cert, enum pin_kind kind)
{
	return kind == PIN_KEY ? cert_key_hash(cert) : cert_fingerprint(cert);
}

bool pin_equal(const struct certificate_pin *a, const struct certificate_pin *b)
{
	return a->kind == b->kind &&
	       (a->kind == PIN_NONE || memcmp(a->sha256, b->sha256, HASH_LEN) == 0);
}

json_t *pin_describe(const struct certificate_pin *pin)
{
	if (pin->kind == PIN_NONE)
		return json_null();
	return json_pack("{s:s, s:o}", "of", kinds[pin->kind], "sha256",
			 describe_hex((struct bytes){ pin->sha256, HASH_LEN }));
}

/* -- signing in -- */

static enum reason judge(const struct certificate_pin *pin, const struct cert *shown, int64_t now)
{
	if (memcmp(hash_of(shown, pin->kind), pin->sha256, HASH_LEN) != 0)
		return REASON_ADMIN_CERTIFICATE_WRONG;
	if (now < cert_not_before(shown) || now > cert_not_after(shown))
		return REASON_ADMIN_CERTIFICATE_ENDED;
	return REASON_NONE;
}

static enum reason judge_shown(const struct certificate_pin *pin, struct bytes certificate,
			       int64_t now, json_t **ret_shown)
{
	CLEANUP(cert_freep) struct cert *shown = NULL;

	*ret_shown = json_null();
	if (certificate.len == 0)
		return REASON_ADMIN_CERTIFICATE_MISSING;
	if (!cert_parse(certificate, &shown, NULL))
		return REASON_ADMIN_CERTIFICATE_WRONG;
	*ret_shown = describe_hex((struct bytes){ cert_fingerprint(shown), CERT_FINGERPRINT_LEN });
	return judge(pin, shown, now);
}

bool pin_shown(const struct certificate_pin *pin, struct bytes certificate, int64_t now,
	       struct error *err)
{
	json_auto_t *shown = NULL;

	if (pin->kind == PIN_NONE)
		return true;
	enum reason reason = judge_shown(pin, certificate, now, &shown);
	return reason == REASON_NONE ||
	       error_set(err, REASON_SESSION_CERTIFICATE, "%s", reason_code(reason));
}

/* What strangers are not told. `shown` is stolen. */
static bool audit_refusal(const struct call *call, const struct administrator *administrator,
			  enum reason reason, json_t *shown, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	json_t *told = json_pack("{s:s, s:s, s:o}", "reason", reason_code(reason), "words",
				 reason_words(reason), "certificate", shown);

	if (!change_begin(call, &change, err)) {
		json_decref(told);
		return false;
	}
	return change_audit(call, &change,
			    (struct change_note){ "refused sign-in of", administrator->name,
						  json_null(), told },
			    err) &&
	       store_commit(TAKE(change.tx), err);
}

bool pin_check(const struct call *call, const struct administrator *administrator,
	       struct error *err)
{
	json_t *shown;

	if (administrator->pin.kind == PIN_NONE)
		return true;
	enum reason reason = judge_shown(&administrator->pin, call->certificate, call->now, &shown);
	if (reason == REASON_NONE) {
		json_decref(shown);
		return true;
	}
	if (call->manage->sign_in)
		sign_in_note_failure(call->manage->sign_in, call->peer);
	return audit_refusal(call, administrator, reason, shown, err) &&
	       error_set(err, REASON_BAD_SIGN_IN, "name, password or one-time password");
}

/* -- registering -- */

static bool read_certificate(const struct call *call, struct bundle *ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer file = { 0 };

	if (!param_file(call->params, "certificate", &file, err) ||
	    !bundle_parse(buffer_view(&file), ret, err))
		return false;
	if (ret->count == 0)
		return error_set(err, REASON_INVALID, "params.certificate: there is none in it");
	if (cert_is_ca(ret->certs[0]))
		return error_set(err, REASON_INVALID,
				 "params.certificate: the first is a CA's, and no browser's own");
	return true;
}

bool pin_register(const struct call *call, struct change *change,
		  const struct administrator *administrator, bool may_end, struct error *err)
{
	CLEANUP(bundle_done) struct bundle bundle = { 0 };
	struct certificate_pin pin = { .kind = param_flag(call->params, "key") ? PIN_KEY
									       : PIN_CERTIFICATE };

	if (may_end && !param_is_given(call->params, "certificate"))
		return store_administrator_pin_delete(change->tx, administrator->id, err);
	if (!read_certificate(call, &bundle, err))
		return false;

	const struct cert *cert = bundle.certs[0];
	memcpy(pin.sha256, hash_of(cert, pin.kind), HASH_LEN);
	return store_administrator_pin_set(change->tx, administrator->id, &pin,
					   cert_issuer_der(cert), err);
}
