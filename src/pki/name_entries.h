/* How a name grows while it is read, copied or built. */
#pragma once

#include "pki/name.h"

/* Adds the entry at the end and takes over its value, also when it fails. A type that is not a
 * constant stays borrowed until name_own_types(). */
MUST_CHECK bool name_push(struct name *name, struct name_entry entry, struct error *err);
/* Copies the unknown attributes' OIDs into the name, once, when all entries are in. */
MUST_CHECK bool name_own_types(struct name *name, struct error *err);
/* The index behind the RDN that begins at `first`. */
size_t name_rdn_end(const struct name *name, size_t first);
