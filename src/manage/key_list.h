/* Lists of blocked keys as text: a fingerprint in hexadecimal begins each line. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

/* Calls back for each line's fingerprint: 64 digits are the SHA-256 of a SubjectPublicKeyInfo, 20
 * the short fingerprint of an RSA modulus (pki/key_scrutiny.h). What follows a space is a remark;
 * empty lines and those that begin with '#' are passed over. A line that is neither, or a list
 * without any: REASON_IMPORT_MALFORMED naming the line. A callback that returns false ends it, with
 * its error. */
MUST_CHECK bool key_list_read(struct bytes text,
			      bool (*each)(void *context, struct bytes fingerprint,
					   struct error *err),
			      void *context, struct error *err);
/* One fingerprint; `ret` has room for 32 octets. */
bool key_fingerprint_read(struct bytes text, unsigned char *ret, size_t *ret_len);
