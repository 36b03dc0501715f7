/* libbestow: a client of EST (RFC 7030), for devices.
 *
 * Threads: there is no global state. A client, a request and a list of certificates belong to one
 * thread at a time; different ones may be used by different threads at once. A key may be shared.
 * What a function returns as a string constant lives for ever; everything else says whose it is.
 *
 * Every function that can fail returns false, fills *err (which may be NULL) and writes nothing
 * else. */
#pragma once

#include "bestow/certs.h"
#include "bestow/client.h"
#include "bestow/error.h"
#include "bestow/key.h"
#include "bestow/request.h"
#include "bestow/transport.h"
