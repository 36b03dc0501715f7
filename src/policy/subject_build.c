#include "policy/names.h"

#include <string.h>

#include "model/pattern.h"

static const char *attribute_text(enum name_attribute attribute)
{
	const char *text = name_attribute_text(attribute);

	return text ? text : "an unknown attribute";
}

/* RFC 4514 domain components and organizational units come in runs; any other attribute twice in
 * one name means that two readers will see two names (CS-26). */
static bool may_repeat(enum name_attribute attribute)
{
	return attribute == NAME_DOMAIN_COMPONENT || attribute == NAME_ORGANIZATIONAL_UNIT;
}

/* Software that takes a CN for a host name would take its asterisk too (CS-28). */
static bool check_wildcard(const struct profile *profile, const struct subject_rule *rule,
			   const char *value, struct error *err)
{
	if (rule->attribute != NAME_COMMON_NAME || rule->pattern || !strchr(value, '*'))
		return true;
	if (profile->san_rules[SAN_DNS].wildcard && wildcard_is_well_formed(value))
		return true;
	return error_set(err, REASON_SUBJECT_RULE, "CN \"%s\" holds an asterisk", value);
}

static bool append_checked(const struct profile *profile, const struct subject_rule *rule,
			   const char *value, struct name *ret, struct error *err)
{
	if (rule->pattern && !pattern_matches(rule->pattern, value))
		return error_set(err, REASON_SUBJECT_RULE, "%s \"%s\" does not match %s",
				 attribute_text(rule->attribute), value, rule->pattern);
	if (!check_wildcard(profile, rule, value, err))
		return false;
	return name_append(ret, rule->attribute, value, err);
}

/* All values of the rule's attribute in `from`, in their order there. */
static bool append_values(const struct profile *profile, const struct subject_rule *rule,
			  const struct name *from, struct name *ret, size_t *ret_count,
			  struct error *err)
{
	size_t count = 0;

	for (size_t i = 0; i < from->count; i++) {
		if (from->entries[i].attribute != rule->attribute)
			continue;
		if (++count > 1 && !may_repeat(rule->attribute))
			return error_set(err, REASON_SUBJECT_RULE, "%s stands there twice",
					 attribute_text(rule->attribute));
		if (!append_checked(profile, rule, from->entries[i].value, ret, err))
			return false;
	}
	*ret_count = count;
	return true;
}

static bool append_required(const struct profile *profile, const struct subject_rule *rule,
			    const struct name *from, const char *where, struct name *ret,
			    struct error *err)
{
	size_t count = 0;

	if (!append_values(profile, rule, from, ret, &count, err))
		return false;
	if (count == 0)
		return error_set(err, REASON_SUBJECT_RULE, "%s is missing in %s",
				 attribute_text(rule->attribute), where);
	return true;
}

/* What another place of the client's certificate says. */
static bool append_origin(const struct naming *naming, const struct subject_rule *rule,
			  struct name *ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };
	struct error why = { 0 };

	if (origin_read(rule->from, naming->client, &value, &why))
		return append_checked(naming->profile, rule, buffer_cstring(&value), ret, err);
	if (why.reason == REASON_NO_MEMORY)
		return error_set(err, why.reason, "%s", why.detail);
	return error_set(err, REASON_SUBJECT_RULE, "%s comes from %s of the client certificate: %s",
			 attribute_text(rule->attribute), origin_text(rule->from), why.detail);
}

static bool append_of_client(const struct naming *naming, const struct subject_rule *rule,
			     struct name *ret, struct error *err)
{
	if (!naming->client)
		return error_set(err, REASON_SUBJECT_RULE,
				 "%s comes from the device's certificate, and there is none",
				 attribute_text(rule->attribute));
	if (rule->from.kind != ORIGIN_SAME && !naming->renews)
		return append_origin(naming, rule, ret, err);
	return append_required(naming->profile, rule, cert_subject(naming->client),
			       "the client certificate", ret, err);
}

/* A device that renews what an RA asked for keeps it. */
static bool append_of_ra(const struct naming *naming, const struct subject_rule *rule,
			 struct name *ret, struct error *err)
{
	if (naming->by_ra)
		return append_required(naming->profile, rule, naming->subject, "the RA's request",
				       ret, err);
	if (naming->renews && naming->client)
		return append_required(naming->profile, rule, cert_subject(naming->client),
				       "the certificate to renew", ret, err);
	return error_set(err, REASON_SUBJECT_RULE,
			 "%s comes from an RA, and no RA sent the request",
			 attribute_text(rule->attribute));
}

static bool apply_rule(const struct naming *naming, const struct subject_rule *rule,
		       struct name *ret, struct error *err)
{
	size_t count = 0;

	switch (rule->source) {
	case SUBJECT_FIXED:
		return name_append(ret, rule->attribute, rule->value, err);
	case SUBJECT_CSR_REQUIRED:
		return append_required(naming->profile, rule, naming->subject, "the request", ret,
				       err);
	case SUBJECT_CSR_OPTIONAL:
		return append_values(naming->profile, rule, naming->subject, ret, &count, err);
	case SUBJECT_CLIENT_CERTIFICATE:
		return append_of_client(naming, rule, ret, err);
	case SUBJECT_RA:
		return append_of_ra(naming, rule, ret, err);
	case SUBJECT_DROPPED:
		return true;
	}
	return error_set(err, REASON_SUBJECT_RULE, "%s has the unknown source %d",
			 attribute_text(rule->attribute), (int)rule->source);
}

static bool is_listed(const struct profile *profile, enum name_attribute attribute)
{
	for (size_t i = 0; i < profile->subject_rule_count; i++)
		if (profile->subject_rules[i].attribute == attribute)
			return attribute != NAME_UNKNOWN;
	return false;
}

static bool check_unlisted(const struct naming *naming, struct error *err)
{
	if (naming->profile->subject_unlisted == UNLISTED_DROP)
		return true;
	for (size_t i = 0; i < naming->subject->count; i++)
		if (!is_listed(naming->profile, naming->subject->entries[i].attribute))
			return error_set(err, REASON_SUBJECT_RULE, "the profile has no rule for %s",
					 attribute_text(naming->subject->entries[i].attribute));
	return true;
}

bool subject_build(const struct naming *naming, struct name *ret, struct error *err)
{
	const struct profile *profile = naming->profile;
	CLEANUP(name_done) struct name built = { 0 };

	if (!check_unlisted(naming, err))
		return false;
	for (size_t i = 0; i < profile->subject_rule_count; i++)
		if (!apply_rule(naming, &profile->subject_rules[i], &built, err))
			return false;
	*ret = built;
	built = (struct name){ 0 };
	return true;
}
