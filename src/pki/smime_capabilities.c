#include "pki/smime_capabilities.h"

#include "pki/der.h"

#define OID(text)                                                                                  \
	{                                                                                          \
		(const unsigned char *)(text), sizeof(text) - 1                                    \
	}

static const struct bytes oids[SMIME_CAPABILITY_COUNT] = {
	[SMIME_AES_128_CBC] = OID("\x60\x86\x48\x01\x65\x03\x04\x01\x02"),
	[SMIME_AES_192_CBC] = OID("\x60\x86\x48\x01\x65\x03\x04\x01\x16"),
	[SMIME_AES_256_CBC] = OID("\x60\x86\x48\x01\x65\x03\x04\x01\x2a"),
	[SMIME_RSA_PKCS1] = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"),
	[SMIME_RSA_OAEP] = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07"),
};

static void note(struct smime_capabilities *capabilities, struct bytes oid)
{
	for (size_t i = 0; i < ARRAY_LEN(oids); i++)
		if (bytes_equal(oids[i], oid))
			capabilities->has[i] = true;
}

/* SMIMECapability ::= SEQUENCE { capabilityID OBJECT IDENTIFIER, parameters ANY OPTIONAL } */
static bool read_capability(struct der *list, struct smime_capabilities *capabilities)
{
	struct der fields = der_enter(list, DER_SEQUENCE);
	struct bytes oid = der_read(&fields, DER_OID);

	if (fields.rest.len > 0)
		der_read_any(&fields, NULL);
	note(capabilities, oid);
	return der_at_end(&fields);
}

bool smime_capabilities_parse(struct bytes der, struct smime_capabilities *ret, struct error *err)
{
	struct der outer = der_open(der);
	struct der list = der_enter(&outer, DER_SEQUENCE);
	struct smime_capabilities capabilities = { .listed = true };

	for (size_t i = 0; list.rest.len > 0; i++)
		if (i == SMIME_CAPABILITIES_MAX || !read_capability(&list, &capabilities))
			return error_set(err, REASON_CSR_MALFORMED,
					 "smimeCapabilities: entry %zu is malformed, or one too "
					 "many (RFC 8551 2.5.2)",
					 i + 1);
	if (!der_at_end(&outer) || list.failed)
		return error_set(err, REASON_CSR_MALFORMED,
				 "smimeCapabilities is no list (RFC 8551 2.5.2)");
	*ret = capabilities;
	return true;
}

/* RSAES-OAEP-params: SHA-256, and MGF1 with SHA-256. */
static const struct bytes oaep_parameters =
	OID("\x30\x2f\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa1\x1c"
	    "\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48"
	    "\x01\x65\x03\x04\x02\x01\x05\x00");

void smime_capabilities_encode(const struct smime_capabilities *capabilities, struct buffer *ret)
{
	size_t list = der_begin(ret, DER_SEQUENCE);

	for (size_t i = SMIME_CAPABILITY_COUNT; i-- > 0;) {
		if (!capabilities->has[i])
			continue;
		size_t entry = der_begin(ret, DER_SEQUENCE);
		der_write_oid(ret, oids[i]);
		if (i == SMIME_RSA_OAEP)
			buffer_append(ret, oaep_parameters);
		der_end(ret, entry);
	}
	der_end(ret, list);
}

/* Best first. */
static const struct {
	enum smime_capability capability;
	const char *name;
} ciphers[] = {
	{ SMIME_AES_256_CBC, "AES-256-CBC" },
	{ SMIME_AES_192_CBC, "AES-192-CBC" },
	{ SMIME_AES_128_CBC, "AES-128-CBC" },
};

const char *smime_cipher(const struct smime_capabilities *capabilities)
{
	for (size_t i = 0; i < ARRAY_LEN(ciphers); i++)
		if (capabilities->has[ciphers[i].capability])
			return ciphers[i].name;
	return NULL;
}
