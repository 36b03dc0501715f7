/* A certificate that an operator names. */
#pragma once

#include "manage/verb.h"
#include "model/certificate.h"

/* By params.serial, whole or a beginning that only one of the account's has, and params.ca where it
 * is given. certificate_done() is the caller's. */
MUST_CHECK bool find_certificate(const struct call *call, struct certificate *ret,
				 struct error *err);
