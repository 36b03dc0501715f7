/* The answer is the profile's alone: nobody who asks changes it, and nothing in it is secret
 * (ATT-07). */
#include "ra/csrattrs.h"

#include "pki/csr_attrs.h"
#include "pki/der.h"
#include "policy/rule.h"

/* Where several key types are welcome nothing is said: naming one would make obedient clients use
 * it. */
static enum key_type only_key_type(const struct profile *profile)
{
	enum key_type only = KEY_TYPE_COUNT;

	for (enum key_type type = KEY_RSA; type < KEY_TYPE_COUNT; type++) {
		if (!profile->key_allowed[type])
			continue;
		if (only != KEY_TYPE_COUNT)
			return KEY_TYPE_COUNT;
		only = type;
	}
	return only;
}

static bool wants_san(const struct profile *profile)
{
	for (enum san_type type = SAN_DNS; type < SAN_TYPE_COUNT; type++)
		if (profile->san_rules[type].source == SAN_FROM_CSR_REQUIRED)
			return true;
	return false;
}

/* Which names the client puts there is its own to know. */
static bool wish_san(const struct profile *profile, struct csr_attrs *attrs)
{
	return !wants_san(profile) ||
	       csr_attrs_wish_extension(attrs, oid_subject_alt_name, false, (struct bytes){ 0 });
}

static bool wish_common(const struct profile *profile, struct csr_attrs *attrs)
{
	csr_attrs_init(attrs);
	/* RFC 7030 3.5: a server that wants the binding lists challengePassword */
	attrs->challenge_password = profile->binding == BINDING_REQUIRED ||
				    profile->challenge == CHALLENGE_IS_PASSPHRASE;
	attrs->key_type = only_key_type(profile);
	attrs->key_bits = attrs->key_type == KEY_RSA ? profile->rsa_bits_min : 0;
	return wish_san(profile, attrs);
}

/* -- what only the template can say -- */

/* A fixed value is ours to write. It is told where nobody's certificate must vouch for what a
 * request says (rule_identity). */
static bool tells_fixed(const struct profile *profile)
{
	return profile->auth == AUTH_PASSPHRASE || profile->identity == IDENTITY_ANY;
}

static bool wish_subject(const struct profile *profile, struct csr_attrs *attrs)
{
	for (size_t i = 0; i < profile->subject_rule_count; i++) {
		const struct subject_rule *rule = &profile->subject_rules[i];
		bool fixed = rule->source == SUBJECT_FIXED && tells_fixed(profile);

		if (!fixed && rule->source != SUBJECT_CSR_REQUIRED)
			continue;
		if (!csr_attrs_wish_name(attrs, rule->attribute, fixed ? rule->value : NULL))
			return false;
	}
	return true;
}

/* The uses that every key which the profile takes can be put to. */
static unsigned int common_usage(const struct profile *profile)
{
	unsigned int usage = profile->key_usage & ~(unsigned int)KU_CA;

	for (enum key_type type = KEY_RSA; type < KEY_TYPE_COUNT; type++)
		if (profile->key_allowed[type])
			usage &= key_usage_for(profile->key_usage, type);
	return usage;
}

static bool wish_key_usage(const struct profile *profile, struct buffer *value,
			   struct csr_attrs *attrs)
{
	unsigned int usage = common_usage(profile);

	if (usage == 0)
		return true;
	key_usage_encode(usage, value);
	return buffer_ok(value) &&
	       csr_attrs_wish_extension(attrs, oid_key_usage, profile->content.key_usage_critical,
					buffer_view(value));
}

static bool wish_ext_key_usage(const struct profile *profile, struct buffer *value,
			       struct csr_attrs *attrs)
{
	CLEANUP(buffer_done) struct buffer oid = { 0 };

	if (profile->ext_key_usage_count == 0)
		return true;

	size_t list = der_begin(value, DER_SEQUENCE);
	for (size_t i = 0; i < profile->ext_key_usage_count; i++) {
		buffer_clear(&oid);
		if (!oid_from_text(profile->ext_key_usages[i], &oid))
			return false;
		der_write_oid(value, buffer_view(&oid));
	}
	der_end(value, list);
	return buffer_ok(value) && csr_attrs_wish_extension(attrs, oid_ext_key_usage,
							    profile->content.ext_key_usage_critical,
							    buffer_view(value));
}

/* -- the answer -- */

static bool wishes_nothing(const struct csr_attrs *attrs)
{
	return !attrs->challenge_password && attrs->extension_count == 0 &&
	       attrs->key_type == KEY_TYPE_COUNT;
}

static bool write_legacy(const struct csr_attrs *list, const struct csr_attrs *template,
			 struct buffer *ret, struct error *err)
{
	(void)template;
	return wishes_nothing(list) || csr_attrs_encode(list, ret, err);
}

static bool write_template(const struct csr_attrs *list, const struct csr_attrs *template,
			   struct buffer *ret, struct error *err)
{
	(void)list;
	return csr_attrs_encode_template(template, ret, err);
}

static bool (*const writers[])(const struct csr_attrs *list, const struct csr_attrs *template,
			       struct buffer *ret, struct error *err) = {
	[CSRATTRS_LEGACY] = write_legacy,
	[CSRATTRS_TEMPLATE] = write_template,
	[CSRATTRS_BOTH] = csr_attrs_encode_both,
};

bool csrattrs_of_profile(const struct profile *profile, struct buffer *ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer usage = { 0 };
	CLEANUP(buffer_done) struct buffer purposes = { 0 };
	struct csr_attrs list, template;

	if ((unsigned int)profile->csrattrs >= ARRAY_LEN(writers))
		return error_set(err, REASON_INTERNAL, "csrattrs in the unknown form %d",
				 (int)profile->csrattrs);
	if (!wish_common(profile, &list) || !wish_common(profile, &template) ||
	    !wish_subject(profile, &template) || !wish_key_usage(profile, &usage, &template) ||
	    !wish_ext_key_usage(profile, &purposes, &template))
		return error_set(err, REASON_NO_MEMORY, "CSR attributes");
	return writers[profile->csrattrs](&list, &template, ret, err);
}
