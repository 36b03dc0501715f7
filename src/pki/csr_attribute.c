#include "pki/csr_internal.h"

#include <string.h>

#include "base/secret.h"
#include "base/utf8.h"
#include "pki/der_string.h"

#define OID(text)                                                                                  \
	{                                                                                          \
		(const unsigned char *)(text), sizeof(text) - 1                                    \
	}
#define PKCS_9 "\x2a\x86\x48\x86\xf7\x0d\x01\x09" /* 1.2.840.113549.1.9 */

#define TEXT_CHARACTERS_MAX 255 /* RFC 2985 B: pkcs-9-ub-challengePassword */
#define TEXT_OCTETS_MAX 1024

struct attribute_row;
typedef bool read_function(struct csr *csr, const struct attribute_row *row, struct bytes value,
			   struct error *err);
static read_function read_extensions, read_text, read_change, read_symmetric_id, read_asymmetric_id,
	read_capabilities;

/* The attributes that mean something here; others are passed by. */
static const struct attribute_row {
	struct bytes oid;
	const char *name;
	read_function *read;
	enum csr_text text; /* for read_text */
	bool only_lenient;
} rows[] = {
	{ OID(PKCS_9 "\x0e"), "extensionRequest", read_extensions, CSR_TEXTS, false },
	{ OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0e"), "Microsoft's extension attribute",
	  read_extensions, CSR_TEXTS, true },
	{ OID(PKCS_9 "\x07"), "challengePassword", read_text, CSR_CHALLENGE_PASSWORD, false },
	{ OID(PKCS_9 "\x10\x02\x38"), "otpChallenge", read_text, CSR_OTP_CHALLENGE, false },
	{ OID(PKCS_9 "\x10\x02\x3a"), "estIdentityLinking", read_text, CSR_EST_IDENTITY_LINKING,
	  false },
	{ OID(OID_CHANGE_SUBJECT_NAME), "changeSubjectName", read_change, CSR_TEXTS, false },
	{ OID(PKCS_9 "\x10\x02\x25"), "decryptKeyIdentifier", read_symmetric_id, CSR_TEXTS, false },
	{ OID(PKCS_9 "\x10\x02\x36"), "asymmetricDecryptKeyIdentifier", read_asymmetric_id,
	  CSR_TEXTS, false },
	{ OID(PKCS_9 "\x0f"), "smimeCapabilities", read_capabilities, CSR_TEXTS, false },
};

static const struct attribute_row *find_row(struct bytes oid)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (bytes_equal(rows[i].oid, oid))
			return &rows[i];
	return NULL;
}

/* -- extensionRequest (RFC 2985 5.4.2) -- */

/* Both attributes' OIDs mean the same, so one of them is enough, and which would win? */
static bool read_extensions(struct csr *csr, const struct attribute_row *row, struct bytes value,
			    struct error *err)
{
	if (csr->asks_extensions)
		return error_set(err, REASON_CSR_MALFORMED, "%s asks for extensions a second time",
				 row->name);
	csr->asks_extensions = true;
	if (!extensions_parse(value, &csr->extensions, err))
		return false;

	const struct extension *san = extensions_find(&csr->extensions, oid_subject_alt_name);
	return !san || san_parse(san->value, &csr->san, err);
}

/* -- texts: challengePassword (RFC 2985 5.4.1) and its unambiguous kin (RFC 7894 3) -- */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void strip(char *text)
{
	size_t len = strlen(text);
	size_t start = 0;

	while (len > 0 && is_space(text[len - 1]))
		len--;
	while (start < len && is_space(text[start]))
		start++;
	memmove(text, text + start, len - start);
	text[len - start] = '\0';
}

