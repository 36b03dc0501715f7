/* Base64 as RFC 4648 section 4 has it. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

/* Decodes, tolerating CR, LF, space and tab anywhere (RFC 8951 section 3.1). Anything else outside
 * the alphabet, missing or surplus padding, non-zero leftover bits, and an empty result are refused
 * with REASON_CSR_BAD_ENCODING and the offset. Linear in time. */
MUST_CHECK bool base64_decode(struct bytes text, struct buffer *ret, struct error *err);
/* Appends the encoding: one line when `line_length` is 0, else lines of that many characters. Every
 * line, also an only one, ends in LF; nothing gives nothing. */
void base64_encode(struct bytes bytes, size_t line_length, struct buffer *ret);
