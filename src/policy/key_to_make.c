#include "policy/policy.h"

/* Small and quick first. */
static const enum key_type preferred[] = { KEY_P256, KEY_P384, KEY_P521, KEY_ED25519, KEY_RSA };

static enum key_type first_allowed(const struct profile *profile)
{
	for (size_t i = 0; i < ARRAY_LEN(preferred); i++)
		if (profile->key_allowed[preferred[i]])
			return preferred[i];
	return KEY_TYPE_COUNT;
}

static unsigned int within_bounds(const struct profile *profile, unsigned int bits)
{
	if (bits < profile->rsa_bits_min)
		return profile->rsa_bits_min;
	return bits > profile->rsa_bits_max ? profile->rsa_bits_max : bits;
}

void policy_key_to_make(const struct profile *profile, const struct csr *csr,
			struct key_to_make *ret)
{
	unsigned int bits = 0;
	enum key_type type = csr_key_wish(csr, &bits);

	if (type >= KEY_TYPE_COUNT || !profile->key_allowed[type])
		type = first_allowed(profile);
	*ret = (struct key_to_make){ type, type == KEY_RSA ? within_bounds(profile, bits) : 0 };
}
