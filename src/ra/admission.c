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

bool admission_take(struct enrollment *e, struct store_tx *tx,
		    const struct certificate *certificate, struct error *err)
{
	return take_code(e, tx, err) && take_place(e, tx, certificate, err);
}

bool admission_note(struct enrollment *e, struct store_tx *tx,
		    const struct certificate *certificate, struct error *err)
{
	const struct device_finding *found = &e->facts.device;
	const struct device *device = found->by_code ? found->by_code : found->by_certificate;

	struct error why = { 0 };

	if (!device || store_device_note_certificate(tx, device->id, certificate->id, &why))
		return true;
	if (why.reason == REASON_NOT_FOUND)
		return error_set(err, REASON_DEVICE_NOT_REGISTERED,
				 "the device was just taken off the list");
	*err = why;
	return false;
}
