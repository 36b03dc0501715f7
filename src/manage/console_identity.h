/* The certificate that the console is served with until the node has one: made by the node, vouched
 * for by nobody, and known by its fingerprint, which is told beside each link. */
#pragma once

#include "manage/manage.h"
#include "pki/cert.h"

/* Makes it where the node has no certificate and none of its own that still lasts and bears the
 * console's name. At the start; thread-safe. */
MUST_CHECK bool console_identity_provide(const struct manage *manage, struct error *err);
/* What a browser is shown now; *ret stays NULL where the node has a certificate, of a CA or a
 * file. */
MUST_CHECK bool console_identity_find(const struct manage *manage, struct cert **ret,
				      struct error *err);
