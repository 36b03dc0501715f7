/* Which of the profile's devices is asking? Found, never decided here: policy judges the findings.
 */
#include "ra/enrollment.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "est/authorization.h"
#include "store/store_device.h"
#include "store/store_device_code.h"

#define USER_MAX 255
#define NAMES_MAX 4
#define CANDIDATES_MAX 4

/* REASON_NOT_FOUND is a finding too. */
static bool keep_found(bool found, const struct error *why, const struct device *device,
		       const struct device **ret, struct error *err)
{
	if (found)
		*ret = device;
	if (found || why->reason == REASON_NOT_FOUND)
		return true;
	*err = *why;
	return false;
}

/* -- by certificate -- */

static bool find_by_record(struct enrollment *e, int64_t certificate_id, struct error *err)
{
	struct error why = { 0 };
	bool found = store_device_find_by_certificate(e->ra->options.store, certificate_id,
						      &e->device_by_certificate, &why) &&
		     e->device_by_certificate.profile_id == e->profile->id;

	if (!found && why.reason == REASON_NONE)
		why.reason = REASON_NOT_FOUND;
	return keep_found(found, &why, &e->device_by_certificate, &e->facts.device.by_certificate,
			  err);
}

static bool find_by_identity(struct enrollment *e, const char *serial, const char *fingerprint,
			     struct error *err)
{
	struct error why = { 0 };
	bool found = store_device_find_by_identity(e->ra->options.store, e->profile->id, serial,
						   fingerprint, &e->device_by_certificate, &why);

	return keep_found(found, &why, &e->device_by_certificate, &e->facts.device.by_certificate,
			  err);
}

/* Of a name with two serial numbers neither counts: it would be two devices. */
static const char *only_serial(const struct name *subject)
{
	const char *only = NULL;

	for (size_t i = 0; i < subject->count; i++) {
		if (subject->entries[i].attribute != NAME_SERIAL_NUMBER)
			continue;
		if (only)
			return NULL;
		only = subject->entries[i].value;
	}
	return only;
}

/* An RA names the device that it speaks for in the request. */
static bool find_for_ra(struct enrollment *e, struct error *err)
{
	const char *serial = only_serial(csr_subject(e->csr));

	return find_by_identity(
		e, serial ? serial : name_find(csr_subject(e->csr), NAME_COMMON_NAME), NULL, err);
}

bool find_device_of_certificate(struct enrollment *e, struct error *err)
{
	const struct certificate_finding *finding = &e->facts.certificate;
	char fingerprint[2 * CERT_FINGERPRINT_LEN + 1];

	switch (finding->kind) {
	case IDENTITY_RA:
		return find_for_ra(e, err);
	case IDENTITY_OWN:
	case IDENTITY_THIRD_PARTY:
		break;
	case IDENTITY_NONE:
	case IDENTITY_PASSPHRASE:
	case IDENTITY_NOBODY:
	case IDENTITY_CODE:
		return true;
	}
	if (finding->record && !find_by_record(e, finding->record->id, err))
		return false;
	if (e->facts.device.by_certificate)
		return true;
	hex_encode((struct bytes){ cert_fingerprint(finding->cert), CERT_FINGERPRINT_LEN },
		   fingerprint);
	return find_by_identity(e, only_serial(cert_subject(finding->cert)), fingerprint, err);
}

bool find_device_of_renewed(struct enrollment *e, struct error *err)
{
	if (e->facts.certificate.kind != IDENTITY_RA || !e->facts.renewed)
		return true;
	e->facts.device.by_certificate = NULL;
	return find_by_record(e, e->facts.renewed->id, err) &&
	       (e->facts.device.by_certificate || find_for_ra(e, err));
}

/* -- by code -- */

/* A code is asked for where it counts: with the certificate that must go with it, so that nobody
 * without one can spend its tries. */
static bool code_is_wanted(const struct enrollment *e)
{
	const struct certificate_finding *certificate = &e->facts.certificate;

	if (e->facts.operation == EST_SIMPLEREENROLL || !auth_takes_code(e->profile->auth))
		return false;
	return e->profile->auth == AUTH_DEVICE_CODE ||
	       (certificate->offered && certificate->failure.reason == REASON_NONE);
}

/* Whom a short code may belong to: the user of the Authorization header, else the request's
 * subject.
 */
