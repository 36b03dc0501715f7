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

/* RFC 5280 4.2.1.13: one DistributionPoint { distributionPoint [0] { fullName [0] { URI } } } */
void crl_distribution_point_encode(const char *uri, struct buffer *ret)
{
	size_t points = der_begin(ret, DER_SEQUENCE);
	size_t point = der_begin(ret, DER_SEQUENCE);
	size_t point_name = der_begin(ret, DER_CONTEXT_0);
	size_t full_name = der_begin(ret, DER_CONTEXT_0);

	der_write(ret, GENERAL_NAME_URI, bytes_of_string(uri));
	der_end(ret, full_name);
	der_end(ret, point_name);
	der_end(ret, point);
	der_end(ret, points);
}

static void write_access(struct buffer *to, struct bytes method, const char *uri)
{
	if (!uri)
		return;

	size_t begun = der_begin(to, DER_SEQUENCE);
	der_write_oid(to, method);
	der_write(to, GENERAL_NAME_URI, bytes_of_string(uri));
	der_end(to, begun);
}

void authority_info_access_encode(const char *ocsp_uri, const char *ca_issuers_uri,
				  struct buffer *ret)
{
	size_t begun = der_begin(ret, DER_SEQUENCE);

	write_access(ret, (struct bytes){ id_ad_ocsp, sizeof id_ad_ocsp - 1 }, ocsp_uri);
	write_access(ret, (struct bytes){ id_ad_ca_issuers, sizeof id_ad_ca_issuers - 1 },
		     ca_issuers_uri);
	der_end(ret, begun);
}
