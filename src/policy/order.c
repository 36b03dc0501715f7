#include "policy/policy.h"

#include "base/duration.h"
#include "pki/name_subtree.h"
#include "policy/grant_parts.h"
#include "policy/names.h"
#include "policy/rule.h"

#define KEY_ID_OCTETS_MAX 64 /* a SHA-512 of the key */
#define EKU_SERVER_AUTH "1.3.6.1.5.5.7.3.1"
#define EKU_CLIENT_AUTH "1.3.6.1.5.5.7.3.2"
#define EKU_OCSP_SIGNING "1.3.6.1.5.5.7.3.9"
#define EKU_CMC_RA "1.3.6.1.5.5.7.3.28"

/* What each purpose comes to. RFC 7030 3.6.1: an EST server's certificate names id-kp-cmcRA, so
 * that clients with explicit anchors accept it; 3.7: an RA is known by it. */
static const struct purpose {
	enum certificate_purpose purpose;
	bool is_ca;
	bool needs_subject, needs_san;
	bool tells_status; /* of what a CA issued, which may itself issue no more */
	unsigned int key_usage;
	size_t ext_key_usage_count;
	const char *ext_key_usages[2];
} purposes[] = {
	{ PURPOSE_RA,
	  false,
	  true,
	  false,
	  false,
	  KU_DIGITAL_SIGNATURE,
	  2,
	  { EKU_CLIENT_AUTH, EKU_CMC_RA } },
	{ PURPOSE_SERVER,
	  false,
	  false,
	  true,
	  false,
	  KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT,
	  2,
	  { EKU_SERVER_AUTH, EKU_CMC_RA } },
	{ PURPOSE_CA, true, true, false, false, KU_CA, 0, { NULL, NULL } },
	{ PURPOSE_OCSP,
	  false,
	  true,
	  false,
	  true,
	  KU_DIGITAL_SIGNATURE,
	  1,
	  { EKU_OCSP_SIGNING, NULL } },
};

static const struct purpose *find_purpose(enum certificate_purpose purpose)
{
	for (size_t i = 0; i < ARRAY_LEN(purposes); i++)
		if (purposes[i].purpose == purpose)
			return &purposes[i];
	return NULL;
}

static bool check_subject(const struct order *order, const struct purpose *purpose,
			  struct error *err)
{
	if (!order->subject || (purpose->needs_subject && order->subject->count == 0))
		return error_set(err, REASON_INVALID, "the certificate needs a subject");
	return true;
}

/* RFC 5280 4.1.2.6: a CA's subject stands in the very bytes that are its certificates' issuer. */
static bool check_subject_der(const struct order *order, struct error *err)
{
	CLEANUP(name_done) struct name written = { 0 };

	if (order->subject_der.len == 0)
		return true;
	return name_parse(order->subject_der, &written, err) &&
	       (name_equal(&written, order->subject) ||
		error_set(err, REASON_INVALID, "two subjects in one order"));
}

static bool check_san_entry(const struct san_entry *entry, struct error *err)
{
	if ((unsigned int)entry->type >= SAN_TYPE_COUNT)
		return error_set(err, REASON_SAN_RULE, "names of this type are never issued: %s",
				 entry->value);
	if (entry->type == SAN_DNS && entry->value[0] == '*' &&
	    !wildcard_is_well_formed(entry->value))
		return error_set(err, REASON_SAN_RULE, "dns \"%s\" is no wildcard to issue",
				 entry->value);
	return true;
}

static bool check_san(const struct order *order, const struct purpose *purpose, struct error *err)
{
	size_t count = order->san ? order->san->count : 0;

	if (purpose->needs_san && count == 0)
		return error_set(err, REASON_INVALID, "the certificate needs a subjectAltName");
	for (size_t i = 0; i < count; i++)
		if (!check_san_entry(&order->san->entries[i], err))
			return false;
	return true;
}

static bool check_key(const struct order *order, struct error *err)
{
	if (!order->key || (unsigned int)public_key_type(order->key) >= KEY_TYPE_COUNT)
		return error_set(err, REASON_KEY_INVALID, "there is no key to certify");
	if ((unsigned int)order->signature > SIGN_COUNT)
		return error_set(err, REASON_INVALID, "the unknown signature algorithm %d",
				 (int)order->signature);
	return true;
}

static bool check_time(const struct order *order, struct error *err)
{
	if (order->validity_seconds <= 0 || order->validity_seconds > DURATION_MAX)
		return error_set(err, REASON_INVALID, "a validity of %lld seconds",
				 (long long)order->validity_seconds);
	return true;
}

