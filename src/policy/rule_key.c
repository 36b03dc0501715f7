#include "policy/rule.h"

#define KU_RSA_NEVER (KU_KEY_AGREEMENT | KU_ENCIPHER_ONLY | KU_DECIPHER_ONLY)
#define KU_EC_NEVER (KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT)
#define KU_ED25519_NEVER (KU_RSA_NEVER | KU_EC_NEVER)

unsigned int key_usage_for(unsigned int usage, enum key_type type)
{
	switch (type) {
	case KEY_RSA:
		return usage & ~(unsigned int)KU_RSA_NEVER;
	case KEY_P256:
	case KEY_P384:
	case KEY_P521:
		return usage & ~(unsigned int)KU_EC_NEVER;
	case KEY_ED25519:
		return usage & ~(unsigned int)KU_ED25519_NEVER;
	case KEY_TYPE_COUNT:
		break;
	}
	return 0;
}

static bool check_type(const struct profile *profile, enum key_type type, struct error *err)
{
	if ((unsigned int)type >= KEY_TYPE_COUNT)
		return error_set(err, REASON_KEY_TYPE_NOT_ALLOWED, "a key of the unknown type %d",
				 (int)type);
	if (!profile->key_allowed[type])
		return error_set(err, REASON_KEY_TYPE_NOT_ALLOWED,
				 "the profile does not take %s keys", key_type_text(type));
	return true;
}

static bool check_rsa_bits(const struct profile *profile, unsigned int bits, struct error *err)
{
	if (bits < profile->rsa_bits_min)
		return error_set(err, REASON_KEY_TOO_WEAK, "RSA of %u bits; the minimum is %u",
				 bits, profile->rsa_bits_min);
	if (bits > profile->rsa_bits_max)
		return error_set(err, REASON_KEY_TYPE_NOT_ALLOWED,
				 "RSA of %u bits; the maximum is %u", bits, profile->rsa_bits_max);
	return true;
}

/* A certificate whose key may do nothing would be issued for nothing. */
static bool check_usage_is_left(const struct profile *profile, enum key_type type,
				struct error *err)
{
	if (key_usage_for(profile->key_usage & ~(unsigned int)KU_CA, type) == 0)
		return error_set(err, REASON_KEY_TYPE_NOT_ALLOWED,
				 "the profile's key usage is nothing that a %s key can do",
				 key_type_text(type));
	return true;
}

/* The request's key, or what will be one. */
static bool find_key(const struct facts *facts, struct key_to_make *ret, struct error *err)
{
	const struct public_key *key = facts->csr ? csr_key(facts->csr) : NULL;

	if (facts->key_to_make) {
		*ret = *facts->key_to_make;
		return true;
	}
	if (!key)
		return error_set(err, REASON_KEY_INVALID, "there is no key to certify");
	*ret = (struct key_to_make){ public_key_type(key), public_key_bits(key) };
	return true;
}

bool rule_key(struct decision *decision, struct error *err)
{
	const struct profile *profile = decision->profile;

	struct key_to_make key;

	if (!find_key(decision->facts, &key, err) || !check_type(profile, key.type, err))
		return false;
	if (key.type == KEY_RSA && !check_rsa_bits(profile, key.bits, err))
		return false;
	decision_note(decision, "%s, %u bits", key_type_text(key.type), key.bits);
	return check_usage_is_left(profile, key.type, err);
}
