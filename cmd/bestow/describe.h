/* Certificates in words and as JSON. */
#pragma once

#include <jansson.h>

#include "base/bytes.h"
#include "bestow/certs.h"

json_t *describe_cert(const struct bestow_certs *certs, size_t index);
/* Two lines: subject and end, fingerprint. */
void describe_ca(const struct bestow_certs *certs, size_t index, struct buffer *to);
/* "12 d", "5 h", "3 min": the largest that fits; "" for nothing left. */
#define SPAN_TEXT_MAX 24
const char *describe_span(int64_t seconds, char into[SPAN_TEXT_MAX]);
