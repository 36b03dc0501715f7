/* ASN.1 character strings as UTF-8 text. Each type has its own idea of a character; the rest of the
 * house knows only one. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

/* A heap copy in UTF-8. UTF8String, PrintableString, IA5String and BMPString are read; Teletex and
 * Universal strings only where they are plain ASCII. NUL, anything that is no character of the
 * type, and other tags are REASON_NAME_INVALID. */
MUST_CHECK bool der_string_decode(unsigned int tag, struct bytes contents, char **ret,
				  struct error *err);
/* As above but never refuses: Teletex is Latin-1, unknown types are ASCII, and what is no character
 * or must not be printed becomes '?'. Fails only when memory is out. */
MUST_CHECK bool der_string_decode_tolerant(unsigned int tag, struct bytes contents, char **ret,
					   struct error *err);
