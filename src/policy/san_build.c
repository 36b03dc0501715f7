#include "policy/names.h"

#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "model/pattern.h"

bool wildcard_is_well_formed(const char *dns_name)
{
	if (strncmp(dns_name, "*.", 2) != 0)
		return false;

	const char *rest = dns_name + 2;
	const char *dot = strchr(rest, '.');
	return !strchr(rest, '*') && *rest != '\0' && *rest != '.' && dot && dot[1] != '\0';
}

static bool check_wildcard(const struct san_rule *rule, const char *value, struct error *err)
{
	if (!strchr(value, '*'))
		return true;
	if (!rule->wildcard)
		return error_set(err, REASON_SAN_RULE, "dns \"%s\": the profile takes no wildcards",
				 value);
	if (!wildcard_is_well_formed(value))
		return error_set(err, REASON_SAN_RULE,
				 "dns \"%s\": only a whole first label can be a wildcard, above a "
				 "name of two labels",
				 value);
	return true;
}

static bool refuse_value(const struct san_rule *rule, const struct san_entry *entry,
			 struct error *err)
{
	return error_set(err, REASON_SAN_RULE, "%s \"%s\" does not match %s",
			 san_type_text(entry->type), entry->value, rule->pattern);
}

static bool check_ranges(const struct san_rule *rule, const struct san_entry *entry,
			 struct error *err)
{
	CLEANUP(address_set_done) struct address_set set = { 0 };
	struct address address;

	return address_list_parse(rule->pattern, &set, err) &&
	       address_parse(entry->value, &address, err) &&
	       (address_set_holds(&set, &address) || refuse_value(rule, entry, err));
}

static bool check_pattern(const struct san_rule *rule, const struct san_entry *entry,
			  struct error *err)
{
	if (!rule->pattern)
		return true;
	if (entry->type == SAN_IP)
		return check_ranges(rule, entry, err);
	return pattern_matches(rule->pattern, entry->value) || refuse_value(rule, entry, err);
}

static bool has_international_label(const char *dns_name)
{
	for (const char *label = dns_name; label; label = strchr(label, '.')) {
		label += *label == '.';
		if (strncasecmp(label, "xn--", 4) == 0)
			return true;
	}
	return false;
}

/* CS-27: letters of other scripts look like those of this one, so such a label is taken only where
 * the operator wrote it, as it stands in the DNS. */
static bool check_international(const struct san_rule *rule, const char *value, struct error *err)
{
	return !has_international_label(value) ||
	       (rule->pattern && strcasestr(rule->pattern, "xn--")) ||
	       error_set(err, REASON_SAN_RULE,
			 "dns \"%s\": the profile's pattern names no xn-- label", value);
}

static bool check_dns(const struct san_rule *rule, const char *value, struct error *err)
{
	return check_wildcard(rule, value, err) && check_international(rule, value, err);
}

static bool append_checked(const struct san_rule *rule, const struct san_entry *entry,
			   struct san *ret, struct error *err)
{
	if (entry->type == SAN_DNS && !check_dns(rule, entry->value, err))
		return false;
	if (!check_pattern(rule, entry, err))
		return false;
	return san_append(ret, entry->type, entry->value, err);
}

/* What the request asks for, entry by entry. */
static bool apply_rule(const struct naming *naming, const struct san_entry *entry, struct san *ret,
		       struct error *err)
{
	if ((unsigned int)entry->type >= SAN_TYPE_COUNT)
		return error_set(err, REASON_SAN_RULE, "names of this type are never issued: %s",
				 entry->value);

	const struct san_rule *rule = &naming->profile->san_rules[entry->type];
	switch (rule->source) {
	case SAN_FROM_CSR_OPTIONAL:
	case SAN_FROM_CSR_REQUIRED:
		return append_checked(rule, entry, ret, err);
	case SAN_FROM_RA:
		return !naming->by_ra || append_checked(rule, entry, ret, err);
	case SAN_DROPPED:
	case SAN_FIXED:
	case SAN_FROM_CLIENT_CERTIFICATE:
		return true;
	case SAN_REFUSED:
		break;
	}
	return error_set(err, REASON_SAN_RULE, "%s \"%s\": the profile refuses this type",
			 san_type_text(entry->type), entry->value);
}

static bool holds_type(const struct san *san, enum san_type type)
{
	for (size_t i = 0; i < san->count; i++)
		if (san->entries[i].type == type)
			return true;
	return false;
}

/* -- what comes from elsewhere, type by type -- */