static size_t collect_names(const struct enrollment *e, const char *user, const char **names)
{
	size_t count = 0;

	names[count++] = user[0] ? user : NULL;
	names[count++] = only_serial(csr_subject(e->csr));
	names[count++] = name_find(csr_subject(e->csr), NAME_COMMON_NAME);
	return count;
}

static bool check_code(struct enrollment *e, const struct bytes *candidates, size_t count,
		       const char *user, struct error *err)
{
	const struct device *proven = e->facts.device.by_certificate;
	const char *names[NAMES_MAX];
	const struct code_question question = {
		.profile = e->profile,
		.peer = &e->request->peer,
		.candidates = candidates,
		.candidate_count = count,
		.names = names,
		.name_count = collect_names(e, user, names),
		.device_id = proven ? proven->id : 0,
		.now = e->facts.now,
	};

	return code_check(e->ra->codes, &question, &e->facts.code, err);
}

static bool find_code_owner(struct enrollment *e, struct error *err)
{
	struct error why = { 0 };

	if (e->facts.code.device_id == 0)
		return true;
	bool found = store_device_find(e->ra->options.store, e->facts.code.device_id,
				       &e->device_by_code, &why);
	return keep_found(found, &why, &e->device_by_code, &e->facts.device.by_code, err);
}

static void copy_user(const struct authorization *authorization, char user[USER_MAX + 1])
{
	size_t len = authorization->user.len <= USER_MAX ? authorization->user.len : 0;

	if (len)
		memcpy(user, authorization->user.data, len);
	user[len] = '\0';
}

bool find_code(struct enrollment *e, struct error *err)
{
	struct code_finding *finding = &e->facts.code;
	CLEANUP(authorization_done) struct authorization authorization = { 0 };
	struct bytes candidates[CANDIDATES_MAX];
	char user[USER_MAX + 1] = "";
	size_t count = candidates_in_csr(e, CHALLENGE_IS_CODE, candidates);

	if (!code_is_wanted(e))
		return true;
	finding->offered = e->request->has_authorization || count > 0;
	if (!finding->offered)
		return true;
	if (e->request->has_authorization) {
		if (!authorization_parse(e->request->authorization, &authorization,
					 &finding->failure))
			return true;
		copy_user(&authorization, user);
		for (size_t i = 0; i < authorization.candidate_count; i++)
			candidates[count++] = authorization.candidates[i];
	}
	return check_code(e, candidates, count, user, err) && find_code_owner(e, err);
}

/* -- in a rehearsal -- */

#define PRESUMED_CODE_ID (-1)

/* The device that would have to have the code. */
static bool find_presumed_device(struct enrollment *e, struct error *err)
{
	const struct name *subject = csr_subject(e->csr);
	const char *serial = only_serial(subject);
	struct error why = { 0 };

	if (e->facts.device.by_certificate) {
		e->device_by_code = *e->facts.device.by_certificate;
		e->facts.device.by_code = &e->device_by_code;
		return true;
	}
	bool found = store_device_find_by_identity(e->ra->options.store, e->profile->id,
						   serial ? serial
							  : name_find(subject, NAME_COMMON_NAME),
						   NULL, &e->device_by_code, &why);
	return keep_found(found, &why, &e->device_by_code, &e->facts.device.by_code, err);
}

static bool presume_code_of(struct enrollment *e, const struct device *device, struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	struct code_finding *finding = &e->facts.code;
	struct device_code code;
	struct error why = { 0 };

	if (!store_begin(e->ra->options.store, &tx, err))
		return false;
	if (store_device_code_find_by_device(tx, device->id, &code, &why)) {
		finding->id = code.id;
		finding->device_id = device->id;
		(void)!device_code_check(&code, e->facts.now, &finding->failure);
		return true;
	}
	if (why.reason == REASON_NOT_FOUND)
		(void)!error_set(&finding->failure, REASON_BAD_CODE, "device %s has no code",
				 device->identity);
	else
		*err = why;
	return why.reason == REASON_NOT_FOUND;
}

bool presume_code(struct enrollment *e, bool sent, struct error *err)
{
	struct code_finding *finding = &e->facts.code;
	struct bytes candidates[CANDIDATES_MAX];

	if (!code_is_wanted(e))
		return true;
	finding->offered = sent || candidates_in_csr(e, CHALLENGE_IS_CODE, candidates) > 0;
	if (!finding->offered)
		return true;
	if (!find_presumed_device(e, err))
		return false;
	if (e->facts.device.by_code)
		return presume_code_of(e, e->facts.device.by_code, err);
	finding->id = PRESUMED_CODE_ID;
	return true;
}