/* A channel binding is base64, which some clients break into lines; else nothing unprintable. */
static bool check_characters(const char *text, const char *name, struct error *err)
{
	struct bytes rest = bytes_of_string(text);
	size_t count = 0;

	for (; rest.len > 0; count++) {
		char first = (char)rest.data[0];
		uint32_t code_point = utf8_take(&rest);

		if (!is_space(first) && utf8_is_unprintable(code_point))
			return error_set(err, REASON_CSR_MALFORMED,
					 "%s holds unprintable characters", name);
	}
	if (count > TEXT_CHARACTERS_MAX)
		return error_set(err, REASON_CSR_MALFORMED, "%s has %zu characters; the most is %d",
				 name, count, TEXT_CHARACTERS_MAX);
	return true;
}

static inline void text_freep(char **text)
{
	if (*text)
		memory_wipe(*text, strlen(*text));
	free(*text);
}

/* Clients write any ASCII into a PrintableString, '@' and '_' above all. */
static bool read_text(struct csr *csr, const struct attribute_row *row, struct bytes value,
		      struct error *err)
{
	struct der reader = der_open(value);
	unsigned int tag = 0;
	struct bytes contents = der_read_any(&reader, &tag);
	CLEANUP(text_freep) char *text = NULL;
	struct error why = { 0 };

	if (contents.len > TEXT_OCTETS_MAX)
		return error_set(err, REASON_CSR_MALFORMED, "%s of %zu octets", row->name,
				 contents.len);
	if (!der_string_decode(tag, contents, &text, &why))
		return error_set(err,
				 why.reason == REASON_NO_MEMORY ? REASON_NO_MEMORY
								: REASON_CSR_MALFORMED,
				 "%s: %s", row->name, why.detail);
	strip(text);
	if (!check_characters(text, row->name, err))
		return false;
	csr->texts[row->text] = TAKE(text);
	return true;
}

/* -- ChangeSubjectName ::= SEQUENCE { subject Name OPTIONAL, subjectAlt GeneralNames OPTIONAL } --
 */

/* Both are SEQUENCEs without tags of their own: a Name holds SETs, GeneralNames hold context tags.
 */
static bool next_is_name(const struct der *fields)
{
	struct der peek = *fields;
	struct der inner = der_enter(&peek, DER_SEQUENCE);

	return !inner.failed && (inner.rest.len == 0 || der_next_is(&inner, DER_SET));
}

static bool read_new_subject(struct csr *csr, struct der *fields, struct error *err)
{
	csr->new_subject = calloc(1, sizeof *csr->new_subject);
	if (!csr->new_subject)
		return error_set(err, REASON_NO_MEMORY, "changeSubjectName");
	return name_parse(der_read_whole(fields, DER_SEQUENCE), csr->new_subject, err);
}

static bool read_new_san(struct csr *csr, struct der *fields, struct error *err)
{
	csr->new_san = calloc(1, sizeof *csr->new_san);
	if (!csr->new_san)
		return error_set(err, REASON_NO_MEMORY, "changeSubjectName");
	return san_parse(der_read_whole(fields, DER_SEQUENCE), csr->new_san, err);
}

static bool read_change(struct csr *csr, const struct attribute_row *row, struct bytes value,
			struct error *err)
{
	struct der reader = der_open(value);
	struct der fields = der_enter(&reader, DER_SEQUENCE);

	if (next_is_name(&fields) && !read_new_subject(csr, &fields, err))
		return false;
	if (fields.rest.len > 0 && !read_new_san(csr, &fields, err))
		return false;
	if (!der_at_end(&fields) || (!csr->new_subject && !csr->new_san))
		return error_set(err, REASON_CSR_MALFORMED,
				 "%s holds neither subject nor subjectAlt (RFC 6402 2.8)",
				 row->name);
	csr->changes_subject = true;
	return true;
}

/* -- how a key made for the client is to travel (RFC 7030 4.4.1) -- */

