#include "pki/name_attribute.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "pki/der.h"

#define OID(text)                                                                                  \
	{                                                                                          \
		(const unsigned char *)(text), sizeof(text) - 1                                    \
	}
#define ID_AT "\x55\x04"                             /* 2.5.4 */
#define PILOT "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01" /* 0.9.2342.19200300.100.1 */
#define PKCS_9 "\x2a\x86\x48\x86\xf7\x0d\x01\x09"    /* 1.2.840.113549.1.9 */

/* "SN" is missing on purpose: it means surname to LDAP and serialNumber to everybody else. */
static const struct name_attribute_row rows[] = {
	[NAME_COMMON_NAME] = { OID(ID_AT "\x03"), "CN", "commonName", 64, NAME_UTF8 },
	[NAME_SERIAL_NUMBER] = { OID(ID_AT "\x05"), "serialNumber", "serialNumber", 64,
				 NAME_PRINTABLE },
	[NAME_COUNTRY] = { OID(ID_AT "\x06"), "C", "countryName", 2, NAME_PRINTABLE },
	[NAME_STATE] = { OID(ID_AT "\x08"), "ST", "stateOrProvinceName", 128, NAME_UTF8 },
	[NAME_LOCALITY] = { OID(ID_AT "\x07"), "L", "localityName", 128, NAME_UTF8 },
	[NAME_STREET] = { OID(ID_AT "\x09"), "street", "streetAddress", 128, NAME_UTF8 },
	[NAME_ORGANIZATION] = { OID(ID_AT "\x0a"), "O", "organizationName", 64, NAME_UTF8 },
	[NAME_ORGANIZATIONAL_UNIT] = { OID(ID_AT "\x0b"), "OU", "organizationalUnitName", 64,
				       NAME_UTF8 },
	[NAME_TITLE] = { OID(ID_AT "\x0c"), "title", "title", 64, NAME_UTF8 },
	[NAME_SURNAME] = { OID(ID_AT "\x04"), "surname", "surname", NAME_VALUE_MAX, NAME_UTF8 },
	[NAME_GIVEN_NAME] = { OID(ID_AT "\x2a"), "givenName", "GN", NAME_VALUE_MAX, NAME_UTF8 },
	[NAME_INITIALS] = { OID(ID_AT "\x2b"), "initials", "initials", NAME_VALUE_MAX, NAME_UTF8 },
	[NAME_PSEUDONYM] = { OID(ID_AT "\x41"), "pseudonym", "pseudonym", 128, NAME_UTF8 },
	[NAME_GENERATION_QUALIFIER] = { OID(ID_AT "\x2c"), "generationQualifier",
					"generationQualifier", NAME_VALUE_MAX, NAME_UTF8 },
	[NAME_DN_QUALIFIER] = { OID(ID_AT "\x2e"), "dnQualifier", "dnQualifier", NAME_VALUE_MAX,
				NAME_PRINTABLE },
	[NAME_DOMAIN_COMPONENT] = { OID(PILOT "\x19"), "DC", "domainComponent", NAME_VALUE_MAX,
				    NAME_IA5 },
	[NAME_EMAIL_ADDRESS] = { OID(PKCS_9 "\x01"), "emailAddress", "E", NAME_VALUE_MAX,
				 NAME_IA5 },
	[NAME_USER_ID] = { OID(PILOT "\x01"), "UID", "userId", NAME_VALUE_MAX, NAME_UTF8 },
	[NAME_UNKNOWN] = { { NULL, 0 }, NULL, NULL, NAME_VALUE_MAX, NAME_UTF8 },
};

const struct name_attribute_row *name_attribute_row(enum name_attribute attribute)
{
	return &rows[attribute];
}

const char *name_attribute_text(enum name_attribute attribute)
{
	return rows[attribute].text;
}

enum name_attribute name_attribute_by_text(const char *text)
{
	for (size_t i = 0; i < NAME_UNKNOWN; i++)
		if (strcasecmp(rows[i].text, text) == 0 || strcasecmp(rows[i].long_text, text) == 0)
			return (enum name_attribute)i;
	return NAME_UNKNOWN;
}

enum name_attribute name_attribute_by_oid(struct bytes oid)
{
	for (size_t i = 0; i < NAME_UNKNOWN; i++)
		if (bytes_equal(rows[i].oid, oid))
			return (enum name_attribute)i;
	return NAME_UNKNOWN;
}

/* -- which characters may stand where -- */

static bool is_letter(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* X.680 41.4 */
static bool is_printable(uint32_t c)
{
	return is_letter(c) || (c >= '0' && c <= '9') ||
	       (c && c < 0x80 && strchr(" '()+,-./:=?", (int)c));
}

static bool is_ascii(uint32_t c)
{
	return c < 0x80;
}

static bool is_any(uint32_t c)
{
	(void)c;
	return true;
}

static const struct {
	unsigned int tag;
	bool (*holds)(uint32_t code_point);
	const char *text;
} alphabets[] = {
	[NAME_UTF8] = { DER_UTF8_STRING, is_any, "text" },
	[NAME_PRINTABLE] = { DER_PRINTABLE_STRING, is_printable, "a PrintableString" },
	[NAME_IA5] = { DER_IA5_STRING, is_ascii, "ASCII" },
};

unsigned int name_alphabet_tag(enum name_alphabet alphabet)
{
	return alphabets[alphabet].tag;
}

static const char *text_for_refusal(enum name_attribute attribute)
{
	return attribute == NAME_UNKNOWN ? "an unknown attribute" : rows[attribute].text;
}

static bool check_character(enum name_attribute attribute, uint32_t code_point, struct error *err)
{
	const char *name = text_for_refusal(attribute);
	enum name_alphabet alphabet = rows[attribute].alphabet;

	if (code_point == UTF8_INVALID)
		return error_set(err, REASON_NAME_INVALID, "%s is not UTF-8", name);
	if (utf8_is_unprintable(code_point))
		return error_set(err, REASON_NAME_INVALID, "%s holds the control character U+%04X",
				 name, code_point);
	if (!alphabets[alphabet].holds(code_point))
		return error_set(err, REASON_NAME_INVALID,
				 "%s holds U+%04X, which %s cannot (RFC 5280 appendix A)", name,
				 code_point, alphabets[alphabet].text);
	return true;
}

static bool check_country(const char *value, struct error *err)
{
	if (strlen(value) != 2 || !is_letter((unsigned char)value[0]) ||
	    !is_letter((unsigned char)value[1]))
		return error_set(err, REASON_NAME_INVALID, "C is not a code of two letters");
	return true;
}

bool name_value_check(enum name_attribute attribute, const char *value, struct error *err)
{
	struct bytes rest = bytes_of_string(value);
	size_t characters = 0, max = rows[attribute].max;

	if (attribute == NAME_COUNTRY)
		return check_country(value, err);
	if (rest.len == 0)
		return error_set(err, REASON_NAME_INVALID, "%s is empty",
				 text_for_refusal(attribute));
	if (rest.len > NAME_VALUE_MAX)
		return error_set(err, REASON_NAME_INVALID, "%s is longer than %d octets",
				 text_for_refusal(attribute), NAME_VALUE_MAX);
	for (; rest.len > 0; characters++)
		if (!check_character(attribute, utf8_take(&rest), err))
			return false;
	if (characters > max)
		return error_set(err, REASON_NAME_INVALID,
				 "%s is longer than %zu characters (RFC 5280 appendix A)",
				 text_for_refusal(attribute), max);
	return true;
}
