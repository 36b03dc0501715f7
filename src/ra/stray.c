#include "ra/enrollment.h"

#include <string.h>

#include "store/store_unknown.h"

static struct unknown_certificate describe(const struct enrollment *e, const char *subject)
{
	const struct cert *cert = e->facts.certificate.cert;
	bool is_here = e->stray_signer->account_id == e->profile->account_id;
	struct unknown_certificate unknown = {
		.account_id = e->stray_signer->account_id,
		.ca_id = e->stray_signer->id,
		/* where others have their profiles is none of this account's business */
		.profile_id = is_here ? e->profile->id : 0,
		.serial = cert_serial(cert),
		.not_before = cert_not_before(cert),
		.not_after = cert_not_after(cert),
		.last_seen = e->facts.now,
		.subject = subject,
		.peer = is_here ? e->peer : "",
		.der = cert_der(cert),
	};

	memcpy(unknown.fingerprint, cert_fingerprint(cert), CERT_FINGERPRINT_LEN);
	return unknown;
}

bool stray_note(const struct enrollment *e, struct store_tx *tx, struct error *err)
{
	CLEANUP(buffer_done) struct buffer subject = { 0 };

	if (!e->stray_signer || cert_serial(e->facts.certificate.cert).len > CERT_SERIAL_MAX)
		return true;
	name_to_text(cert_subject(e->facts.certificate.cert), &subject);
	if (!buffer_ok(&subject))
		return error_set(err, REASON_NO_MEMORY, "unknown certificate");
	const struct unknown_certificate unknown =
		describe(e, subject.len ? buffer_cstring(&subject) : "");
	return store_unknown_note(tx, &unknown, err);
}
