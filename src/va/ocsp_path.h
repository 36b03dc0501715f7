/* An OCSP request that stands in a path (RFC 6960 appendix A.1). */
#pragma once

#include "base/bytes.h"

/* `text` is what follows the responder's URL, percent-decoded: base64 in either alphabet (RFC 4648
 * 4 and 5), with or without padding, after slashes that a client joined too many of. Appends the
 * octets; false for anything else. */
MUST_CHECK bool ocsp_path_decode(const char *text, struct buffer *ret);
