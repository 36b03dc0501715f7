/* CertificationRequestInfoTemplate (RFC 9908 section 3.4): a CSR's contents, partly filled in.
 *
 *   SEQUENCE { version INTEGER (v1), subject NameTemplate OPTIONAL,
 *              subjectPKInfo [0] { algorithm, subjectPublicKey OPTIONAL } OPTIONAL,
 *              attributes [1] SET OF Attribute }
 *
 * The module's tags are implicit. */
#include <string.h>

#include "pki/csr_attrs_form.h"
#include "pki/der.h"

#define RSA_EXPONENT "\x01\x00\x01"
#define SIGN_BIT 0x80
#define BITS_MIN 512
#define BITS_MAX 16384

/* -- writing -- */

static void write_name(struct buffer *to, const struct wished_name *name)
{
	size_t rdn = der_begin(to, DER_SET);
	size_t attribute = der_begin(to, DER_SEQUENCE);

	der_write_oid(to, name->type);
	if (name->value.data)
		der_write(to, name->tag, name->value);
	der_end(to, attribute);
	der_end(to, rdn);
}

static void write_subject(struct buffer *to, const struct csr_attrs *attrs)
{
	if (attrs->subject_count == 0)
		return;

	size_t subject = der_begin(to, DER_SEQUENCE);
	for (size_t i = 0; i < attrs->subject_count; i++)
		write_name(to, &attrs->subject[i]);
	der_end(to, subject);
}

/* "a placeholder public key value of the desired RSA modulus length" */
static void write_placeholder(struct buffer *to, unsigned int bits)
{
	unsigned char modulus[BITS_MAX / 8] = { SIGN_BIT };
	CLEANUP(buffer_done) struct buffer key = { 0 };
	size_t len = bits / 8;

	if (bits < BITS_MIN || bits > BITS_MAX)
		return;
	modulus[len - 1] |= 1;
	size_t fields = der_begin(&key, DER_SEQUENCE);
	der_write_unsigned(&key, (struct bytes){ modulus, len });
	der_write_unsigned(&key, BYTES_LITERAL(RSA_EXPONENT));
	der_end(&key, fields);
	to->failed = to->failed || !buffer_ok(&key);
	der_write_octet_bits(to, buffer_view(&key));
}

static void write_rsa(struct buffer *to, unsigned int bits)
{
	size_t algorithm = der_begin(to, DER_SEQUENCE);

	der_write_oid(to, id_rsa_encryption);
	der_write_null(to);
	der_end(to, algorithm);
	write_placeholder(to, bits);
}

static void write_curve(struct buffer *to, struct bytes curve)
{
	size_t algorithm = der_begin(to, DER_SEQUENCE);

	der_write_oid(to, id_ec_public_key);
	der_write_oid(to, curve);
	der_end(to, algorithm);
}

static void write_ed25519(struct buffer *to)
{
	size_t algorithm = der_begin(to, DER_SEQUENCE);

	der_write_oid(to, id_ed25519);
	der_end(to, algorithm);
}

static void write_key(struct buffer *to, const struct csr_attrs *attrs)
{
	if (attrs->key_type == KEY_TYPE_COUNT)
		return;

	size_t info = der_begin(to, DER_CONTEXT_0);
	if (attrs->key_type == KEY_RSA)
		write_rsa(to, attrs->key_bits);
	else if (attrs->key_type == KEY_ED25519)
		write_ed25519(to);
	else
		write_curve(to, csr_attrs_curve_oid(attrs->key_type));
	der_end(to, info);
}

/* extensionReqTemplate only where it is needed: "otherwise the id-ExtensionReq OID … MUST be used"
 */
static void write_attributes(struct buffer *to, const struct csr_attrs *attrs)
{
	size_t attributes = der_begin(to, DER_CONTEXT_0 + 1);

	if (attrs->extension_count > 0) {
		size_t attribute = der_begin(to, DER_SEQUENCE);

		der_write_oid(to, csr_attrs_know_all_values(attrs) ? id_extension_request
								   : id_extension_template);
		size_t values = der_begin(to, DER_SET);
		csr_attrs_write_extensions(attrs, to);
		der_end(to, values);
		der_end(to, attribute);
	}
	der_end(to, attributes);
}

bool csr_template_write(const struct csr_attrs *attrs, struct buffer *to, struct error *err)
{
	size_t attribute = der_begin(to, DER_SEQUENCE);

	der_write_oid(to, id_request_template);
	size_t values = der_begin(to, DER_SET);
	size_t info = der_begin(to, DER_SEQUENCE);
	der_write_small(to, 0);
	write_subject(to, attrs);
	write_key(to, attrs);
	write_attributes(to, attrs);
	der_end(to, info);
	der_end(to, values);
	der_end(to, attribute);
	return buffer_ok(to) || error_set(err, REASON_NO_MEMORY, "CSR template");
}

/* -- reading -- */

