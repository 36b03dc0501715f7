/* Distinguished names: parsed within RFC 5280's bounds, compared by RFC 5280 7.1, written with the
 * right string types. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

enum name_attribute {
	NAME_COMMON_NAME,
	NAME_SERIAL_NUMBER,
	NAME_COUNTRY,
	NAME_STATE,
	NAME_LOCALITY,
	NAME_STREET,
	NAME_ORGANIZATION,
	NAME_ORGANIZATIONAL_UNIT,
	NAME_TITLE,
	NAME_SURNAME,
	NAME_GIVEN_NAME,
	NAME_INITIALS,
	NAME_PSEUDONYM,
	NAME_GENERATION_QUALIFIER,
	NAME_DN_QUALIFIER,
	NAME_DOMAIN_COMPONENT,
	NAME_EMAIL_ADDRESS,
	NAME_USER_ID,
	NAME_UNKNOWN, /* an attribute that this table does not name */
};

#define NAME_ATTRIBUTES_MAX 32 /* per name; more is hostile */
#define NAME_VALUE_MAX 255     /* octets of UTF-8; tighter per attribute by RFC 5280 appendix A */
#define NAME_VALUE_TOLERATED_MAX 1024

/* "CN", "serialNumber", "O" …; NAME_UNKNOWN has no name. By-name search ignores case and takes long
 * names too. */
const char *name_attribute_text(enum name_attribute attribute);
enum name_attribute name_attribute_by_text(const char *text);

struct name_entry {
	enum name_attribute attribute;
	char *value;       /* UTF-8, owned, no control characters */
	bool joined;       /* shares its RDN with the entry before */
	struct bytes type; /* OID contents: a constant, or for NAME_UNKNOWN in the name's `der` */
};

/* A name in its written order. Zero-initialised is the empty name. */
struct name {
	struct name_entry *entries;
	size_t count;
	unsigned char *der; /* the OIDs of its unknown attributes; NULL when there are none */
};

/* Parses one DER Name. Refused with REASON_NAME_INVALID: control or bidirectional-override
 * characters, invalid UTF-8, an odd BMPString, values empty or longer than RFC 5280's upper bound,
 * C not of two letters, an empty RDN, too many. Teletex and Universal strings are refused unless
 * they are plain ASCII. */
MUST_CHECK bool name_parse(struct bytes der, struct name *ret, struct error *err);
/* For certificates of manufacturers, whose names nobody can mend any more: control and invalid
 * characters become '?', Teletex is read as Latin-1, and no value is refused for what it says; only
 * broken DER, too many attributes and values beyond NAME_VALUE_TOLERATED_MAX are. Two names that
 * differ in what became '?' compare equal: compare bytes where that matters. */
MUST_CHECK bool name_parse_tolerant(struct bytes der, struct name *ret, struct error *err);
void name_done(struct name *name);
MUST_CHECK bool name_append(struct name *name, enum name_attribute attribute, const char *value,
			    struct error *err);
MUST_CHECK bool name_copy(const struct name *name, struct name *ret, struct error *err);
/* "CN=a,O=b" (RFC 4514 escapes, in the written order) to a name, for operators' input. */
MUST_CHECK bool name_from_text(const char *text, struct name *ret, struct error *err);
/* Appends RFC 4514 style text in the written order: "CN=dev-1, O=Acme". */
void name_to_text(const struct name *name, struct buffer *ret);
/* Appends DER: PrintableString for C, serialNumber and dnQualifier; IA5String for DC and
 * emailAddress; UTF8String else. */
MUST_CHECK bool name_encode(const struct name *name, struct buffer *ret, struct error *err);
/* RFC 5280 7.1: same RDNs in order; values compared without regard to string type, case, and outer
 * or repeated spaces. */
bool name_equal(const struct name *a, const struct name *b);
/* The first value of the attribute, or NULL. */
const char *name_find(const struct name *name, enum name_attribute attribute);
