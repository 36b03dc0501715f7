#include "pki/chain_rule.h"

#include "base/clock.h"
#include "pki/name_constraints.h"

#define OID(text)                                                                                  \
	{                                                                                          \
		(const unsigned char *)(text), sizeof(text) - 1                                    \
	}
#define POLICY_EXTENSION_MAX 8192 /* octets: none that is meant seriously comes near */

/* Policies are known and not judged: we ask of a path who vouches, not under which policy, so the
 * tree of RFC 5280 6.1.2 (a), which can be made to grow without bound, is never built. */
static const struct bytes policy_oids[] = {
	OID("\x55\x1d\x20"), /* certificatePolicies */
	OID("\x55\x1d\x21"), /* policyMappings */
	OID("\x55\x1d\x24"), /* policyConstraints */
	OID("\x55\x1d\x36"), /* inhibitAnyPolicy */
};

/* What may be critical because it is judged here or by the caller. */
static const struct bytes *const known_oids[] = {
	&oid_basic_constraints,     &oid_key_usage,
	&oid_ext_key_usage,         &oid_subject_alt_name,
	&oid_subject_key_id,        &oid_authority_key_id,
	&oid_name_constraints,      &oid_crl_distribution_points,
	&oid_authority_info_access,
};

static bool is_policy(struct bytes oid)
{
	for (size_t i = 0; i < ARRAY_LEN(policy_oids); i++)
		if (bytes_equal(policy_oids[i], oid))
			return true;
	return false;
}

static bool is_known(struct bytes oid)
{
	for (size_t i = 0; i < ARRAY_LEN(known_oids); i++)
		if (bytes_equal(*known_oids[i], oid))
			return true;
	return is_policy(oid);
}

bool chain_extensions_check(const struct cert *cert, struct error *err)
{
	const struct extensions *extensions = cert_extensions(cert);

	for (size_t i = 0; i < extensions->count; i++) {
		const struct extension *extension = &extensions->items[i];

		if (extension->critical && !is_known(extension->oid))
			return error_set(err, REASON_CLIENT_CERT_INVALID,
					 "an unknown critical extension (RFC 5280 4.2)");
		if (is_policy(extension->oid) && extension->value.len > POLICY_EXTENSION_MAX)
			return error_set(err, REASON_CLIENT_CERT_INVALID,
					 "a policy extension of %zu octets", extension->value.len);
	}
	return true;
}

bool chain_signature_check(const struct cert *cert, struct error *err)
{
	if (cert_signature_is_weak(cert))
		return error_set(err, REASON_CLIENT_CERT_WEAK,
				 "a certificate is signed with MD5 or SHA-1");
	if (cert_signature_algorithm(cert) == SIGN_COUNT)
		return error_set(err, REASON_CLIENT_CERT_INVALID,
				 "a certificate is signed with an algorithm that is not taken");
	return true;
}

bool chain_key_check(const struct cert *cert, struct error *err)
{
	struct error why = { 0 };

	if (cert_check_key(cert, &why))
		return true;
	if (why.reason == REASON_NO_MEMORY || why.reason == REASON_CRYPTO)
		return error_set(err, why.reason, "%s", why.detail);
	bool is_weak = why.reason == REASON_KEY_TOO_WEAK || why.reason == REASON_KEY_BLOCKLISTED;
	return error_set(err, is_weak ? REASON_CLIENT_CERT_WEAK : REASON_CLIENT_CERT_INVALID,
			 "a certificate's key: %s", why.detail);
}

/* -- a whole path -- */

static bool check_validity(const struct cert *ca, int64_t now, struct error *err)
{
	char text[TIME_TEXT_MAX];

	if (now > cert_not_after(ca))
		return error_set(err, REASON_UNTRUSTED_ISSUER, "a CA of the path expired at %s",
				 time_to_text(cert_not_after(ca), text));
	if (now < cert_not_before(ca))
		return error_set(err, REASON_UNTRUSTED_ISSUER,
				 "a CA of the path is not valid before %s",
				 time_to_text(cert_not_before(ca), text));
	return true;
}

/* RFC 5280 6.1.4 (l), (m): self-issued certificates, and the leaf, do not count. */
static bool check_path_length(const struct chain_path *path, size_t place, struct error *err)
{
	int limit = cert_path_len(path->certs[place]);
	int below = 0;

	for (size_t i = 1; i < place; i++)
		below += !cert_is_self_issued(path->certs[i]);
	if (limit >= 0 && below > limit)
		return error_set(err, REASON_CLIENT_CERT_INVALID,
				 "%d CAs below one whose path length is %d", below, limit);
	return true;
}

/* RFC 5280 6.1.3 (b), (c): self-issued certificates are spared, unless they are the leaf. */
static bool check_names_below(const struct chain_path *path, size_t place, unsigned int *work,
			      struct error *err)
{
	for (size_t i = 0; i < place; i++) {
		if (i > 0 && cert_is_self_issued(path->certs[i]))
			continue;
		if (!name_constraints_check(path->certs[place], path->certs[i], work, err))
			return false;
	}
	return true;
}

bool chain_path_check(const struct chain_path *path, int64_t now, struct error *err)
{
	unsigned int work = NAME_CONSTRAINTS_WORK_MAX;

	if (!chain_extensions_check(path->certs[0], err))
		return false;
	for (size_t place = 1; place < path->count; place++)
		if (!chain_extensions_check(path->certs[place], err) ||
		    !check_validity(path->certs[place], now, err) ||
		    !check_path_length(path, place, err) ||
		    !check_names_below(path, place, &work, err))
			return false;
	return true;
}
