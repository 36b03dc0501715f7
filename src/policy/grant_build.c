#include "policy/decision.h"

#include "policy/grant_parts.h"
#include "policy/rule.h"

/* A backdated beginning helps devices whose clocks run behind; the end counts from now. */
static struct validity wanted_validity(const struct profile *profile, int64_t now)
{
	int64_t backdate = profile->backdate_seconds > 0 ? profile->backdate_seconds : 0;

	return (struct validity){ now - backdate,
				  profile->not_after
					  ? profile->not_after
					  : validity_last(now, profile->validity_seconds) };
}

static bool set_validity(struct grant *grant, const struct decision *decision, struct error *err)
{
	const struct profile *profile = decision->profile;
	const struct cert *issuer = decision->facts->ca->cert;
	int64_t now = decision->facts->now;
	struct validity wanted = wanted_validity(profile, now);

	return profile->not_after ? grant_set_fixed_end(grant, wanted, issuer, now, err)
				  : grant_set_validity(grant, wanted, issuer, err);
}

static void set_origin(struct grant *grant, const struct decision *decision)
{
	const struct profile *profile = decision->profile;

	grant->account_id = profile->account_id;
	grant->ca_id = decision->facts->ca->id;
	grant->profile_id = profile->id;
	grant->profile_version = profile->version;
	grant->signature = profile->signature;
	grant->operation = decision->facts->operation;
	grant->renews_id = decision->renews ? decision->facts->renewed->id : 0;
}

/* Who asked: the certificate's subject, or the kind where there is no name to tell. */
static bool requester(const struct decision *decision, struct buffer *ret, struct error *err)
{
	if (decision_by_certificate(decision))
		name_to_text(cert_subject(decision->facts->certificate.cert), ret);
	if (ret->len == 0)
		buffer_append_text(ret, identity_kind_text(decision->identity));
	return buffer_cstring(ret) || error_set(err, REASON_NO_MEMORY, "grant's record");
}

static bool set_record(struct grant *grant, const struct decision *decision, struct error *err)
{
	char peer[ADDRESS_TEXT_MAX];
	CLEANUP(buffer_done) struct buffer who = { 0 };

	return requester(decision, &who, err) &&
	       grant_set_record(grant, (const char *)who.data,
				address_to_text(&decision->facts->peer, peer),
				decision->facts->request_id, err);
}

static bool set_content(struct grant *grant, const struct decision *decision, struct error *err)
{
	const struct profile *profile = decision->profile;
	unsigned int usage = profile->key_usage & ~(unsigned int)KU_CA;

	grant_set_key(grant, csr_key(decision->facts->csr), usage);
	return grant_set_names(grant, &decision->subject, &decision->san, err) &&
	       grant_set_ext_key_usages(grant, (const char *const *)profile->ext_key_usages,
					profile->ext_key_usage_count, err) &&
	       grant_set_content(grant, &profile->content, err) &&
	       set_validity(grant, decision, err);
}

static enum certificate_purpose purpose_of(const struct profile *profile)
{
	return profile_makes_ras(profile) ? PURPOSE_RA : PURPOSE_DEVICE;
}

bool grant_build(const struct decision *decision, struct grant **ret, struct error *err)
{
	CLEANUP(grant_freep) struct grant *grant = NULL;

	if (!grant_new(purpose_of(decision->profile), &grant, err))
		return false;
	set_origin(grant, decision);
	if (!set_content(grant, decision, err) || !set_record(grant, decision, err))
		return false;
	*ret = TAKE(grant);
	return true;
}
