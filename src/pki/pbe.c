#include "pki/der.h"
#include "pki/pkcs12.h"

static const struct bytes id_pbes2 = BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d");
static const struct bytes id_pbmac1 = BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0e");
static const struct bytes id_pbkdf2 = BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c");
static const struct bytes id_pkcs12_pbe = BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01");

/* The salt, then the count: PBKDF2-params and pkcs-12PbeParams both begin so. */
static bool read_count(struct der *algorithm, uint32_t *ret)
{
	struct der parameters = der_enter(algorithm, DER_SEQUENCE);

	der_read(&parameters, DER_OCTET_STRING);
	*ret = der_read_small(&parameters);
	return !parameters.failed && *ret > 0;
}

/* RFC 8018 A.4 and A.5: the key derivation comes first; only PBKDF2 has a cost that is one number.
 */
static bool read_nested_count(struct der *algorithm, uint32_t *ret)
{
	struct der parameters = der_enter(algorithm, DER_SEQUENCE);
	struct der derivation = der_enter(&parameters, DER_SEQUENCE);

	return bytes_equal(der_read(&derivation, DER_OID), id_pbkdf2) &&
	       read_count(&derivation, ret);
}

bool pbe_iterations(struct bytes algorithm, uint32_t *ret)
{
	struct der reader = der_open(algorithm);
	struct der identifier = der_enter(&reader, DER_SEQUENCE);
	struct bytes oid = der_read(&identifier, DER_OID);

	if (bytes_equal(oid, id_pbes2) || bytes_equal(oid, id_pbmac1))
		return read_nested_count(&identifier, ret);
	return bytes_starts_with(oid, id_pkcs12_pbe) && read_count(&identifier, ret);
}
