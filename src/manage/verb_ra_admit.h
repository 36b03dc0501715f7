#pragma once

#include "manage/verb.h"

/* Gives an RA certificate that a profile made leave to speak for devices. */
MUST_CHECK bool ra_certificate_admit(const struct call *call, json_t **ret, struct error *err);