static bool check_operator(const struct order *order, struct error *err)
{
	if (!order->operator|| order->operator[0] == '\0')
		return error_set(err, REASON_INVALID, "nobody orders the certificate");
	return true;
}

/* Only a root signs itself. */
static bool check_issuer(const struct order *order, const struct purpose *purpose,
			 struct error *err)
{
	if (!order->ca && order->purpose == PURPOSE_CA)
		return true;
	if (purpose->tells_status)
		return issuer_check_status(order->ca, order->account_id, order->not_before, err);
	return issuer_check(order->ca, order->account_id, order->not_before, err);
}

/* RFC 5280 4.2.1.9: each CA below takes one from what its issuer may have below itself. */
static bool check_path_len(const struct order *order, struct error *err)
{
	if (order->path_len < -1)
		return error_set(err, REASON_INVALID, "a path length of %d", order->path_len);
	if (!order->ca || cert_path_len(order->ca->cert) < 0)
		return true;

	/* at a change of its key a CA issues to its own name, which is not counted */
	int below = cert_path_len(order->ca->cert) -
		    !name_equal(cert_subject(order->ca->cert), order->subject);
	if (order->path_len < 0 || order->path_len > below)
		return error_set(err, REASON_INVALID,
				 "the issuer's path length leaves at most %d below", below);
	return true;
}

static bool check_key_id(const struct order *order, struct error *err)
{
	return order->key_id.len <= KEY_ID_OCTETS_MAX ||
	       error_set(err, REASON_INVALID, "a key identifier of %zu octets", order->key_id.len);
}

static bool check_name_constraints(const struct order *order, struct error *err)
{
	return order->name_constraints.len == 0 ||
	       name_constraints_each(order->name_constraints, NULL, NULL) ||
	       error_set(err, REASON_INVALID, "malformed name constraints");
}

static bool check_order(const struct order *order, const struct purpose *purpose, struct error *err)
{
	return check_operator(order, err) && check_subject(order, purpose, err) &&
	       check_san(order, purpose, err) && check_key(order, err) && check_time(order, err) &&
	       check_issuer(order, purpose, err) &&
	       (!purpose->is_ca ||
		(check_subject_der(order, err) && check_key_id(order, err) &&
		 check_path_len(order, err) && check_name_constraints(order, err)));
}

static void set_origin(struct grant *grant, const struct order *order,
		       const struct purpose *purpose)
{
	grant->account_id = order->account_id;
	grant->ca_id = order->ca ? order->ca->id : 0;
	grant->is_ca = purpose->is_ca;
	grant->path_len = purpose->is_ca ? order->path_len : -1;
	grant->signature = order->signature;
}

static bool set_content(struct grant *grant, const struct order *order,
			const struct purpose *purpose, struct error *err)
{
	static const struct san no_san;
	struct validity validity = { order->not_before,
				     validity_last(order->not_before, order->validity_seconds) };

	grant_set_key(grant, order->key, purpose->key_usage);
	if (purpose->is_ca) {
		buffer_append(&grant->name_constraints, order->name_constraints);
		buffer_append(&grant->subject_der, order->subject_der);
		buffer_append(&grant->key_id, order->key_id);
	}
	if (!buffer_ok(&grant->name_constraints) || !buffer_ok(&grant->subject_der) ||
	    !buffer_ok(&grant->key_id))
		return error_set(err, REASON_NO_MEMORY, "grant");
	return grant_set_names(grant, order->subject, order->san ? order->san : &no_san, err) &&
	       grant_set_ext_key_usages(grant, purpose->ext_key_usages,
					purpose->ext_key_usage_count, err) &&
	       grant_set_validity(grant, validity, order->ca ? order->ca->cert : NULL, err) &&
	       grant_set_record(grant, order->operator, NULL, NULL, err);
}

bool policy_grant_order(const struct order *order, struct grant **ret, struct error *err)
{
	const struct purpose *purpose = find_purpose(order->purpose);
	CLEANUP(grant_freep) struct grant *grant = NULL;

	if (!purpose)
		return error_set(err, REASON_INVALID, "purpose %d is not for an operator to order",
				 (int)order->purpose);
	if (!check_order(order, purpose, err) || !grant_new(order->purpose, &grant, err))
		return false;
	set_origin(grant, order, purpose);
	if (!set_content(grant, order, purpose, err))
		return false;
	*ret = TAKE(grant);
	return true;
}
