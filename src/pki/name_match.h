/* Whether a GeneralName stands under the base of a name constraint (RFC 5280 4.2.1.10). */
#pragma once

#include "base/bytes.h"

enum general_name {
	GENERAL_NAME_EMAIL = 0x81,
	GENERAL_NAME_DNS = 0x82,
	GENERAL_NAME_DIRECTORY = 0xa4,
	GENERAL_NAME_URI = 0x86,
	GENERAL_NAME_IP = 0x87,
};

enum name_match { NAME_MATCH_NO, NAME_MATCH_YES, NAME_MATCH_UNKNOWN };

/* Both are the contents of a GeneralName. `excluded` asks whether the name could stand under the
 * base, which for a wildcard is more. NAME_MATCH_UNKNOWN: one of them has no form that can be
 * compared. */
typedef enum name_match name_match_function(struct bytes name, struct bytes base, bool excluded);
name_match_function name_match_dns;
name_match_function name_match_email;
name_match_function name_match_uri;
name_match_function name_match_ip;
name_match_function name_match_directory;

/* A text with a dot, made of what host names are made of. */
bool name_looks_like_host(struct bytes text);
