#include "policy/rule.h"

#include <string.h>

#include "pki/der.h"

/* Nothing of a request's extensions is copied: the profile says what the certificate holds. These
 * checks only decide between passing over a wish and refusing it. */
struct wish {
	const struct profile *profile;
	const struct extension *extension;
	size_t *passed_over;
};

static bool pass_over(const struct wish *wish, const char *what, struct error *err)
{
	if (wish->profile->extension_unlisted != UNLISTED_DROP)
		return error_set(err, REASON_EXTENSION_NOT_ALLOWED, "the request asks for %s",
				 what);
	++*wish->passed_over;
	return true;
}

static bool check_basic_constraints(const struct wish *wish, struct error *err)
{
	bool is_ca = true;
	int path_len = -1;

	if (!basic_constraints_parse(wish->extension->value, &is_ca, &path_len, err))
		return false;
	return !is_ca || pass_over(wish, "CA:TRUE", err);
}

static bool check_key_usage(const struct wish *wish, struct error *err)
{
	unsigned int bits = 0;

	if (!key_usage_parse(wish->extension->value, &bits, err))
		return false;
	return !(bits & (KU_KEY_CERT_SIGN | KU_CRL_SIGN)) ||
	       pass_over(wish, "the key usage of a CA", err);
}

static bool profile_has_usage(const struct profile *profile, const char *oid)
{
	for (size_t i = 0; i < profile->ext_key_usage_count; i++)
		if (strcmp(profile->ext_key_usages[i], oid) == 0)
			return true;
	return false;
}

static bool check_one_usage(const struct wish *wish, struct bytes oid, struct error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };

	if (!oid_to_text(oid, &text) || !buffer_cstring(&text))
		return error_set(err, REASON_EXTENSION_NOT_ALLOWED,
				 "an unreadable OID among the extended key usages");
	if (profile_has_usage(wish->profile, (const char *)text.data))
		return true;
	return pass_over(wish, "an extended key usage that the profile does not grant", err);
}

static bool check_ext_key_usage(const struct wish *wish, struct error *err)
{
	struct der whole = der_open(wish->extension->value);
	struct der usages = der_enter(&whole, DER_SEQUENCE);

	if (usages.failed || !der_at_end(&whole) || der_at_end(&usages))
		return error_set(err, REASON_EXTENSION_NOT_ALLOWED,
				 "extKeyUsage is not a list of OIDs (RFC 5280 4.2.1.12)");
	while (der_next_is(&usages, DER_OID)) {
		struct bytes oid = der_read(&usages, DER_OID);

		if (!usages.failed && !check_one_usage(wish, oid, err))
			return false;
	}
	if (!der_at_end(&usages))
		return error_set(err, REASON_EXTENSION_NOT_ALLOWED, "extKeyUsage is malformed");
	return true;
}

/* The SAN rules judge its names. */
static bool leave_to_san_rules(const struct wish *wish __attribute__((unused)),
			       struct error *err __attribute__((unused)))
{
	return true;
}

static bool check_other(const struct wish *wish, struct error *err)
{
	if (wish->extension->critical)
		return error_set(err, REASON_EXTENSION_NOT_ALLOWED,
				 "the request asks for a critical extension that we do not issue");
	return pass_over(wish, "an extension that the profile does not issue", err);
}

static const struct known {
	const struct bytes *oid;
	bool (*check)(const struct wish *, struct error *);
} known_extensions[] = {
	{ &oid_basic_constraints, check_basic_constraints },
	{ &oid_key_usage, check_key_usage },
	{ &oid_ext_key_usage, check_ext_key_usage },
	{ &oid_subject_alt_name, leave_to_san_rules },
};

static bool check_wish(const struct wish *wish, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(known_extensions); i++)
		if (bytes_equal(*known_extensions[i].oid, wish->extension->oid))
			return known_extensions[i].check(wish, err);
	return check_other(wish, err);
}

bool rule_extensions(struct decision *decision, struct error *err)
{
	const struct extensions *asked = csr_extensions(decision->facts->csr);
	size_t passed_over = 0;

	for (size_t i = 0; i < asked->count; i++) {
		struct wish wish = { decision->profile, &asked->items[i], &passed_over };

		if (!check_wish(&wish, err))
			return false;
	}
	if (passed_over)
		decision_note(decision, "%zu wishes passed over", passed_over);
	return true;
}
