#include "pki/der.h"
#include "pki/lint_rules.h"
#include "pki/name_subtree.h"

#define KU_FOR_AGREEMENT (KU_KEY_AGREEMENT | KU_ENCIPHER_ONLY | KU_DECIPHER_ONLY)
#define KU_FOR_ENCIPHERMENT (KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT)

static const struct extension *find(const struct linted *tbs, struct bytes oid)
{
	return extensions_find(&tbs->extensions, oid);
}

/* -- the list -- */

static bool list_is_legal(const struct linted *tbs)
{
	return tbs->extensions_are_legal;
}

static bool list_is_canonical(const struct linted *tbs)
{
	for (size_t i = 0; i < tbs->extensions.count; i++) {
		const struct extension *extension = &tbs->extensions.items[i];

		extension_write(tbs->canonical, extension->oid, extension->critical,
				extension->value);
	}
	return canonical_is(tbs, tbs->extensions_der);
}

/* -- key identifiers -- */

static struct bytes subject_key_id(const struct linted *tbs)
{
	const struct extension *extension = find(tbs, oid_subject_key_id);
	struct der reader = der_open(extension ? extension->value : (struct bytes){ 0 });

	return der_read(&reader, DER_OCTET_STRING);
}

static bool ca_has_key_id(const struct linted *tbs)
{
	return !tbs->is_ca || subject_key_id(tbs).len > 0;
}

/* A self-signed certificate may leave it out. An issuer without an identifier, such as an imported
 * CA of old, has none to hold it against. */
static bool authority_key_id_is_issuers(const struct linted *tbs)
{
	const struct extension *extension = find(tbs, oid_authority_key_id);
	struct bytes signer = tbs->issuer ? cert_subject_key_id(tbs->issuer) : subject_key_id(tbs);

	if (tbs->issuer && signer.len == 0)
		return true;
	if (!extension)
		return !tbs->issuer;
	authority_key_id_encode(signer, tbs->canonical);
	return signer.len > 0 && canonical_is(tbs, extension->value);
}

static bool key_ids_are_not_critical(const struct linted *tbs)
{
	const struct extension *subject = find(tbs, oid_subject_key_id);
	const struct extension *authority = find(tbs, oid_authority_key_id);

	return !(subject && subject->critical) && !(authority && authority->critical);
}

/* -- key usage -- */

static bool key_usage_is_there(const struct linted *tbs)
{
	const struct extension *extension = find(tbs, oid_key_usage);

	key_usage_encode(tbs->key_usage, tbs->canonical);
	return extension && tbs->key_usage != 0 && canonical_is(tbs, extension->value);
}

/* RFC 3279 2.3, RFC 8410 5, RFC 8813 3: an RSA key agrees on nothing, an elliptic one enciphers
 * nothing, and Ed25519 only signs. */
static bool key_usage_fits_key(const struct linted *tbs)
{
	static const unsigned int impossible[KEY_TYPE_COUNT] = {
		[KEY_RSA] = KU_FOR_AGREEMENT,
		[KEY_P256] = KU_FOR_ENCIPHERMENT,
		[KEY_P384] = KU_FOR_ENCIPHERMENT,
		[KEY_P521] = KU_FOR_ENCIPHERMENT,
		[KEY_ED25519] = KU_FOR_ENCIPHERMENT | KU_FOR_AGREEMENT,
	};

	return !(tbs->key_usage & impossible[public_key_type(tbs->key)]);
}

static bool enciphering_only_needs_agreement(const struct linted *tbs)
{
	return tbs->key_usage & KU_KEY_AGREEMENT ||
	       !(tbs->key_usage & (KU_ENCIPHER_ONLY | KU_DECIPHER_ONLY));
}

static bool ca_signs_certificates(const struct linted *tbs)
{
	return tbs->is_ca == ((tbs->key_usage & KU_KEY_CERT_SIGN) != 0);
}

/* -- basic constraints -- */

