/* Names with places to be filled: "{hostname}", and "{idevid:serialNumber}" from the certificate
 * that the device was born with. */
#pragma once

#include "bestow/certs.h"
#include "base/bytes.h"
#include "base/error.h"

/* Appends the filled text and a NUL that its length does not count. `born` may be NULL.
 * REASON_INVALID. */
MUST_CHECK bool names_fill(const char *written, const struct bestow_certs *born, struct buffer *ret,
			   struct error *err);
