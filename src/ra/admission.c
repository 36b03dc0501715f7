/* What a certificate takes up when it is entered: checked in that very transaction, of which there
 * is one at a time, so that of two at once one comes second. */
#include "ra/enrollment.h"

#include "ra/device_code.h"
#include "store/store_certificate.h"
#include "store/store_device.h"
#include "store/store_device_code.h"

/* Only a code that the caller was believed by is spent; a renewal spends none. */
static bool spends_code(const struct enrollment *e)
{
	return e->verdict.by_code && !e->verdict.renews;
}

/* It was live when the facts were gathered; what has happened since tells why it is not. */
static bool refuse_code(struct enrollment *e, struct store_tx *tx, struct error *err)
{
	struct device_code code;
	struct error why = { 0 };

	if (!store_device_code_find(tx, e->facts.code.id, &code, &why)) {
		if (why.reason == REASON_NOT_FOUND)
			return error_set(err, REASON_BAD_CODE, "the code was just replaced");
		*err = why;
		return false;
	}
	return device_code_check(&code, e->facts.now, err) &&
	       error_set(err, REASON_INTERNAL, "a live code that cannot be used");
}

static bool take_code(struct enrollment *e, struct store_tx *tx, struct error *err)
{
	bool used = false;

	if (!spends_code(e))
		return true;
	return store_device_code_use(tx, e->facts.code.id, e->facts.now, &used, err) &&
	       (used || refuse_code(e, tx, err));
}

static bool take_place(struct enrollment *e, struct store_tx *tx,
		       const struct certificate *certificate, struct error *err)
{
	const struct store_holder holder = { e->profile->id, certificate->subject,
					     certificate->san ? certificate->san : "" };
	unsigned int limit = e->profile->certificates_per_subject, live = 0;

	if (limit == 0)
		return true;
	return store_certificate_count_of_holder(tx, &holder, certificate->renews_id, e->facts.now,
						 &live, err) &&
	       (live < limit ||
		error_set(err, REASON_SUBJECT_LIMIT,
			  "%u live certificates of this subject; the profile allows %u", live,
			  limit));
}

/* -- what was decided of, once more: a token takes seconds to sign, in which it may have ended --
 */

static bool check_certificate(const struct enrollment *e, struct store_tx *tx,
			      const struct certificate *judged, struct error *err)
{
	CLEANUP(certificate_done) struct certificate present = { 0 };

	if (!judged)
		return true;
	return store_certificate_find_tx(tx, judged->id, &present, err) &&
	       record_check(&present, clock_now(e->ra->options.clock), err);
}

static bool by_certificate(const struct enrollment *e)
{
	return e->verdict.identity == IDENTITY_OWN || e->verdict.identity == IDENTITY_RA ||
	       e->verdict.identity == IDENTITY_THIRD_PARTY;
}

static const struct device *find_device(const struct enrollment *e)
{
	const struct device_finding *found = &e->facts.device;

	return found->by_code ? found->by_code : found->by_certificate;
}

static bool check_device(const struct enrollment *e, struct store_tx *tx, struct error *err)
{
	const struct device *judged = find_device(e);
	struct device present;
	struct error why = { 0 };

	if (!judged)
		return true;
	if (store_device_find_tx(tx, judged->id, &present, &why))
		return device_check(&present, err);
	if (why.reason != REASON_NOT_FOUND) {
		*err = why;
		return false;
	}
	return error_set(err, REASON_DEVICE_NOT_REGISTERED,
			 "the device was just taken off the list");
}

static bool still_holds(const struct enrollment *e, struct store_tx *tx, struct error *err)
{
	return (!by_certificate(e) || check_certificate(e, tx, e->facts.certificate.record, err)) &&
	       (!e->verdict.renews || check_certificate(e, tx, e->facts.renewed, err)) &&
	       check_device(e, tx, err);
}

bool admission_take(struct enrollment *e, struct store_tx *tx,
		    const struct certificate *certificate, struct error *err)
{
	return still_holds(e, tx, err) && take_code(e, tx, err) &&
	       take_place(e, tx, certificate, err);
}

bool admission_note(struct enrollment *e, struct store_tx *tx,
		    const struct certificate *certificate, struct error *err)
{
	const struct device *device = find_device(e);

	return !device || store_device_note_certificate(tx, device->id, certificate->id, err);
}