static bool constraints_are_canonical(const struct linted *tbs)
{
	const struct extension *extension = find(tbs, oid_basic_constraints);

	basic_constraints_encode(tbs->is_ca, tbs->path_len, tbs->canonical);
	return !extension || canonical_is(tbs, extension->value);
}

static bool ca_is_critical(const struct linted *tbs)
{
	return !tbs->is_ca || find(tbs, oid_basic_constraints)->critical;
}

static bool path_len_is_a_cas(const struct linted *tbs)
{
	return tbs->path_len < 0 || tbs->is_ca;
}

/* RFC 5280 4.2.1.9: what a CA issues to its own name, at a change of its key, is not counted. */
static bool path_len_is_kept(const struct linted *tbs)
{
	int above = tbs->issuer ? cert_path_len(tbs->issuer) : -1;

	if (!tbs->is_ca || above < 0 || bytes_equal(tbs->issuer_der, tbs->subject_der))
		return true;
	return above > 0 && tbs->path_len < above;
}

/* -- names and purposes -- */

static bool name_constraints_are_a_cas(const struct linted *tbs)
{
	const struct extension *extension = find(tbs, oid_name_constraints);

	return !extension || (tbs->is_ca && extension->critical &&
			      name_constraints_each(extension->value, NULL, NULL));
}

static bool ext_key_usage_is_not_empty(const struct linted *tbs)
{
	const struct extension *extension = find(tbs, oid_ext_key_usage);
	struct der reader = der_open(extension ? extension->value : (struct bytes){ 0 });
	struct der list = der_enter(&reader, DER_SEQUENCE);
	size_t count = 0;

	if (!extension)
		return true;
	for (; list.rest.len > 0; count++)
		if (der_read(&list, DER_OID).len == 0)
			return false;
	return count > 0 && der_at_end(&list) && der_at_end(&reader);
}

static bool san_is_canonical(const struct linted *tbs)
{
	CLEANUP(san_done) struct san san = { 0 };
	const struct extension *extension = find(tbs, oid_subject_alt_name);

	if (!extension)
		return true;
	return san_parse(extension->value, &san, tbs->why) &&
	       san_encode(&san, tbs->canonical, tbs->why) && canonical_is(tbs, extension->value);
}

const struct lint_rule lint_extension_rules[] = {
	{ "extensions", "are missing, malformed, empty or there twice", "4.2", list_is_legal },
	{ "extensions_form", "are not DER: an explicit default", "4.2", list_is_canonical },
	{ "authority_key_id", "is not the issuer's key identifier", "4.2.1.1",
	  authority_key_id_is_issuers },
	{ "subject_key_id", "is missing in a CA", "4.2.1.2", ca_has_key_id },
	{ "key_id_critical", "a key identifier is critical", "4.2.1.1", key_ids_are_not_critical },
	{ "key_usage", "is missing, empty or not DER", "4.2.1.3", key_usage_is_there },
	{ "key_usage_key", "has a use that the key cannot be put to", "4.2.1.3",
	  key_usage_fits_key },
	{ "key_usage_agreement", "encipherOnly and decipherOnly need keyAgreement", "4.2.1.3",
	  enciphering_only_needs_agreement },
	{ "basic_constraints", "are not DER", "4.2.1.9", constraints_are_canonical },
	{ "ca", "cA without keyCertSign, or keyCertSign without cA", "4.2.1.9",
	  ca_signs_certificates },
	{ "ca_critical", "basicConstraints of a CA are not critical", "4.2.1.9", ca_is_critical },
	{ "path_len", "is there without cA", "4.2.1.9", path_len_is_a_cas },
	{ "path_len_kept", "is not below the issuer's", "4.2.1.9", path_len_is_kept },
	{ "name_constraints", "are malformed, not critical, or not a CA's", "4.2.1.10",
	  name_constraints_are_a_cas },
	{ "ext_key_usage", "is empty or malformed", "4.2.1.12", ext_key_usage_is_not_empty },
	{ "san", "is empty, malformed or not DER", "4.2.1.6", san_is_canonical },
	{ 0 },
};