/* Two names for one key would leave open which one it is. */
static bool read_decrypt_key(struct csr *csr, const struct attribute_row *row,
			     enum decrypt_key kind, struct bytes value, struct error *err)
{
	struct der reader = der_open(value);
	struct bytes id = der_read(&reader, DER_OCTET_STRING);

	if (!der_at_end(&reader) || id.len == 0 || id.len > DECRYPT_KEY_ID_MAX)
		return error_set(err, REASON_CSR_MALFORMED,
				 "%s is not an OCTET STRING of 1 to %d octets", row->name,
				 DECRYPT_KEY_ID_MAX);
	if (csr->decrypt_key.kind != DECRYPT_KEY_NONE)
		return error_set(err, REASON_CSR_MALFORMED, "%s names a second key to encrypt to",
				 row->name);
	csr->decrypt_key.kind = kind;
	csr->decrypt_key.id = id;
	return true;
}

static bool read_symmetric_id(struct csr *csr, const struct attribute_row *row, struct bytes value,
			      struct error *err)
{
	return read_decrypt_key(csr, row, DECRYPT_KEY_SYMMETRIC, value, err);
}

static bool read_asymmetric_id(struct csr *csr, const struct attribute_row *row, struct bytes value,
			       struct error *err)
{
	return read_decrypt_key(csr, row, DECRYPT_KEY_ASYMMETRIC, value, err);
}

static bool read_capabilities(struct csr *csr, const struct attribute_row *row, struct bytes value,
			      struct error *err)
{
	(void)row;
	return smime_capabilities_parse(value, &csr->decrypt_key.capabilities, err);
}

/* -- the list -- */

struct attribute {
	struct bytes oid;
	struct bytes value; /* the only one, whole; empty when there are none or several */
};

/* Attribute ::= SEQUENCE { type, values SET SIZE(1..MAX) OF AttributeValue } */
static bool read_attribute(struct der *list, struct attribute *ret)
{
	struct der fields = der_enter(list, DER_SEQUENCE);

	ret->oid = der_read(&fields, DER_OID);
	struct der values = der_enter(&fields, DER_SET);
	ret->value = values.rest;
	der_read_any(&values, NULL);
	if (!der_at_end(&values))
		ret->value = (struct bytes){ 0 };
	return der_at_end(&fields) && ret->oid.len > 0;
}

static bool is_repeated(const struct attribute *attributes, size_t count, struct bytes oid)
{
	for (size_t i = 0; i < count; i++)
		if (bytes_equal(attributes[i].oid, oid))
			return true;
	return false;
}

static bool apply(struct csr *csr, const struct attribute *attribute, bool lenient,
		  struct error *err)
{
	const struct attribute_row *row = find_row(attribute->oid);

	if (!row)
		return true;
	if (row->only_lenient && !lenient)
		return error_set(err, REASON_CSR_MALFORMED,
				 "%s is not taken by a strict profile; use extensionRequest",
				 row->name);
	if (attribute->value.len == 0)
		return error_set(err, REASON_CSR_MALFORMED, "%s does not have one value",
				 row->name);
	return row->read(csr, row, attribute->value, err);
}

bool csr_attributes_read(struct csr *csr, struct der *list, bool lenient, struct error *err)
{
	struct attribute attributes[CSR_ATTRIBUTES_MAX];
	size_t count = 0;

	for (; list->rest.len > 0; count++) {
		if (count == CSR_ATTRIBUTES_MAX)
			return error_set(err, REASON_CSR_MALFORMED, "more than %d attributes",
					 CSR_ATTRIBUTES_MAX);
		if (!read_attribute(list, &attributes[count]))
			return error_set(err, REASON_CSR_MALFORMED, "attribute %zu is malformed",
					 count + 1);
		if (is_repeated(attributes, count, attributes[count].oid))
			return error_set(err, REASON_CSR_MALFORMED,
					 "attribute %zu repeats an earlier one", count + 1);
		if (!apply(csr, &attributes[count], lenient, err))
			return false;
	}
	return true;
}
