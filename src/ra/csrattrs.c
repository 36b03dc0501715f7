#include "ra/csrattrs.h"

#include "pki/csr_attrs.h"

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

bool csrattrs_of_profile(const struct profile *profile, struct buffer *ret, struct error *err)
{
	const enum key_type type = only_key_type(profile);
	const struct csr_attrs attrs = {
		/* RFC 7030 3.5: a server that wants the binding lists challengePassword */
		.challenge_password = profile->binding == BINDING_REQUIRED ||
				      profile->challenge == CHALLENGE_IS_PASSPHRASE,
		.extensions = &oid_subject_alt_name,
		.extension_count = wants_san(profile) ? 1 : 0,
		.key_type = type,
		.key_bits = type == KEY_RSA ? profile->rsa_bits_min : 0,
		.signature = SIGN_COUNT,
	};

	if (!attrs.challenge_password && attrs.extension_count == 0 && type == KEY_TYPE_COUNT)
		return true;
	return csr_attrs_encode(&attrs, ret, err);
}
