/* The answer of serverkeygen (RFC 7030 4.4.2): several things in one body, each base64 (RFC 2046
 * 5.1, RFC 8951 3). */
#pragma once

#include "base/bytes.h"

/* '-' is no letter of base64, so no body holds it. */
#define MULTIPART_BOUNDARY "bestow-part"
#define MULTIPART_TYPE "multipart/mixed; boundary=" MULTIPART_BOUNDARY

struct part {
	const char *content_type;
	struct bytes der;
};
/* Appends them in their order, without moving what was appended: a part may be a secret.
 * `line_length` as base64_encode's. */
void multipart_write(const struct part *parts, size_t count, size_t line_length, struct buffer *to);
