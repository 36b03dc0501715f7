/* Name constraints (RFC 5280 4.2.1.10) as operators write and read them: "dns:corp.example",
 * "ip:10.0.0.0/8", "email:corp.example", "uri:.corp.example", "dir:O=Acme,C=DE". */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#define NAME_SUBTREES_MAX 64 /* each way; a validator compares every name with every one */

struct name_subtrees {
	const char *const *texts;
	size_t count;
};

/* Appends the extension's value; nothing where both are empty. REASON_NAME_INVALID, naming the text
 * that is none. */
MUST_CHECK bool name_constraints_encode(const struct name_subtrees *permitted,
					const struct name_subtrees *excluded, struct buffer *ret,
					struct error *err);
/* Calls back for each subtree; one of a form that we do not write comes as "other". False when the
 * value is malformed, or a callback said so. `each` may be NULL. */
bool name_constraints_each(struct bytes value,
			   bool (*each)(void *context, bool excluded, const char *text),
			   void *context);
