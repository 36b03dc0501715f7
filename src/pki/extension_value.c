#include "pki/der.h"
#include "pki/extension.h"

#define GENERAL_NAME_URI (DER_CONTEXT_PRIMITIVE_0 + 6)

static const unsigned char id_ad_ocsp[] = "\x2b\x06\x01\x05\x05\x07\x30\x01";
static const unsigned char id_ad_ca_issuers[] = "\x2b\x06\x01\x05\x05\x07\x30\x02";

/* RFC 5280 4.2.1.9; X.690 11.5 leaves out a cA of FALSE. */
void basic_constraints_encode(bool is_ca, int path_len, struct buffer *ret)
{
	size_t begun = der_begin(ret, DER_SEQUENCE);

	if (is_ca)
		der_write_boolean(ret, true);
	if (path_len >= 0)
		der_write_small(ret, (uint32_t)path_len);
	der_end(ret, begun);
}

bool basic_constraints_parse(struct bytes value, bool *ret_is_ca, int *ret_path_len,
			     struct error *err)
{
	struct der reader = der_open(value);
	struct der fields = der_enter(&reader, DER_SEQUENCE);
	bool is_ca = false;
	int path_len = -1;

	if (der_next_is(&fields, DER_BOOLEAN))
		is_ca = der_read_boolean(&fields);
	if (der_next_is(&fields, DER_INTEGER))
		path_len = (int)der_read_small(&fields);
	if (!der_at_end(&fields) || !der_at_end(&reader))
		return error_set(err, REASON_EXTENSION_NOT_ALLOWED, "malformed basicConstraints");
	*ret_is_ca = is_ca;
	*ret_path_len = path_len;
	return true;
}

void key_id_encode(struct bytes key_id, struct buffer *ret)
{
	der_write(ret, DER_OCTET_STRING, key_id);
}

void authority_key_id_encode(struct bytes key_id, struct buffer *ret)
{
	size_t begun = der_begin(ret, DER_SEQUENCE);

	der_write(ret, DER_CONTEXT_PRIMITIVE_0, key_id);
	der_end(ret, begun);
}

/* RFC 5280 4.2.1.13: one DistributionPoint { distributionPoint [0] { fullName [0] { URI … } } } */
void crl_distribution_points_encode(const char *const *uris, size_t count, struct buffer *ret)
{
	size_t points = der_begin(ret, DER_SEQUENCE);
	size_t point = der_begin(ret, DER_SEQUENCE);
	size_t point_name = der_begin(ret, DER_CONTEXT_0);
	size_t full_name = der_begin(ret, DER_CONTEXT_0);

	for (size_t i = 0; i < count; i++)
		der_write(ret, GENERAL_NAME_URI, bytes_of_string(uris[i]));
	der_end(ret, full_name);
	der_end(ret, point_name);
	der_end(ret, point);
	der_end(ret, points);
}

void crl_distribution_point_encode(const char *uri, struct buffer *ret)
{
	crl_distribution_points_encode(&uri, 1, ret);
}

static void write_access(struct buffer *to, struct bytes method, const char *uri)
{
	size_t begun = der_begin(to, DER_SEQUENCE);
	der_write_oid(to, method);
	der_write(to, GENERAL_NAME_URI, bytes_of_string(uri));
	der_end(to, begun);
}

void authority_info_accesses_encode(const struct access_urls *urls, struct buffer *ret)
{
	static const struct bytes ocsp = { id_ad_ocsp, sizeof id_ad_ocsp - 1 };
	static const struct bytes ca_issuers = { id_ad_ca_issuers, sizeof id_ad_ca_issuers - 1 };
	size_t begun = der_begin(ret, DER_SEQUENCE);

	for (size_t i = 0; i < urls->ocsp_count; i++)
		write_access(ret, ocsp, urls->ocsp[i]);
	for (size_t i = 0; i < urls->ca_issuers_count; i++)
		write_access(ret, ca_issuers, urls->ca_issuers[i]);
	der_end(ret, begun);
}

void authority_info_access_encode(const char *ocsp_uri, const char *ca_issuers_uri,
				  struct buffer *ret)
{
	const struct access_urls urls = {
		.ocsp = &ocsp_uri,
		.ca_issuers = &ca_issuers_uri,
		.ocsp_count = ocsp_uri ? 1 : 0,
		.ca_issuers_count = ca_issuers_uri ? 1 : 0,
	};

	authority_info_accesses_encode(&urls, ret);
}
