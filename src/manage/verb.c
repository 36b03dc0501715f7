#include "manage/verb.h"

#include <string.h>

#include "model/est_service.h"

#define REQUEST_ID_PREFIX_MIN 4 /* shorter ones name too many to be meant */

#define LIMIT_DEFAULT 50
#define LIMIT_MAX 1000

bool call_return(json_t *result, json_t **ret, struct error *err)
{
	if (!result)
		return error_set(err, REASON_NO_MEMORY, "the answer");
	*ret = result;
	return true;
}

bool call_limit(const struct call *call, unsigned int *ret, struct error *err)
{
	int64_t limit = param_number(call->params, "limit", LIMIT_DEFAULT);

	if (limit < 1 || limit > LIMIT_MAX)
		return error_set(err, REASON_INVALID, "params.limit: 1 to %d", LIMIT_MAX);
	*ret = (unsigned int)limit;
	return true;
}

bool call_return_page(const struct page *page, json_t **ret, struct error *err)
{
	bool is_full = json_array_size(page->items) == page->limit;

	return call_return(json_pack("{s:O, s:o}", page->name, page->items, "next_cursor",
				     is_full ? json_integer(page->last_id) : json_null()),
			   ret, err);
}

bool find_ca(const struct catalog *catalog, const struct account *account, const char *name,
	     const struct ca **ret, struct error *err)
{
	const struct ca *ca = catalog_ca_by_name(catalog, account->id, name);

	if (!ca)
		return error_set(err, REASON_NOT_FOUND, "CA %s", name);
	*ret = ca;
	return true;
}

bool find_profile(const struct catalog *catalog, const struct account *account, const char *name,
		  const struct profile **ret, struct error *err)
{
	const struct profile *profile = catalog_profile_by_name(catalog, account->id, name);

	if (!profile)
		return error_set(err, REASON_NOT_FOUND, "profile %s", name);
	*ret = profile;
	return true;
}

bool find_ra_scope(const struct catalog *catalog, const struct account *account, const char *name,
		   const struct ra_scope **ret, struct error *err)
{
	for (size_t i = 0; i < catalog->ra_scope_count; i++) {
		const struct ra_scope *scope = &catalog->ra_scopes[i];

		if (scope->account_id == account->id && strcmp(scope->name, name) == 0) {
			*ret = scope;
			return true;
		}
	}
	return error_set(err, REASON_NOT_FOUND, "RA certificate %s", name);
}

bool request_id_check(const char *id, struct error *err)
{
	size_t len = strlen(id);

	if (len < REQUEST_ID_PREFIX_MIN || len > REQUEST_ID_LEN)
		return error_set(err, REASON_INVALID, "%s: %d to %d digits of a request id", id,
				 REQUEST_ID_PREFIX_MIN, REQUEST_ID_LEN);
	for (const char *c = id; *c; c++)
		if ((*c < '0' || *c > '9') && (*c < 'a' || *c > 'f'))
			return error_set(err, REASON_INVALID, "%s is no request id", id);
	return true;
}

size_t count_active_profiles(const struct catalog *catalog, const struct account *account)
{
	size_t count = 0;

	for (size_t i = 0; i < catalog->profile_count; i++)
		count += catalog->profiles[i]->account_id == account->id &&
			 catalog->profiles[i]->state == PROFILE_ACTIVE;
	return count;
}