static bool append_origin(const struct naming *naming, enum san_type type, struct san *ret,
			  struct error *err)
{
	const struct san_rule *rule = &naming->profile->san_rules[type];
	CLEANUP(buffer_done) struct buffer value = { 0 };
	struct error why = { 0 };

	if (!origin_read(rule->from, naming->client, &value, &why)) {
		if (why.reason == REASON_NO_MEMORY)
			return error_set(err, why.reason, "%s", why.detail);
		return error_set(err, REASON_SAN_RULE,
				 "%s comes from %s of the client certificate: %s",
				 san_type_text(type), origin_text(rule->from), why.detail);
	}
	/* buffer_cstring() ends the text in place */
	(void)buffer_cstring(&value);
	const struct san_entry entry = { .type = type, .value = (char *)value.data };
	return append_checked(rule, &entry, ret, err);
}

static bool append_of_type(const struct san_rule *rule, enum san_type type, const struct san *from,
			   struct san *ret, struct error *err)
{
	for (size_t i = 0; i < from->count; i++)
		if (from->entries[i].type == type &&
		    !append_checked(rule, &from->entries[i], ret, err))
			return false;
	return true;
}

static bool append_of_client(const struct naming *naming, enum san_type type, struct san *ret,
			     struct error *err)
{
	const struct san_rule *rule = &naming->profile->san_rules[type];

	if (!naming->client)
		return error_set(err, REASON_SAN_RULE,
				 "%s comes from the device's certificate, and there is none",
				 san_type_text(type));
	if (rule->from.kind != ORIGIN_SAME && !naming->renews)
		return append_origin(naming, type, ret, err);
	if (!append_of_type(rule, type, cert_san(naming->client), ret, err))
		return false;
	return holds_type(ret, type) ||
	       error_set(err, REASON_SAN_RULE, "the client certificate has no %s name",
			 san_type_text(type));
}

/* An RA's own entries are in by now; a device that renews keeps what the RA once asked for. */
static bool append_of_ra(const struct naming *naming, enum san_type type, struct san *ret,
			 struct error *err)
{
	const struct san_rule *rule = &naming->profile->san_rules[type];

	if (naming->by_ra)
		return holds_type(ret, type) ||
		       error_set(err, REASON_SAN_RULE, "the RA's request has no %s name",
				 san_type_text(type));
	if (naming->renews && naming->client)
		return append_of_type(rule, type, cert_san(naming->client), ret, err);
	return error_set(err, REASON_SAN_RULE, "%s comes from an RA, and no RA sent the request",
			 san_type_text(type));
}

static bool complete_type(const struct naming *naming, enum san_type type, struct san *ret,
			  struct error *err)
{
	switch (naming->profile->san_rules[type].source) {
	case SAN_FROM_CSR_REQUIRED:
		return holds_type(ret, type) ||
		       error_set(err, REASON_SAN_RULE, "the request has no %s name",
				 san_type_text(type));
	case SAN_FIXED:
		return san_append(ret, type, naming->profile->san_rules[type].value, err);
	case SAN_FROM_CLIENT_CERTIFICATE:
		return append_of_client(naming, type, ret, err);
	case SAN_FROM_RA:
		return append_of_ra(naming, type, ret, err);
	case SAN_FROM_CSR_OPTIONAL:
	case SAN_DROPPED:
	case SAN_REFUSED:
		break;
	}
	return true;
}

bool san_build(const struct naming *naming, struct san *ret, struct error *err)
{
	CLEANUP(san_done) struct san built = { 0 };

	for (size_t i = 0; i < naming->san->count; i++)
		if (!apply_rule(naming, &naming->san->entries[i], &built, err))
			return false;
	for (enum san_type type = SAN_DNS; type < SAN_TYPE_COUNT; type++)
		if (!complete_type(naming, type, &built, err))
			return false;
	*ret = built;
	built = (struct san){ 0 };
	return true;
}

bool san_copy(const struct san *from, struct san *ret, struct error *err)
{
	CLEANUP(san_done) struct san copy = { 0 };

	for (size_t i = 0; i < from->count; i++)
		if (!san_append(&copy, from->entries[i].type, from->entries[i].value, err))
			return false;
	*ret = copy;
	copy = (struct san){ 0 };
	return true;
}

bool names_check_present(const struct name *subject, const struct san *san, struct error *err)
{
	if (subject->count == 0 && san->count == 0)
		return error_set(err, REASON_SUBJECT_RULE,
				 "by the rules neither subject nor subjectAltName is left");
	return true;
}
