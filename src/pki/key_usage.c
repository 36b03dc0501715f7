#include <string.h>

#include "pki/der.h"
#include "pki/extension.h"

/* Row n is bit n of RFC 5280 4.2.1.3. */
static const char *const texts[] = {
	"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
	"keyCertSign",      "cRLSign",        "encipherOnly",    "decipherOnly",
};

#define OCTETS_MAX 2
#define OCTET_BITS 8

const char *key_usage_text(enum key_usage bit)
{
	for (size_t n = 0; n < ARRAY_LEN(texts); n++)
		if ((unsigned int)bit == 1U << n)
			return texts[n];
	return NULL;
}

unsigned int key_usage_by_text(const char *text)
{
	for (size_t n = 0; n < ARRAY_LEN(texts); n++)
		if (strcmp(texts[n], text) == 0)
			return 1U << n;
	return 0;
}

/* X.690 11.2.2: a list of named bits ends with its last one that is set. */
void key_usage_encode(unsigned int bits, struct buffer *ret)
{
	unsigned char contents[1 + OCTETS_MAX] = { 0 };
	size_t len = 1;

	for (size_t n = 0; n < ARRAY_LEN(texts); n++) {
		if (!(bits & 1U << n))
			continue;
		contents[1 + n / OCTET_BITS] |= (unsigned char)(0x80U >> n % OCTET_BITS);
		contents[0] = (unsigned char)(OCTET_BITS - 1 - n % OCTET_BITS);
		len = 2 + n / OCTET_BITS;
	}
	der_write(ret, DER_BIT_STRING, (struct bytes){ contents, len });
}

/* Surplus zero bits at the end are let pass: they are old encoders' work and say nothing. */
static bool bits_are_sound(struct bytes contents)
{
	if (contents.len == 0 || contents.len > 1 + OCTETS_MAX || contents.data[0] >= OCTET_BITS)
		return false;
	if (contents.len == 1)
		return contents.data[0] == 0;
	return (contents.data[contents.len - 1] & ((1U << contents.data[0]) - 1)) == 0;
}

bool key_usage_parse(struct bytes value, unsigned int *ret, struct error *err)
{
	struct der reader = der_open(value);
	struct bytes contents = der_read(&reader, DER_BIT_STRING);
	unsigned int bits = 0;

	if (!der_at_end(&reader) || !bits_are_sound(contents))
		return error_set(err, REASON_EXTENSION_NOT_ALLOWED, "malformed keyUsage");
	for (size_t n = 0; n < (contents.len - 1) * OCTET_BITS; n++)
		if (contents.data[1 + n / OCTET_BITS] & 0x80U >> n % OCTET_BITS)
			bits |= 1U << n;
	if (bits >= 1U << ARRAY_LEN(texts))
		return error_set(err, REASON_EXTENSION_NOT_ALLOWED,
				 "keyUsage has bits that RFC 5280 4.2.1.3 does not name");
	*ret = bits;
	return true;
}
