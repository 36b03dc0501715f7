#include "manage/verb_ra_admit.h"

#include "manage/change.h"
#include "manage/describe.h"
#include "manage/find_certificate.h"
#include "manage/ra_scope.h"
#include "store/store_config.h"

static bool check_certificate(const struct change *change, const struct certificate *record,
			      int64_t now, struct error *err)
{
	if (record->purpose != PURPOSE_RA)
		return error_set(err, REASON_INVALID,
				 "params.serial: no RA certificate; a profile of template ra makes "
				 "them");
	if (record->state != CERTIFICATE_ISSUED || record->not_after < now)
		return error_set(err, REASON_CONFLICT,
				 "the certificate is revoked, expired or unfinished");
	if (catalog_ra_scope_of(change->catalog, record->id))
		return error_set(err, REASON_CONFLICT,
				 "the certificate has a scope; ra set changes it");
	return true;
}

static bool check_name(const struct change *change, const char *name, struct error *err)
{
	const struct ra_scope *taken;

	if (!object_name_check(name, err))
		return false;
	return !find_ra_scope(change->catalog, change->account, name, &taken, NULL) ||
	       error_set(err, REASON_CONFLICT, "there is an RA certificate %s", name);
}

bool ra_certificate_admit(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(certificate_done) struct certificate record = { 0 };
	CLEANUP(change_done) struct change change = { 0 };
	CLEANUP(freep) int64_t *profile_ids = NULL;
	const char *name = param_text(call->params, "name");
	struct ra_scope scope = { .account_id = call->account->id, .name = (char *)name };
	json_auto_t *described = NULL;

	if (!find_certificate(call, &record, err) || !change_begin(call, &change, err) ||
	    !check_certificate(&change, &record, call->now, err) ||
	    !check_name(&change, name, err) ||
	    !ra_scope_read(call, &change, &scope, &profile_ids, err))
		return false;
	scope.certificate_id = record.id;
	if (!ra_scope_describe(call, change.catalog, &scope, &described, err) ||
	    !store_ra_scope_insert(change.tx, &scope, &scope.id, err))
		return false;
	return change_commit(
		call, &change,
		(struct change_note){ "ra", name, json_null(),
				      ra_scope_describe_reach(&scope, change.catalog) },
		json_pack("{s:O}", "ra", described), ret, err);
}
