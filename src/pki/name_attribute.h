/* What is known of each attribute type of a name: its OID, texts, bound and string type. */
#pragma once

#include "pki/name.h"

/* Which characters RFC 5280 appendix A lets a value have; also the string type it is written as. */
enum name_alphabet { NAME_UTF8, NAME_PRINTABLE, NAME_IA5, NAME_ALPHABET_COUNT };

struct name_attribute_row {
	struct bytes oid;
	const char *text;
	const char *long_text;
	size_t max; /* characters: RFC 5280 appendix A.1, upper bounds */
	enum name_alphabet alphabet;
};

const struct name_attribute_row *name_attribute_row(enum name_attribute attribute);
enum name_attribute name_attribute_by_oid(struct bytes oid);
unsigned int name_alphabet_tag(enum name_alphabet alphabet); /* DER_UTF8_STRING … */

/* REASON_NAME_INVALID, naming the attribute, unless the value may stand in a certificate of ours.
 */
MUST_CHECK bool name_value_check(enum name_attribute attribute, const char *value,
				 struct error *err);
