/* Extensions in words, for people. */
#pragma once

#include "pki/extension.h"

/* "keyUsage", or the dotted OID of one that has no name here. */
void extension_name(struct bytes oid, struct buffer *to);
/* What the value says: "digitalSignature, keyEncipherment"; of an unknown or odd one the octets in
 * hexadecimal. */
void extension_words(const struct extension *extension, struct buffer *to);
