#include <string.h>

#include "manage/change.h"
#include "manage/describe.h"
#include "manage/verb_ca.h"
#include "store/store_config.h"

#define SIGNATURE_AUTO "auto"

static bool parse(const char *text, enum signature_algorithm *ret, struct error *err)
{
	*ret = signature_algorithm_by_text(text);
	return *ret != SIGN_COUNT || strcmp(text, SIGNATURE_AUTO) == 0 ||
	       error_set(err, REASON_INVALID, "params.signature: \"%s\" is not known", text);
}

bool ca_set(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	const char *name = param_text(call->params, "name");
	enum signature_algorithm algorithm;
	const struct ca *ca;

	if (!parse(param_text(call->params, "signature"), &algorithm, err) ||
	    !change_begin(call, &change, err) ||
	    !find_ca(change.catalog, change.account, name, &ca, err) ||
	    !ca_check_signature(ca, algorithm, err))
		return false;

	struct ca after = *ca;
	after.signature = algorithm;
	json_auto_t *described = describe_ca(&after, change.catalog);
	return store_ca_set_signature(change.tx, change.account->id, ca->id, algorithm, err) &&
	       change_commit(call, &change,
			     (struct change_note){ "ca", name, describe_ca(ca, change.catalog),
						   json_incref(described) },
			     json_pack("{s:O}", "ca", described), ret, err);
}
