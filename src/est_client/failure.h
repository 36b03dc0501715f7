/* From the house's errors to those that leave the library, and back from a transport's. */
#pragma once

#include "base/error.h"
#include "bestow/error.h"

enum bestow_outcome failure_outcome(enum reason reason);
/* Fills *ret, which may be NULL; always false. */
bool failure_tell(const struct error *err, struct bestow_error *ret);
/* What a transport said. Always false. */
bool failure_take(const struct bestow_error *from, struct error *err);
