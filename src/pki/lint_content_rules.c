/* Rules of what a certificate says, beyond the form in which it says it. */
#include <string.h>

#include "pki/der.h"
#include "pki/lint_rules.h"
#include "pki/ocsp_oid.h"
#include "pki/policies.h"
#include "pki/san_check.h"

#define GENERAL_NAME_URI (DER_CONTEXT_PRIMITIVE_0 + 6)

static const struct extension *find(const struct linted *tbs, struct bytes oid)
{
	return extensions_find(&tbs->extensions, oid);
}

static bool values_are_der(const struct linted *tbs)
{
	for (size_t i = 0; i < tbs->extensions.count; i++)
		if (!der_is_one_element(tbs->extensions.items[i].value))
			return false;
	return true;
}

/* CS-38 */
static bool nothing_foreign_is_there(const struct linted *tbs)
{
	for (size_t i = 0; i < tbs->extensions.count; i++)
		if (extension_is_never_issued(tbs->extensions.items[i].oid))
			return false;
	return true;
}

/* -- purposes: their list was judged before -- */

static struct der open_purposes(const struct linted *tbs)
{
	const struct extension *extension = find(tbs, oid_ext_key_usage);
	struct der reader = der_open(extension ? extension->value : (struct bytes){ 0 });

	return extension ? der_enter(&reader, DER_SEQUENCE) : reader;
}

static size_t count_purpose(const struct linted *tbs, struct bytes oid)
{
	struct der list = open_purposes(tbs);
	size_t count = 0;

	while (list.rest.len > 0)
		count += bytes_equal(der_read(&list, DER_OID), oid) ? 1 : 0;
	return count;
}

static bool purposes_are_told_once(const struct linted *tbs)
{
	struct der list = open_purposes(tbs);

	while (list.rest.len > 0)
		if (count_purpose(tbs, der_read(&list, DER_OID)) > 1)
			return false;
	return true;
}

static bool any_purpose_is_not_critical(const struct linted *tbs)
{
	const struct extension *extension = find(tbs, oid_ext_key_usage);

	return !extension || !extension->critical || count_purpose(tbs, oid_any_ext_key_usage) == 0;
}

/* RFC 5280 4.2.1.12: one of these uses is consistent with the purpose. */
static const struct {
	const struct bytes *purpose;
	unsigned int uses;
} consistent[] = {
	{ &oid_server_auth, KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT },
	{ &oid_client_auth, KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT },
	{ &oid_code_signing, KU_DIGITAL_SIGNATURE },
	{ &oid_email_protection,
	  KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION | KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT },
	{ &oid_time_stamping, KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION },
	{ &oid_ocsp_signing, KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION },
};

static bool purpose_is_possible(struct bytes purpose, unsigned int uses)
{
	for (size_t i = 0; i < ARRAY_LEN(consistent); i++)
		if (bytes_equal(*consistent[i].purpose, purpose))
			return (uses & consistent[i].uses) != 0;
	return true; /* whose uses nobody here knows */
}

/* "If there is no purpose consistent with both extensions, then the certificate MUST NOT be used"
 */
static bool some_purpose_is_possible(const struct linted *tbs)
{
	struct der list = open_purposes(tbs);

	if (list.rest.len == 0)
		return true;
	while (list.rest.len > 0)
		if (purpose_is_possible(der_read(&list, DER_OID), tbs->key_usage))
			return true;
	return false;
}

static bool no_check_is_a_responders(const struct linted *tbs)
{
	return !find(tbs, oid_ocsp_no_check) || count_purpose(tbs, oid_ocsp_signing) == 1;
}

static bool crls_are_signed_by_cas(const struct linted *tbs)
{
	return tbs->is_ca || !(tbs->key_usage & KU_CRL_SIGN);
}

/* -- names -- */

static bool san_holds_email(const struct linted *tbs, const char *address)
{
	const struct extension *extension = find(tbs, oid_subject_alt_name);
	const struct san_entry wanted = { SAN_EMAIL, (char *)address };
	CLEANUP(san_done) struct san san = { 0 };

	return extension && san_parse(extension->value, &san, tbs->why) && san_holds(&san, &wanted);
}

