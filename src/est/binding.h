/* Channel binding (RFC 7030 3.5, RFC 9266): a request that names the TLS session it travels in. */
#pragma once

#include "model/est_service.h"

/* `text` is one of the names of this session. */
bool binding_names_session(const struct channel_binding *binding, const char *text);
