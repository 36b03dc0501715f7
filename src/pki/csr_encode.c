#include "pki/csr_encode.h"

#include <string.h>

#include "pki/der.h"

#define TEXT_MAX 255 /* RFC 2985 B: pkcs-9-ub-challengePassword */
#define DRAFT_ATTRIBUTES_MAX 5

static const struct bytes id_extension_request =
	BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e");
static const struct bytes id_challenge_password =
	BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07");
static const struct bytes id_est_identity_linking =
	BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x3a");
static const struct bytes id_asymmetric_decrypt_key =
	BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x36");
static const struct bytes id_smime_capabilities =
	BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0f");

/* Attributes one after the other, and where each ends. */
struct attributes {
	struct buffer der;
	size_t ends[DRAFT_ATTRIBUTES_MAX];
	size_t count;
};

static void attributes_donep(struct attributes *attributes)
{
	buffer_wipe(&attributes->der);
}

static void add_value(struct attributes *to, struct bytes oid, struct bytes value)
{
	size_t attribute = der_begin(&to->der, DER_SEQUENCE);

	der_write_oid(&to->der, oid);
	der_write(&to->der, DER_SET, value);
	der_end(&to->der, attribute);
	to->ends[to->count++] = to->der.len;
}

static void add_attribute(struct attributes *to, struct bytes oid, unsigned int tag,
			  struct bytes contents)
{
	CLEANUP(buffer_wipe) struct buffer value = { 0 };

	der_write(&value, tag, contents);
	if (!buffer_ok(&value))
		to->der.failed = true;
	add_value(to, oid, buffer_view(&value));
}

/* X.680 41.4 */
static bool is_printable_string(const char *text)
{
	return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				 " '()+,-./:=?")] == '\0';
}

static void add_text(struct attributes *to, struct bytes oid, const char *text)
{
	if (text)
		add_attribute(to, oid,
			      is_printable_string(text) ? DER_PRINTABLE_STRING : DER_UTF8_STRING,
			      bytes_of_string(text));
}

static void add_decrypt_key(struct attributes *to, const struct csr_draft *draft)
{
	CLEANUP(buffer_done) struct buffer capabilities = { 0 };

	if (!draft->decrypt_key_id.len)
		return;
	smime_capabilities_encode(&draft->capabilities, &capabilities);
	if (!buffer_ok(&capabilities))
		to->der.failed = true;
	add_attribute(to, id_asymmetric_decrypt_key, DER_OCTET_STRING, draft->decrypt_key_id);
	add_value(to, id_smime_capabilities, buffer_view(&capabilities));
}

static void write_attributes(struct buffer *to, struct attributes *attributes)
{
	struct bytes elements[DRAFT_ATTRIBUTES_MAX];

	for (size_t i = 0, begin = 0; i < attributes->count; begin = attributes->ends[i++])
		elements[i] =
			(struct bytes){ attributes->der.data + begin, attributes->ends[i] - begin };
	der_write_set_of(to, DER_CONTEXT_0, elements, attributes->count);
}

static bool check_draft(const struct csr_draft *draft, struct error *err)
{
	const char *const texts[] = { draft->challenge_password, draft->est_identity_linking };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i] && (texts[i][0] == '\0' || strlen(texts[i]) > TEXT_MAX))
			return error_set(err, REASON_INVALID,
					 "an attribute's text has 1 to %d octets", TEXT_MAX);
	return true;
}

static bool write_request_info(const struct csr_draft *draft, const struct public_key *key,
			       struct buffer *to, struct error *err)
{
	CLEANUP(attributes_donep) struct attributes attributes = { 0 };

	if (draft->extensions.len)
		add_attribute(&attributes, id_extension_request, DER_SEQUENCE, draft->extensions);
	add_text(&attributes, id_challenge_password, draft->challenge_password);
	add_text(&attributes, id_est_identity_linking, draft->est_identity_linking);
	add_decrypt_key(&attributes, draft);
	if (!buffer_ok(&attributes.der))
		return error_set(err, REASON_NO_MEMORY, "certification request");

	size_t begun = der_begin(to, DER_SEQUENCE);
	der_write_small(to, 0);
	buffer_append(to, draft->subject);
	buffer_append(to, public_key_spki(key));
	write_attributes(to, &attributes);
	der_end(to, begun);
	return buffer_ok(to) || error_set(err, REASON_NO_MEMORY, "certification request");
}

bool csr_encode(const struct csr_draft *draft, const struct private_key *key,
		enum signature_algorithm algorithm, struct buffer *ret, struct error *err)
{
	CLEANUP(public_key_freep) struct public_key *public = NULL;
	CLEANUP(buffer_wipe) struct buffer info = { 0 };
	CLEANUP(buffer_done) struct buffer signature = { 0 };

	if (!check_draft(draft, err) || !private_key_public(key, &public, err) ||
	    !write_request_info(draft, public, &info, err) ||
	    !private_key_sign(key, algorithm, buffer_view(&info), &signature, err))
		return false;

	size_t begun = der_begin(ret, DER_SEQUENCE);
	buffer_append(ret, buffer_view(&info));
	buffer_append(ret, signature_algorithm_der(algorithm));
	der_write_octet_bits(ret, buffer_view(&signature));
	der_end(ret, begun);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "certification request");
}