static bool emails_are_in_san(const struct linted *tbs)
{
	for (size_t i = 0; i < tbs->subject.count; i++)
		if (tbs->subject.entries[i].attribute == NAME_EMAIL_ADDRESS &&
		    !san_holds_email(tbs, tbs->subject.entries[i].value))
			return false;
	return true;
}

static bool san_is_critical_for_a_reason(const struct linted *tbs)
{
	const struct extension *extension = find(tbs, oid_subject_alt_name);

	return !extension || !extension->critical || tbs->subject.count == 0;
}

/* -- policies and places -- */

static bool policies_are_sound(const struct linted *tbs)
{
	const struct extension *extension = find(tbs, oid_certificate_policies);

	return !extension || policies_are_legal(extension->value);
}

static bool is_uri(struct bytes value)
{
	CLEANUP(freep) char *text = bytes_to_string(value);

	return text && strlen(text) == value.len && uri_check(text, NULL);
}

/* DistributionPoint { distributionPoint [0] { fullName [0] { URI … } } }, and nothing else. */
static bool read_point(struct der *list)
{
	struct der point = der_enter(list, DER_SEQUENCE);
	struct der point_name = der_enter(&point, DER_CONTEXT_0);
	struct der full_name = der_enter(&point_name, DER_CONTEXT_0);

	if (full_name.rest.len == 0)
		return false;
	while (full_name.rest.len > 0)
		if (!is_uri(der_read(&full_name, GENERAL_NAME_URI)))
			return false;
	return der_at_end(&full_name) && der_at_end(&point_name) && der_at_end(&point);
}

static bool read_access(struct der *list)
{
	struct der access = der_enter(list, DER_SEQUENCE);

	return der_read(&access, DER_OID).len > 0 && is_uri(der_read(&access, GENERAL_NAME_URI)) &&
	       der_at_end(&access);
}

/* RFC 5280 4.2.1.13 and 4.2.2.1: neither is critical, and an empty list is none. */
static bool places_are_sound(const struct linted *tbs, struct bytes oid,
			     bool (*read)(struct der *list))
{
	const struct extension *extension = find(tbs, oid);
	struct der reader = der_open(extension ? extension->value : (struct bytes){ 0 });
	struct der list = der_enter(&reader, DER_SEQUENCE);

	if (!extension)
		return true;
	if (extension->critical || list.rest.len == 0)
		return false;
	while (list.rest.len > 0)
		if (!read(&list))
			return false;
	return der_at_end(&list) && der_at_end(&reader);
}

static bool crl_places_are_sound(const struct linted *tbs)
{
	return places_are_sound(tbs, oid_crl_distribution_points, read_point);
}

static bool access_places_are_sound(const struct linted *tbs)
{
	return places_are_sound(tbs, oid_authority_info_access, read_access);
}

const struct lint_rule lint_content_rules[] = {
	{ "extension_der", "an extension's value is not one DER element", "4.2", values_are_der },
	{ "extension_foreign", "an extension that is a CRL's, a log's or another kind of CA's",
	  "4.2", nothing_foreign_is_there },
	{ "ext_key_usage_twice", "names a purpose twice", "4.2.1.12", purposes_are_told_once },
	{ "ext_key_usage_any", "anyExtendedKeyUsage is critical", "4.2.1.12",
	  any_purpose_is_not_critical },
	{ "usages_agree", "the key usage leaves none of the extended ones possible", "4.2.1.12",
	  some_purpose_is_possible },
	{ "ocsp_no_check", "is not of an OCSP responder (RFC 6960 4.2.2.2.1)", "4.2",
	  no_check_is_a_responders },
	{ "crl_sign", "cRLSign without cA", "4.2.1.3", crls_are_signed_by_cas },
	{ "subject_email", "an emailAddress that is not in the SAN too", "4.1.2.6",
	  emails_are_in_san },
	{ "san_critical", "is critical beside a subject", "4.2.1.6", san_is_critical_for_a_reason },
	{ "certificate_policies", "are malformed, there twice, or have more than a CPS URI",
	  "4.2.1.4", policies_are_sound },
	{ "crl_distribution_points", "are malformed, empty, critical or not URIs", "4.2.1.13",
	  crl_places_are_sound },
	{ "authority_info_access", "is malformed, empty, critical or not of URIs", "4.2.2.1",
	  access_places_are_sound },
	{ 0 },
};
