#include "pki/csr_attrs.h"

#include "pki/csr_attrs_form.h"
#include "pki/der.h"
#include "pki/name_attribute.h"

/* libest reads at most 1 kB of base64. */
#define LEGACY_MAX 750

const struct bytes id_challenge_password = BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07");
const struct bytes id_extension_request = BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e");
/* RFC 9908 appendix A: 1.2.840.113549.1.9.16.2.61 and .62 */
const struct bytes id_request_template =
	BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x3d");
const struct bytes id_extension_template =
	BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x3e");
const struct bytes id_rsa_encryption = BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01");
const struct bytes id_ec_public_key = BYTES_LITERAL("\x2a\x86\x48\xce\x3d\x02\x01");
const struct bytes id_ed25519 = BYTES_LITERAL("\x2b\x65\x70");

/* RFC 5480 2.1.1.1 */
static const struct bytes curves[KEY_TYPE_COUNT] = {
	[KEY_P256] = BYTES_LITERAL("\x2a\x86\x48\xce\x3d\x03\x01\x07"),
	[KEY_P384] = BYTES_LITERAL("\x2b\x81\x04\x00\x22"),
	[KEY_P521] = BYTES_LITERAL("\x2b\x81\x04\x00\x23"),
};

struct bytes csr_attrs_curve_oid(enum key_type type)
{
	return curves[type];
}

enum key_type csr_attrs_curve(struct bytes oid)
{
	for (enum key_type type = KEY_RSA; type < KEY_TYPE_COUNT; type++)
		if (curves[type].len > 0 && bytes_equal(curves[type], oid))
			return type;
	return KEY_TYPE_COUNT;
}

/* -- making wishes -- */

void csr_attrs_init(struct csr_attrs *attrs)
{
	attrs->challenge_password = false;
	attrs->subject_count = 0;
	attrs->extension_count = 0;
	attrs->key_type = KEY_TYPE_COUNT;
	attrs->key_bits = 0;
	attrs->signature = SIGN_COUNT;
}

bool csr_attrs_wish_extension(struct csr_attrs *attrs, struct bytes oid, bool critical,
			      struct bytes value)
{
	if (attrs->extension_count == EXTENSIONS_MAX)
		return false;
	attrs->extensions[attrs->extension_count++] =
		(struct wished_extension){ oid, critical, value };
	return true;
}

bool csr_attrs_wish_name(struct csr_attrs *attrs, enum name_attribute attribute, const char *value)
{
	if (attrs->subject_count == NAME_ATTRIBUTES_MAX || attribute >= NAME_UNKNOWN)
		return false;

	const struct name_attribute_row *row = name_attribute_row(attribute);
	attrs->subject[attrs->subject_count++] =
		(struct wished_name){ row->oid, name_alphabet_tag(row->alphabet),
				      bytes_of_string(value) };
	return true;
}

/* -- the list of RFC 7030 -- */

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

bool csr_attrs_know_all_values(const struct csr_attrs *attrs)
{
	for (size_t i = 0; i < attrs->extension_count; i++)
		if (!attrs->extensions[i].value.data)
			return false;
	return true;
}

/* Extensions, or ExtensionTemplates where a value is not known. */
void csr_attrs_write_extensions(const struct csr_attrs *attrs, struct buffer *to)
{
	size_t list = der_begin(to, DER_SEQUENCE);

	for (size_t i = 0; i < attrs->extension_count; i++) {
		const struct wished_extension *extension = &attrs->extensions[i];
		size_t item = der_begin(to, DER_SEQUENCE);

		der_write_oid(to, extension->oid);
		if (extension->critical)
			der_write_boolean(to, true);
		if (extension->value.data)
			der_write(to, DER_OCTET_STRING, extension->value);
		der_end(to, item);
	}
	der_end(to, list);
}

static bool write_extension_oids(const struct csr_attrs *attrs, struct buffer *to,
				 struct error *err)
{
	CLEANUP(buffer_done) struct buffer encoded = { 0 };
	struct bytes elements[EXTENSIONS_MAX];
	size_t ends[EXTENSIONS_MAX];

	for (size_t i = 0; i < attrs->extension_count; i++) {
		der_write_oid(&encoded, attrs->extensions[i].oid);
		ends[i] = encoded.len;
	}
	if (!buffer_ok(&encoded))
		return error_set(err, REASON_NO_MEMORY, "CSR attributes");
	for (size_t i = 0, begin = 0; i < attrs->extension_count; begin = ends[i++])
		elements[i] = (struct bytes){ encoded.data + begin, ends[i] - begin };
	der_write_set_of(to, DER_SET, elements, attrs->extension_count);
	return true;
}

static bool write_extensions(const struct csr_attrs *attrs, struct buffer *to, struct error *err)
{
	if (attrs->extension_count == 0)
		return true;

	size_t attribute = der_begin(to, DER_SEQUENCE);
	der_write_oid(to, id_extension_request);
	if (csr_attrs_know_all_values(attrs)) {
		size_t values = der_begin(to, DER_SET);

		csr_attrs_write_extensions(attrs, to);
		der_end(to, values);
	} else if (!write_extension_oids(attrs, to, err)) {
		return false;
	}
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
static bool write_list(const struct csr_attrs *attrs, struct buffer *to, struct error *err)
{
	write_key(to, attrs);
	if (!write_extensions(attrs, to, err))
		return false;
	write_signature(to, attrs->signature);
	return true;
}

/* -- whole answers -- */

static size_t begin(struct buffer *to, const struct csr_attrs *attrs)
{
	size_t list = der_begin(to, DER_SEQUENCE);

	if (attrs->challenge_password)
		der_write_oid(to, id_challenge_password);
	return list;
}

static bool end(struct buffer *to, size_t list, struct error *err)
{
	der_end(to, list);
	return buffer_ok(to) || error_set(err, REASON_NO_MEMORY, "CSR attributes");
}

bool csr_attrs_encode(const struct csr_attrs *attrs, struct buffer *ret, struct error *err)
{
	size_t before = ret->len;
	size_t list = begin(ret, attrs);

	if (!write_list(attrs, ret, err) || !end(ret, list, err))
		return false;
	return ret->len - before <= LEGACY_MAX ||
	       error_set(err, REASON_INVALID,
			 "CSR attributes of more than %d octets, which libest cannot read",
			 LEGACY_MAX);
}

bool csr_attrs_encode_template(const struct csr_attrs *attrs, struct buffer *ret, struct error *err)
{
	size_t list = begin(ret, attrs);

	return csr_template_write(attrs, ret, err) && end(ret, list, err);
}

bool csr_attrs_encode_both(const struct csr_attrs *attrs, const struct csr_attrs *template,
			   struct buffer *ret, struct error *err)
{
	size_t list = begin(ret, attrs);

	return write_list(attrs, ret, err) && csr_template_write(template, ret, err) &&
	       end(ret, list, err);
}
