#include "pki/der.h"
#include "pki/lint_rules.h"

#define VERSION_3 2
#define SIGN_BIT 0x80

static bool version_is_3(const struct linted *tbs)
{
	return tbs->version == VERSION_3;
}

static bool serial_is_positive(const struct linted *tbs)
{
	struct bytes serial = tbs->serial;

	if (serial.len == 0 || serial.len > CERT_SERIAL_MAX || serial.data[0] & SIGN_BIT)
		return false;
	if (serial.data[0] == 0)
		return serial.len > 1 && serial.data[1] & SIGN_BIT;
	return true;
}

/* -- the signature -- */

static bool signs_with(enum signature_algorithm algorithm, enum key_type type)
{
	switch (algorithm) {
	case SIGN_RSA_SHA256:
	case SIGN_RSA_SHA384:
	case SIGN_RSA_SHA512:
	case SIGN_RSA_PSS_SHA256:
	case SIGN_RSA_PSS_SHA384:
	case SIGN_RSA_PSS_SHA512:
		return type == KEY_RSA;
	case SIGN_ECDSA_SHA256:
	case SIGN_ECDSA_SHA384:
	case SIGN_ECDSA_SHA512:
		return type == KEY_P256 || type == KEY_P384 || type == KEY_P521;
	case SIGN_ED25519:
		return type == KEY_ED25519;
	case SIGN_COUNT:
		return false;
	}
	return false;
}

static bool key_is_sound(const struct linted *tbs)
{
	return tbs->key != NULL;
}

static bool algorithm_fits_signer(const struct linted *tbs)
{
	bool is_weak;

	if (tbs->issuer && !cert_check_key(tbs->issuer, tbs->why))
		return false;
	const struct public_key *signer = tbs->issuer ? cert_key(tbs->issuer) : tbs->key;
	return signs_with(signature_algorithm_parse(tbs->algorithm, &is_weak),
			  public_key_type(signer));
}

/* -- the issuer -- */

static bool issuer_may_sign(const struct linted *tbs)
{
	return !tbs->issuer || cert_is_ca(tbs->issuer);
}

static bool issuer_is_named(const struct linted *tbs)
{
	struct bytes name = tbs->issuer ? cert_subject_der(tbs->issuer) : tbs->subject_der;
	static const struct bytes empty_name = BYTES_LITERAL("\x30\x00");

	return bytes_equal(tbs->issuer_der, name) && !bytes_equal(name, empty_name);
}

/* -- the validity -- */

static bool validity_is_forward(const struct linted *tbs)
{
	return tbs->not_before < tbs->not_after;
}

static bool validity_is_inside_issuers(const struct linted *tbs)
{
	return !tbs->issuer || (tbs->not_before >= cert_not_before(tbs->issuer) &&
				tbs->not_after <= cert_not_after(tbs->issuer));
}

static bool validity_is_canonical(const struct linted *tbs)
{
	size_t begun = der_begin(tbs->canonical, DER_SEQUENCE);

	der_write_time(tbs->canonical, tbs->not_before);
	der_write_time(tbs->canonical, tbs->not_after);
	der_end(tbs->canonical, begun);
	return canonical_is(tbs, tbs->validity);
}

/* -- the subject -- */

static bool subject_is_legal(const struct linted *tbs)
{
	return tbs->subject_is_legal;
}

/* A CA that exists writes its name in string types of its own, and must go on doing so. */
static bool subject_is_canonical(const struct linted *tbs)
{
	if (tbs->is_ca)
		return true;
	return name_encode(&tbs->subject, tbs->canonical, tbs->why) &&
	       canonical_is(tbs, tbs->subject_der);
}

static bool subject_is_there(const struct linted *tbs)
{
	const struct extension *san = extensions_find(&tbs->extensions, oid_subject_alt_name);

	return tbs->subject.count > 0 || (!tbs->is_ca && san && san->critical);
}

const struct lint_rule lint_field_rules[] = {
	{ "version", "is not 3", "4.1.2.1", version_is_3 },
	{ "serial", "is not positive, minimal and of at most 20 octets", "4.1.2.2",
	  serial_is_positive },
	{ "key", "is not sound", "4.1.2.7", key_is_sound },
	{ "signature_algorithm", "is weak, or not of the signing key's kind", "4.1.2.3",
	  algorithm_fits_signer },
	{ "issuer_ca", "the issuer is no CA", "4.2.1.9", issuer_may_sign },
	{ "issuer_name", "differs from the issuer's subject, or is empty", "4.1.2.4",
	  issuer_is_named },
	{ "validity", "ends before it begins", "4.1.2.5", validity_is_forward },
	{ "validity_form", "is not UTCTime up to 2049 and GeneralizedTime after", "4.1.2.5",
	  validity_is_canonical },
	{ "validity_nesting", "is not inside the issuer's", "6.1", validity_is_inside_issuers },
	{ "subject", "is not a legal name", "4.1.2.6", subject_is_legal },
	{ "subject_form", "is not DER, or in other string types than ours", "4.1.2.4",
	  subject_is_canonical },
	{ "subject_empty", "is empty without a critical subjectAltName", "4.1.2.6",
	  subject_is_there },
	{ 0 },
};