static bool read_name(struct der *rdn, struct csr_attrs *ret)
{
	struct der attribute = der_enter(rdn, DER_SEQUENCE);
	struct wished_name name = { .type = der_read(&attribute, DER_OID) };

	if (attribute.rest.len > 0)
		name.value = der_read_any(&attribute, &name.tag);
	if (!der_at_end(&attribute) || name.type.len == 0 ||
	    ret->subject_count == NAME_ATTRIBUTES_MAX)
		return false;
	ret->subject[ret->subject_count++] = name;
	return true;
}

static bool read_subject(struct der *info, struct csr_attrs *ret)
{
	if (!der_next_is(info, DER_SEQUENCE))
		return true;

	struct der subject = der_enter(info, DER_SEQUENCE);
	while (subject.rest.len > 0) {
		struct der rdn = der_enter(&subject, DER_SET);

		if (der_at_end(&rdn))
			return false;
		while (rdn.rest.len > 0)
			if (!read_name(&rdn, ret))
				return false;
		if (!der_at_end(&rdn))
			return false;
	}
	return der_at_end(&subject);
}

static unsigned int count_bits(struct bytes modulus)
{
	unsigned int bits = 0;

	while (modulus.len > 0 && modulus.data[0] == 0) {
		modulus.data++;
		modulus.len--;
	}
	if (modulus.len == 0 || modulus.len > BITS_MAX / 8)
		return 0;
	for (unsigned int top = modulus.data[0]; top; top >>= 1)
		bits++;
	return bits + 8 * (unsigned int)(modulus.len - 1);
}

/* The placeholder's length is all that it says. */
static bool read_rsa_bits(struct der *info, unsigned int *ret)
{
	struct der reader = der_open(der_read_octet_bits(info));
	struct der fields = der_enter(&reader, DER_SEQUENCE);
	struct bytes modulus = der_read(&fields, DER_INTEGER);

	*ret = count_bits(modulus);
	return !info->failed && !fields.failed && *ret > 0;
}

static bool read_key(struct der *info, struct csr_attrs *ret)
{
	if (!der_next_is(info, DER_CONTEXT_0))
		return true;

	struct der fields = der_enter(info, DER_CONTEXT_0);
	struct der algorithm = der_enter(&fields, DER_SEQUENCE);
	struct bytes oid = der_read(&algorithm, DER_OID);
	if (algorithm.failed)
		return false;
	if (bytes_equal(oid, id_ec_public_key))
		ret->key_type = csr_attrs_curve(der_read(&algorithm, DER_OID));
	else if (bytes_equal(oid, id_ed25519))
		ret->key_type = KEY_ED25519;
	else if (bytes_equal(oid, id_rsa_encryption))
		ret->key_type = KEY_RSA;
	if (!der_next_is(&fields, DER_BIT_STRING))
		return der_at_end(&fields);
	if (ret->key_type == KEY_RSA)
		return read_rsa_bits(&fields, &ret->key_bits) && der_at_end(&fields);
	der_read(&fields, DER_BIT_STRING);
	return der_at_end(&fields);
}

/* Only one of the two, and once: more is forbidden. */
static bool read_attribute(struct der *attributes, bool *seen, struct csr_attrs *ret,
			   struct error *err)
{
	struct der attribute = der_enter(attributes, DER_SEQUENCE);
	struct bytes oid = der_read(&attribute, DER_OID);
	struct bytes values = der_read(&attribute, DER_SET);
	bool is_template = bytes_equal(oid, id_extension_template);

	if (!der_at_end(&attribute))
		return error_set(err, REASON_CSR_MALFORMED, "a template's attribute is malformed");
	if (!is_template && !bytes_equal(oid, id_extension_request)) {
		ret->challenge_password |= bytes_equal(oid, id_challenge_password);
		return true;
	}
	if (*seen)
		return error_set(err, REASON_CSR_MALFORMED,
				 "a template with two requests for extensions (RFC 9908 3.4)");
	*seen = true;
	return csr_attrs_read_extensions(values, is_template, ret, err);
}

static bool read_attributes(struct der *info, struct csr_attrs *ret, struct error *err)
{
	struct der attributes = der_enter(info, DER_CONTEXT_0 + 1);
	bool seen = false;

	while (attributes.rest.len > 0)
		if (!read_attribute(&attributes, &seen, ret, err))
			return false;
	return der_at_end(&attributes) ||
	       error_set(err, REASON_CSR_MALFORMED, "a template's attributes are malformed");
}

bool csr_template_read(struct bytes values, struct csr_attrs *ret, struct error *err)
{
	struct der reader = der_open(values);
	struct der info = der_enter(&reader, DER_SEQUENCE);

	if (der_read_small(&info) != 0 || info.failed || !der_at_end(&reader) ||
	    !read_subject(&info, ret) || !read_key(&info, ret))
		return error_set(err, REASON_CSR_MALFORMED,
				 "not one CertificationRequestInfoTemplate (RFC 9908 3.4)");
	return read_attributes(&info, ret, err) &&
	       (der_at_end(&info) ||
		error_set(err, REASON_CSR_MALFORMED, "bytes after a template's attributes"));
}
