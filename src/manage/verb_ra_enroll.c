#include "manage/verb_ra_enroll.h"

#include "ca/ca.h"
#include "manage/describe.h"
#include "manage/issue.h"
#include "manage/ra_key.h"
#include "manage/ra_scope.h"
#include "store/store_config.h"

#define RA_VALIDITY_DEFAULT ((int64_t)365 * 86400)

/* As asked for, else the CSR's, else the name of the RA. */
static bool choose_subject(const struct call *call, const struct ra_key *key, struct name *ret,
			   struct error *err)
{
	const char *asked = param_text(call->params, "subject");

	if (asked)
		return name_from_text(asked, ret, err);
	if (key->csr && csr_subject(key->csr)->count > 0)
		return name_copy(csr_subject(key->csr), ret, err);
	return name_append(ret, NAME_COMMON_NAME, param_text(call->params, "name"), err);
}

static bool check_name_is_free(const struct catalog *catalog, const struct account *account,
			       const char *name, struct error *err)
{
	const struct ra_scope *taken;

	return !find_ra_scope(catalog, account, name, &taken, NULL) ||
	       error_set(err, REASON_CONFLICT, "there is an RA certificate %s", name);
}

static bool issue(const struct call *call, const struct ra_key *key, struct certificate *ret,
		  struct error *err)
{
	CLEANUP(name_done) struct name subject = { 0 };
	const struct issue issue = {
		.purpose = PURPOSE_RA,
		.issuer = param_text(call->params, "ca"),
		.subject = &subject,
		.key = ra_key_public(key),
		.validity_seconds = param_duration(call->params, "validity", RA_VALIDITY_DEFAULT),
		.path_len = -1,
	};

	return choose_subject(call, key, &subject, err) &&
	       issue_certificate(call, &issue, ret, err);
}

static bool record(const struct call *call, const struct ra_key *key, struct certificate *leaf,
		   struct change *change, json_t **ret, struct error *err)
{
	CLEANUP(freep) int64_t *profile_ids = NULL;
	struct ra_scope scope = {
		.account_id = call->account->id,
		.certificate_id = leaf->id,
		.name = (char *)param_text(call->params, "name"),
	};
	struct ra_handover handover = { .leaf = leaf, .scope = &scope, .catalog = change->catalog };

	/* somebody else may have taken the name while this one was signed */
	return check_name_is_free(change->catalog, change->account, scope.name, err) &&
	       find_ca(change->catalog, change->account, param_text(call->params, "ca"),
		       &handover.ca, err) &&
	       ra_scope_read(call, change, &scope, &profile_ids, err) &&
	       ca_record(change->tx, leaf, err) &&
	       store_ra_scope_insert(change->tx, &scope, &scope.id, err) &&
	       ra_key_hand_over(call, key, &handover, ret, err);
}

/* All that can be found wrong before a certificate exists. */
static bool check_request(const struct call *call, struct error *err)
{
	CLEANUP(freep) int64_t *profile_ids = NULL;
	const struct change now = { NULL, (struct catalog *)call->catalog, call->account };
	struct ra_scope scope = { 0 };
	const char *name = param_text(call->params, "name");
	const struct ca *ca;

	return object_name_check(name, err) &&
	       check_name_is_free(call->catalog, call->account, name, err) &&
	       find_ca(call->catalog, call->account, param_text(call->params, "ca"), &ca, err) &&
	       ra_scope_read(call, &now, &scope, &profile_ids, err);
}

bool ra_certificate_enroll(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	CLEANUP(certificate_done) struct certificate leaf = { 0 };
	CLEANUP(ra_key_done) struct ra_key key = { 0 };
	json_auto_t *reply = NULL;

	if (!check_request(call, err) || !ra_key_obtain(call, &key, err) ||
	    !issue(call, &key, &leaf, err) || !change_begin(call, &change, err) ||
	    !record(call, &key, &leaf, &change, &reply, err))
		return false;

	json_t *reach = json_object_get(reply, "profiles");
	return change_commit(call, &change,
			     (struct change_note){ "ra", param_text(call->params, "name"),
						   json_null(), json_incref(reach) },
			     TAKE(reply), ret, err);
}
