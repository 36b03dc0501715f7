/* The forms that names in a SAN must have (RFC 5280 4.2.1.6). All refuse with REASON_NAME_INVALID.
 */
#pragma once

#include "base/error.h"

/* Preferred name syntax (RFC 1034 3.5, RFC 1123 2.1), wildcards in any place. */
MUST_CHECK bool dns_name_check(const char *name, struct error *err);
/* A Mailbox of RFC 5321 4.1.2 with a dot-string and a domain. */
MUST_CHECK bool email_address_check(const char *address, struct error *err);
/* An absolute URI of RFC 3986. */
MUST_CHECK bool uri_check(const char *uri, struct error *err);
