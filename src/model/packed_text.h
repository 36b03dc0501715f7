/* Texts of fixed room in messages between processes. */
#pragma once

#include "base/pack.h"

/* Reads a packed byte string into `into`; too long or with a NUL inside fails. What is unprintable
 * becomes '?': the sender may have cut a character in half, or be no longer ours. */
void unpack_text(struct unpacker *from, char *into, size_t size);
