#include "pki/lint.h"

#include "pki/der.h"
#include "pki/lint_rules.h"

static void linted_done(struct linted *tbs)
{
	name_done(&tbs->subject);
	public_key_free(tbs->key);
}

static void read_version(struct linted *tbs, struct der *fields)
{
	if (!der_next_is(fields, DER_CONTEXT_0))
		return; /* version 1, which a rule refuses */

	struct der version = der_enter(fields, DER_CONTEXT_0);
	tbs->version = der_read_small(&version);
	if (!der_at_end(&version))
		fields->failed = true;
}

static void read_validity(struct linted *tbs, struct der *fields)
{
	tbs->validity = der_read_whole(fields, DER_SEQUENCE);

	struct der reader = der_open(tbs->validity);
	struct der times = der_enter(&reader, DER_SEQUENCE);
	tbs->not_before = der_read_time(&times);
	tbs->not_after = der_read_time(&times);
	if (!der_at_end(&times))
		fields->failed = true;
}

static void read_extensions(struct linted *tbs, struct der *fields)
{
	if (!der_next_is(fields, DER_CONTEXT_0 + 3))
		return;

	struct der wrapping = der_enter(fields, DER_CONTEXT_0 + 3);
	struct bytes list = der_read_whole(&wrapping, DER_SEQUENCE);
	struct der reader = der_open(list);
	if (!der_at_end(&wrapping))
		fields->failed = true;
	tbs->extensions_der = der_read(&reader, DER_SEQUENCE);
	tbs->extensions_are_legal =
		extensions_parse(list, &tbs->extensions, NULL) && tbs->extensions.count > 0;
}

/* RFC 5280 4.1.2.8: no unique identifiers, so that what follows the key is extensions or nothing.
 */
static bool read_fields(struct bytes der, struct linted *tbs)
{
	struct der reader = der_open(der);
	struct der fields = der_enter(&reader, DER_SEQUENCE);

	read_version(tbs, &fields);
	tbs->serial = der_read(&fields, DER_INTEGER);
	tbs->algorithm = der_read_whole(&fields, DER_SEQUENCE);
	tbs->issuer_der = der_read_whole(&fields, DER_SEQUENCE);
	read_validity(tbs, &fields);
	tbs->subject_der = der_read_whole(&fields, DER_SEQUENCE);
	tbs->spki = der_read_whole(&fields, DER_SEQUENCE);
	read_extensions(tbs, &fields);
	return der_at_end(&fields) && der_at_end(&reader);
}

/* What several rules ask for. Values that cannot be read stay unset; the rule of their form refuses
 * them. */
static bool read_meaning(struct linted *tbs, const struct public_key *known, struct error *err)
{
	struct error *why = tbs->why;
	const struct extension *key_usage = extensions_find(&tbs->extensions, oid_key_usage);
	const struct extension *constraints =
		extensions_find(&tbs->extensions, oid_basic_constraints);

	if (key_usage && !key_usage_parse(key_usage->value, &tbs->key_usage, why))
		tbs->key_usage = 0;
	if (constraints &&
	    !basic_constraints_parse(constraints->value, &tbs->is_ca, &tbs->path_len, why))
		tbs->is_ca = false;
	tbs->subject_is_legal = name_parse(tbs->subject_der, &tbs->subject, why);
	if (known && bytes_equal(public_key_spki(known), tbs->spki))
		tbs->key = public_key_ref(known);
	else if (!public_key_parse(tbs->spki, &tbs->key, why))
		tbs->key = NULL;
	if (why->reason == REASON_NO_MEMORY || why->reason == REASON_CRYPTO)
		return error_set(err, why->reason, "%s", why->detail);
	return true;
}

static bool refuse(const struct linted *tbs, const struct lint_rule *rule, struct error *err)
{
	if (!buffer_ok(tbs->canonical) || tbs->why->reason == REASON_NO_MEMORY)
		return error_set(err, REASON_NO_MEMORY, "lint");
	return error_set(err, REASON_LINT_FAILED, "%s: %s (RFC 5280 %s)", rule->name, rule->words,
			 rule->section);
}

static bool keeps_rules(const struct linted *tbs, const struct lint_rule *rules, struct error *err)
{
	for (const struct lint_rule *rule = rules; rule->name; rule++) {
		buffer_clear(tbs->canonical);
		if (!rule->is_kept(tbs))
			return refuse(tbs, rule, err);
	}
	return true;
}

bool lint_tbs(struct bytes der, const struct cert *issuer, const struct public_key *known,
	      struct error *err)
{
	CLEANUP(buffer_done) struct buffer canonical = { 0 };
	struct error why = { 0 };
	CLEANUP(linted_done)
	struct linted tbs = {
		.path_len = -1, .issuer = issuer, .canonical = &canonical, .why = &why
	};

	if (!read_fields(der, &tbs))
		return error_set(err, REASON_LINT_FAILED,
				 "structure: not one DER TBSCertificate (RFC 5280 4.1)");
	return read_meaning(&tbs, known, err) && keeps_rules(&tbs, lint_field_rules, err) &&
	       keeps_rules(&tbs, lint_extension_rules, err) &&
	       keeps_rules(&tbs, lint_content_rules, err);
}
