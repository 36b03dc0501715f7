#include "pki/csr_attrs.h"

#include "pki/der.h"
#include "pki/extension.h"

/* libest reads at most 1 kB of base64. */
#define CSR_ATTRS_MAX 750

static const struct bytes id_challenge_password =
	BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07");
static const struct bytes id_extension_request =
	BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e");
static const struct bytes id_rsa_encryption = BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01");
static const struct bytes id_ec_public_key = BYTES_LITERAL("\x2a\x86\x48\xce\x3d\x02\x01");

/* RFC 5480 2.1.1.1 */
static const struct bytes curves[KEY_TYPE_COUNT] = {
	[KEY_P256] = BYTES_LITERAL("\x2a\x86\x48\xce\x3d\x03\x01\x07"),
	[KEY_P384] = BYTES_LITERAL("\x2b\x81\x04\x00\x22"),
	[KEY_P521] = BYTES_LITERAL("\x2b\x81\x04\x00\x23"),
};
static const struct bytes id_ed25519 = BYTES_LITERAL("\x2b\x65\x70");

static void write_ec_key(struct buffer *to, struct bytes curve)
{
	size_t attribute = der_begin(to, DER_SEQUENCE);

	der_write_oid(to, id_ec_public_key);
	size_t values = der_begin(to, DER_SET);
	der_write_oid(to, curve);
	der_end(to, values);
	der_end(to, attribute);
}

static void write_rsa_key(struct buffer *to, unsigned int bits)
{
	if (bits == 0) {
		der_write_oid(to, id_rsa_encryption);
		return;
	}

	size_t attribute = der_begin(to, DER_SEQUENCE);
	der_write_oid(to, id_rsa_encryption);
	size_t values = der_begin(to, DER_SET);
	der_write_small(to, bits);
	der_end(to, values);
	der_end(to, attribute);
}

/* Algorithms are attributes whose values are their parameters; Ed25519 has none (RFC 8410 3), and
 * an Attribute needs a value, so it stands as a bare OID. */
static void write_key(struct buffer *to, const struct csr_attrs *attrs)
{
	switch (attrs->key_type) {
	case KEY_RSA:
		write_rsa_key(to, attrs->key_bits);
		return;
	case KEY_P256:
	case KEY_P384:
	case KEY_P521:
		write_ec_key(to, curves[attrs->key_type]);
		return;
	case KEY_ED25519:
		der_write_oid(to, id_ed25519);
		return;
	case KEY_TYPE_COUNT:
		return;
	}
}

static bool write_extensions(struct buffer *to, const struct csr_attrs *attrs, struct error *err)
{
	CLEANUP(buffer_done) struct buffer encoded = { 0 };
	struct bytes elements[EXTENSIONS_MAX];
	size_t ends[EXTENSIONS_MAX];

	if (attrs->extension_count == 0)
		return true;
	if (attrs->extension_count > EXTENSIONS_MAX)
		return error_set(err, REASON_INVALID, "more than %d extensions", EXTENSIONS_MAX);
	for (size_t i = 0; i < attrs->extension_count; i++) {
		der_write_oid(&encoded, attrs->extensions[i]);
		ends[i] = encoded.len;
	}
	if (!buffer_ok(&encoded))
		return error_set(err, REASON_NO_MEMORY, "CSR attributes");
	for (size_t i = 0, begin = 0; i < attrs->extension_count; begin = ends[i++])
		elements[i] = (struct bytes){ encoded.data + begin, ends[i] - begin };

	size_t attribute = der_begin(to, DER_SEQUENCE);
	der_write_oid(to, id_extension_request);
	der_write_set_of(to, DER_SET, elements, attrs->extension_count);
	der_end(to, attribute);
	return true;
}

static void write_signature(struct buffer *to, enum signature_algorithm algorithm)
{
	if (algorithm == SIGN_COUNT)
		return;

	struct der reader = der_open(signature_algorithm_der(algorithm));
	struct der identifier = der_enter(&reader, DER_SEQUENCE);
	buffer_append(to, der_read_whole(&identifier, DER_OID));
}

/* In the order of the example in RFC 8951 section 4. */
bool csr_attrs_encode(const struct csr_attrs *attrs, struct buffer *ret, struct error *err)
{
	size_t before = ret->len;
	size_t list = der_begin(ret, DER_SEQUENCE);

	if (attrs->challenge_password)
		der_write_oid(ret, id_challenge_password);
	write_key(ret, attrs);
	if (!write_extensions(ret, attrs, err))
		return false;
	write_signature(ret, attrs->signature);
	der_end(ret, list);
	if (!buffer_ok(ret))
		return error_set(err, REASON_NO_MEMORY, "CSR attributes");
	if (ret->len - before > CSR_ATTRS_MAX)
		return error_set(err, REASON_INVALID,
				 "CSR attributes of more than %d octets, which libest cannot read",
				 CSR_ATTRS_MAX);
	return true;
}

static bool read_item(struct der *list)
{
	if (der_next_is(list, DER_OID))
		return der_read(list, DER_OID).len > 0;

	struct der attribute = der_enter(list, DER_SEQUENCE);
	der_read(&attribute, DER_OID);
	der_read(&attribute, DER_SET);
	return der_at_end(&attribute);
}

bool csr_attrs_parse(struct bytes der, size_t *ret_count, struct error *err)
{
	struct der reader = der_open(der);
	struct der list = der_enter(&reader, DER_SEQUENCE);
	size_t count = 0;

	if (list.failed || !der_at_end(&reader))
		return error_set(err, REASON_CSR_MALFORMED, "not a DER CsrAttrs (RFC 8951 4)");
	for (; list.rest.len > 0; count++)
		if (!read_item(&list))
			return error_set(err, REASON_CSR_MALFORMED,
					 "item %zu is no AttrOrOID (RFC 8951 4)", count + 1);
	*ret_count = count;
	return true;
}
