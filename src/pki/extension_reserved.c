/* Extensions that no profile may write by their bytes: those that Bestow writes from fields of its
 * own, and those that would change what a certificate is. */
#include "pki/extension.h"

#include "pki/ocsp_oid.h"

#define ID_CE "\x55\x1d"                                    /* 2.5.29 */
#define ID_PKIX "\x2b\x06\x01\x05\x05\x07"                  /* 1.3.6.1.5.5.7 */
#define TRANSPARENCY "\x2b\x06\x01\x04\x01\xd6\x79\x02\x04" /* 1.3.6.1.4.1.11129.2.4 */

static const struct bytes id_crl_number = BYTES_LITERAL(ID_CE "\x14");
static const struct bytes id_delta_crl = BYTES_LITERAL(ID_CE "\x1b");
static const struct bytes id_policy_mappings = BYTES_LITERAL(ID_CE "\x21");
static const struct bytes id_policy_constraints = BYTES_LITERAL(ID_CE "\x24");
static const struct bytes id_freshest_crl = BYTES_LITERAL(ID_CE "\x2e");
static const struct bytes id_inhibit_any_policy = BYTES_LITERAL(ID_CE "\x36");
static const struct bytes id_proxy_certificate = BYTES_LITERAL(ID_PKIX "\x01\x0e");
static const struct bytes id_sct_list = BYTES_LITERAL(TRANSPARENCY "\x02");
static const struct bytes id_ct_poison = BYTES_LITERAL(TRANSPARENCY "\x03");

/* Written by Bestow, each from a field of its own, where it belongs. */
static const struct bytes *const written[] = {
	&oid_basic_constraints,       &oid_key_usage,
	&oid_ext_key_usage,           &oid_subject_alt_name,
	&oid_subject_key_id,          &oid_authority_key_id,
	&oid_crl_distribution_points, &oid_authority_info_access,
	&oid_certificate_policies,    &oid_name_constraints,
	&oid_ocsp_no_check,           &id_freshest_crl
};

/* A CRL's, a log's, or another kind of CA's to say. */
static const struct bytes *const foreign[] = { &id_crl_number,         &id_delta_crl,
					       &id_policy_mappings,    &id_policy_constraints,
					       &id_inhibit_any_policy, &id_proxy_certificate,
					       &id_sct_list,           &id_ct_poison };

static bool is_among(const struct bytes *const *list, size_t count, struct bytes oid)
{
	for (size_t i = 0; i < count; i++)
		if (bytes_equal(*list[i], oid))
			return true;
	return false;
}

bool extension_is_never_issued(struct bytes oid)
{
	return is_among(foreign, ARRAY_LEN(foreign), oid);
}

bool extension_is_reserved(struct bytes oid)
{
	return is_among(written, ARRAY_LEN(written), oid) || extension_is_never_issued(oid);
}
