/* A secret of the configuration: from its file, or from whoever sits at the terminal. */
#pragma once

#include "base/secret.h"

/* `source` is a path or SECRET_PROMPT; `what` is what the terminal is asked for. Waits for the
 * person as long as it takes. REASON_SECRET_FILE. */
MUST_CHECK bool secret_obtain(const char *source, const char *what, size_t max, struct secret *ret,
			      struct error *err);
