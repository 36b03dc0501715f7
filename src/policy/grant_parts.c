#include "policy/grant_parts.h"

#include <string.h>

#include "base/clock.h"
#include "policy/names.h"
#include "policy/rule.h"

#define NO_PATH_LEN (-1)

bool grant_new(enum certificate_purpose purpose, struct grant **ret, struct error *err)
{
	struct grant *grant = calloc(1, sizeof *grant);

	if (!grant)
		return error_set(err, REASON_NO_MEMORY, "grant");
	grant->purpose = purpose;
	grant->path_len = NO_PATH_LEN;
	grant->key_usage_critical = true; /* RFC 5280 4.2.1.3: SHOULD */
	grant->crl_at_node = true;
	grant->access_at_node = true;
	grant->signature = SIGN_COUNT;
	grant->operation = EST_OPERATION_COUNT;
	*ret = grant;
	return true;
}

bool grant_set_names(struct grant *grant, const struct name *subject, const struct san *san,
		     struct error *err)
{
	return name_copy(subject, &grant->subject, err) && san_copy(san, &grant->san, err);
}

void grant_set_key(struct grant *grant, const struct public_key *key, unsigned int usage)
{
	grant->key = public_key_ref(key);
	grant->key_usage = key_usage_for(usage, public_key_type(key));
}

bool grant_set_ext_key_usages(struct grant *grant, const char *const *oids, size_t count,
			      struct error *err)
{
	if (count == 0)
		return true;
	grant->ext_key_usages = calloc(count, sizeof *grant->ext_key_usages);
	if (!grant->ext_key_usages)
		return error_set(err, REASON_NO_MEMORY, "grant's usages");
	for (size_t i = 0; i < count; i++) {
		grant->ext_key_usages[i] = strdup(oids[i]);
		if (!grant->ext_key_usages[i])
			return error_set(err, REASON_NO_MEMORY, "grant's usages");
		grant->ext_key_usage_count++;
	}
	return true;
}

int64_t validity_last(int64_t first, int64_t seconds)
{
	int64_t last;

	return __builtin_add_overflow(first, seconds - 1, &last) ? INT64_MAX : last;
}

static struct validity within(struct validity validity, const struct cert *issuer)
{
	if (validity.first < cert_not_before(issuer))
		validity.first = cert_not_before(issuer);
	if (validity.last > cert_not_after(issuer))
		validity.last = cert_not_after(issuer);
	return validity;
}

bool grant_set_validity(struct grant *grant, struct validity validity, const struct cert *issuer,
			struct error *err)
{
	struct validity kept = issuer ? within(validity, issuer) : validity;

	if (kept.last < kept.first)
		return error_set(err, REASON_CA_EXPIRED, "no time is left within the CA's own");
	grant->not_before = kept.first;
	grant->not_after = kept.last;
	return true;
}

/* A date is meant as it is written, so it is not cut to what the CA can give. */
static bool check_end(struct validity validity, const struct cert *issuer, struct error *err)
{
	char end[TIME_TEXT_MAX], issuers[TIME_TEXT_MAX];

	if (validity.last < validity.first)
		return error_set(err, REASON_END_UNREACHABLE, "the profile's end %s is over",
				 time_to_text(validity.last, end));
	if (issuer && validity.last > cert_not_after(issuer))
		return error_set(err, REASON_END_UNREACHABLE,
				 "the profile's end %s is later than the CA's %s",
				 time_to_text(validity.last, end),
				 time_to_text(cert_not_after(issuer), issuers));
	return true;
}

bool grant_set_fixed_end(struct grant *grant, struct validity validity, const struct cert *issuer,
			 int64_t now, struct error *err)
{
	return check_end((struct validity){ now, validity.last }, issuer, err) &&
	       grant_set_validity(grant, validity, issuer, err);
}

static bool set_text(char **ret, const char *text, struct error *err)
{
	*ret = strdup(text ? text : "");
	return *ret || error_set(err, REASON_NO_MEMORY, "grant's record");
}

bool grant_set_record(struct grant *grant, const char *requested_by, const char *peer,
		      const char *request_id, struct error *err)
{
	return set_text(&grant->requested_by, requested_by, err) &&
	       set_text(&grant->peer, peer, err) && set_text(&grant->request_id, request_id, err);
}
