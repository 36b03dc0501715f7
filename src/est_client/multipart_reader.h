/* multipart/mixed (RFC 2046 5.1) as serverkeygen's answer has it (RFC 7030 4.4.2): a few parts, in
 * base64. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#define MULTIPART_PARTS_MAX 4

/* Views into the body. */
struct multipart_part {
	char content_type[128]; /* lower case, without white space */
	struct bytes body;
};

struct multipart {
	struct multipart_part parts[MULTIPART_PARTS_MAX];
	size_t count;
};

/* `content_type` is the whole field. Line ends may be CRLF or LF. REASON_SERVER_ANSWER. */
MUST_CHECK bool multipart_parse(const char *content_type, struct bytes body, struct multipart *ret,
				struct error *err);
