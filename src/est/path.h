/* The URL of RFC 7030 3.2.2: [base]/.well-known/est[/label]/operation. */
#pragma once

#include "base/error.h"
#include "model/operation.h"

struct est_path {
	char label[130]; /* "" when the URL names none; longer ones name nothing */
	enum est_operation operation;
};

/* `base` is the node's fixed prefix, "" or "/something". Several slashes count as one, and one at
 * the end as none; nothing else is mended. REASON_UNKNOWN_OPERATION or REASON_UNKNOWN_LABEL, the
 * label then filled for the event as far as it fits. */
MUST_CHECK bool est_path_parse(const char *text, const char *base, struct est_path *ret,
			       struct error *err);
