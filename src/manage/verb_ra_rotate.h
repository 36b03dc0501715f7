#pragma once

#include "manage/verb.h"

/* A successor of an RA certificate: its name, subject and scope, and a key of its own. The old one
 * holds beside it for params.overlap. */
MUST_CHECK bool ra_certificate_rotate(const struct call *call, json_t **ret, struct error *err);
