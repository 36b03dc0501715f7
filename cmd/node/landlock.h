/* The kernel's own word (Landlock) on which TCP ports a process may connect to. By hand: the
 * headers of older systems do not know of it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Since Linux 6.7. */
bool landlock_knows_ports(void);
/* From now on this thread, and those it makes, connect by TCP to these ports only, and bind none.
 * Nothing happens where the kernel does not know ports. Needs no_new_privs. */
MUST_CHECK bool landlock_allow_ports(const uint16_t *ports, size_t count, struct error *err);
