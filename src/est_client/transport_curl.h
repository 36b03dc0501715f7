/* The library's own transport: libcurl over OpenSSL. */
#pragma once

#include "base/error.h"
#include "bestow/transport.h"

extern const struct bestow_transport transport_curl;

MUST_CHECK bool transport_curl_new(void **ret_context, struct error *err);
void transport_curl_free(void *context);
