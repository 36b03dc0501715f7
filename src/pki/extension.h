/* X.509 v3 extensions (RFC 5280 4.2): a list as it stands in a CSR or certificate, and the values
 * that Bestow writes. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#define EXTENSIONS_MAX 32

struct extension {
	struct bytes oid; /* contents octets */
	bool critical;
	struct bytes value; /* what the OCTET STRING holds */
};

/* Views into the parsed bytes. */
struct extensions {
	struct extension items[EXTENSIONS_MAX];
	size_t count;
};

/* Parses an `Extensions` SEQUENCE. The same OID twice, an empty value and more than EXTENSIONS_MAX
 * are REASON_EXTENSION_NOT_ALLOWED. */
MUST_CHECK bool extensions_parse(struct bytes der, struct extensions *ret, struct error *err);
const struct extension *extensions_find(const struct extensions *extensions, struct bytes oid);
void extension_write(struct buffer *to, struct bytes oid, bool critical, struct bytes value);

/* Bestow writes this extension from fields of its own, or never issues it. */
bool extension_is_reserved(struct bytes oid);
/* It is in no certificate of ours, whoever asks. */
bool extension_is_never_issued(struct bytes oid);

/* OID contents octets. */
extern const struct bytes oid_basic_constraints, oid_key_usage, oid_ext_key_usage,
	oid_subject_alt_name, oid_subject_key_id, oid_authority_key_id, oid_crl_distribution_points,
	oid_authority_info_access, oid_certificate_policies, oid_name_constraints;
/* Extended key usages. */
extern const struct bytes oid_server_auth, oid_client_auth, oid_code_signing, oid_email_protection,
	oid_time_stamping, oid_ocsp_signing, oid_cmc_ra, oid_any_ext_key_usage;

/* Key usage as a bit set: bit n of RFC 5280 4.2.1.3 is 1 << n. */
enum key_usage {
	KU_DIGITAL_SIGNATURE = 1 << 0,
	KU_NON_REPUDIATION = 1 << 1,
	KU_KEY_ENCIPHERMENT = 1 << 2,
	KU_DATA_ENCIPHERMENT = 1 << 3,
	KU_KEY_AGREEMENT = 1 << 4,
	KU_KEY_CERT_SIGN = 1 << 5,
	KU_CRL_SIGN = 1 << 6,
	KU_ENCIPHER_ONLY = 1 << 7,
	KU_DECIPHER_ONLY = 1 << 8,
};

const char *key_usage_text(enum key_usage bit); /* "digitalSignature" …; NULL for none of them */
unsigned int key_usage_by_text(const char *text); /* 0 when unknown */

/* Extension values, without the Extension wrapping. */
void key_usage_encode(unsigned int bits, struct buffer *ret);
MUST_CHECK bool key_usage_parse(struct bytes value, unsigned int *ret, struct error *err);
void basic_constraints_encode(bool is_ca, int path_len, struct buffer *ret); /* path_len -1: none */
MUST_CHECK bool basic_constraints_parse(struct bytes value, bool *ret_is_ca, int *ret_path_len,
					struct error *err);
void key_id_encode(struct bytes key_id, struct buffer *ret); /* subjectKeyIdentifier */
void authority_key_id_encode(struct bytes key_id,
			     struct buffer *ret); /* authorityKeyIdentifier, keyid only */
void crl_distribution_point_encode(const char *uri, struct buffer *ret);
/* The same list in several places: one distribution point with a name for each. */
void crl_distribution_points_encode(const char *const *uris, size_t count, struct buffer *ret);
void authority_info_access_encode(const char *ocsp_uri, const char *ca_issuers_uri,
				  struct buffer *ret); /* NULL skips */
/* Several of each; OCSP first. */
struct access_urls {
	const char *const *ocsp, *const *ca_issuers;
	size_t ocsp_count, ca_issuers_count;
};
void authority_info_accesses_encode(const struct access_urls *urls, struct buffer *ret);
