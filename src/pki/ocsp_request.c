#include "pki/ocsp_request.h"

#include "pki/der.h"
#include "pki/extension.h"
#include "pki/ocsp_oid.h"

#define SIGN_BIT 0x80

static bool refuse(struct error *err, const char *why)
{
	return error_set(err, REASON_OCSP_MALFORMED, "%s", why);
}

/* -- one certificate -- */

static const struct hash_row {
	const struct bytes oid;
	size_t len;
} hashes[OCSP_HASH_COUNT] = {
	[OCSP_SHA1] = { { (const unsigned char *)"\x2b\x0e\x03\x02\x1a", 5 }, 20 },
	[OCSP_SHA256] = { { (const unsigned char *)"\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9 },
			  32 },
};

size_t ocsp_hash_len(enum ocsp_hash hash)
{
	return hash < OCSP_HASH_COUNT ? hashes[hash].len : 0;
}

static enum ocsp_hash find_hash(struct bytes oid)
{
	for (size_t i = 0; i < ARRAY_LEN(hashes); i++)
		if (bytes_equal(hashes[i].oid, oid))
			return (enum ocsp_hash)i;
	return OCSP_HASH_COUNT;
}

/* RFC 5754 2: parameters are absent, or NULL as older software writes it. What parameters another
 * algorithm has, nobody here knows. */
static bool parameters_are_none(struct der algorithm)
{
	if (der_next_is(&algorithm, DER_NULL) && der_read(&algorithm, DER_NULL).len > 0)
		return false;
	return der_at_end(&algorithm);
}

static enum ocsp_hash read_hash(struct der *fields)
{
	struct der algorithm = der_enter(fields, DER_SEQUENCE);
	enum ocsp_hash hash = find_hash(der_read(&algorithm, DER_OID));

	if (algorithm.failed || (hash < OCSP_HASH_COUNT && !parameters_are_none(algorithm)))
		fields->failed = true;
	return hash;
}

/* X.690 8.3.2: no octet more than the number needs. */
static bool serial_is_minimal(struct bytes serial)
{
	if (serial.len == 0 || serial.len > OCSP_SERIAL_MAX)
		return false;
	if (serial.len == 1)
		return true;
	return !(serial.data[0] == 0x00 && !(serial.data[1] & SIGN_BIT)) &&
	       !(serial.data[0] == 0xff && serial.data[1] & SIGN_BIT);
}

static bool hashes_have_their_length(const struct ocsp_cert_id *id)
{
	size_t len = ocsp_hash_len(id->hash);

	return id->hash == OCSP_HASH_COUNT ||
	       (id->issuer_name_hash.len == len && id->issuer_key_hash.len == len);
}

bool ocsp_cert_id_parse(struct bytes der, struct ocsp_cert_id *ret)
{
	struct der reader = der_open(der);
	struct der fields = der_enter(&reader, DER_SEQUENCE);

	ret->der = der;
	ret->hash = read_hash(&fields);
	ret->issuer_name_hash = der_read(&fields, DER_OCTET_STRING);
	ret->issuer_key_hash = der_read(&fields, DER_OCTET_STRING);
	ret->serial = der_read(&fields, DER_INTEGER);
	return der_at_end(&fields) && der_at_end(&reader) && serial_is_minimal(ret->serial) &&
	       hashes_have_their_length(ret);
}

/* -- extensions -- */

/* RFC 6960 4.4: what is not known is ignored unless it is critical. */
static bool none_is_critical(const struct extensions *extensions, const struct extension *known)
{
	for (size_t i = 0; i < extensions->count; i++)
		if (extensions->items[i].critical && &extensions->items[i] != known)
			return false;
	return true;
}

static bool read_extensions(struct der *fields, unsigned int tag, struct extensions *ret)
{
	ret->count = 0;
	if (!der_next_is(fields, tag))
		return true;

	struct der wrapping = der_enter(fields, tag);
	struct bytes list = der_read_whole(&wrapping, DER_SEQUENCE);
	return der_at_end(&wrapping) && extensions_parse(list, ret, NULL);
}

static bool read_nonce(const struct extension *extension, struct bytes *ret)
{
	struct der reader = der_open(extension->value);

	*ret = der_read(&reader, DER_OCTET_STRING);
	return der_at_end(&reader) && ret->len > 0 && ret->len <= OCSP_NONCE_MAX;
}

static bool read_request_extensions(struct der *fields, struct ocsp_request *ret, struct error *err)
{
	struct extensions extensions;

	ret->nonce = (struct bytes){ 0 };
	if (!read_extensions(fields, DER_CONTEXT_0 + 2, &extensions))
		return refuse(err, "malformed extensions");
	const struct extension *nonce = extensions_find(&extensions, oid_ocsp_nonce);
	if (!none_is_critical(&extensions, nonce))
		return refuse(err, "a critical extension that is not known");
	return !nonce || read_nonce(nonce, &ret->nonce) ||
	       refuse(err, "a nonce that is empty, too long or no octet string");
}

/* -- the request -- */

static bool read_question(struct der *list, struct ocsp_cert_id *ret)
{
	struct der request = der_enter(list, DER_SEQUENCE);
	struct extensions extensions;

	return ocsp_cert_id_parse(der_read_whole(&request, DER_SEQUENCE), ret) &&
	       read_extensions(&request, DER_CONTEXT_0, &extensions) &&
	       none_is_critical(&extensions, NULL) && der_at_end(&request);
}

static bool read_questions(struct der *fields, struct ocsp_request *ret, struct error *err)
{
	struct der list = der_enter(fields, DER_SEQUENCE);

	for (ret->count = 0; list.rest.len > 0; ret->count++) {
		if (ret->count == OCSP_QUESTIONS_MAX)
			return refuse(err, "too many certificates in one request");
		if (!read_question(&list, &ret->questions[ret->count]))
			return refuse(err, "a malformed question");
	}
	return ret->count > 0 || refuse(err, "a request for no certificate");
}

/* Only version 1 exists; some write the default down. */
static bool read_version(struct der *fields)
{
	if (!der_next_is(fields, DER_CONTEXT_0))
		return true;

	struct der version = der_enter(fields, DER_CONTEXT_0);
	return der_read_small(&version) == 0 && der_at_end(&version);
}

static void skip_optional(struct der *fields, unsigned int tag)
{
	if (der_next_is(fields, tag))
		(void)der_read(fields, tag);
}

bool ocsp_request_parse(struct bytes der, struct ocsp_request *ret, struct error *err)
{
	struct der reader = der_open(der);
	struct der outer = der_enter(&reader, DER_SEQUENCE);
	struct der fields = der_enter(&outer, DER_SEQUENCE);

	if (der.len > OCSP_REQUEST_MAX)
		return refuse(err, "a request that is too long");
	skip_optional(&outer, DER_CONTEXT_0);
	if (!der_at_end(&outer) || !der_at_end(&reader) || !read_version(&fields))
		return refuse(err, "not one DER OCSPRequest of version 1");
	skip_optional(&fields, DER_CONTEXT_0 + 1);
	if (!read_questions(&fields, ret, err) || !read_request_extensions(&fields, ret, err))
		return false;
	return der_at_end(&fields) || refuse(err, "octets after the questions");
}
