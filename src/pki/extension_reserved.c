/* Extensions that no profile may write by their bytes: those that Bestow writes from fields of its
 * own, and those that would change what a certificate is. */
#include "pki/extension.h"

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
static const struct bytes id_ocsp_no_check = BYTES_LITERAL(ID_PKIX "\x30\x01\x05");
static const struct bytes id_sct_list = BYTES_LITERAL(TRANSPARENCY "\x02");
static const struct bytes id_ct_poison = BYTES_LITERAL(TRANSPARENCY "\x03");

static const struct bytes *const reserved[] = {
	/* written by Bestow */
	&oid_basic_constraints, &oid_key_usage, &oid_ext_key_usage, &oid_subject_alt_name,
	&oid_subject_key_id, &oid_authority_key_id, &oid_crl_distribution_points,
	&oid_authority_info_access, &oid_certificate_policies,
	/* a CA's, a CRL's, or somebody else's to say */
	&oid_name_constraints, &id_crl_number, &id_delta_crl, &id_policy_mappings,
	&id_policy_constraints, &id_freshest_crl, &id_inhibit_any_policy, &id_proxy_certificate,
	&id_ocsp_no_check, &id_sct_list, &id_ct_poison
};

bool extension_is_reserved(struct bytes oid)
{
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
		if (bytes_equal(*reserved[i], oid))
			return true;
	return false;
}
