/* libbestow: a client of EST (RFC 7030), for devices.
 *
 * Threads: there is no global state besides what libcurl and OpenSSL keep. A client, a request and
 * a list of certificates belong to one thread at a time; different ones may be used by different
 * threads at once. A key may be shared.
 *
 * Ownership: what a function gives through `ret` is the caller's, and has a function that frees it,
 * which takes NULL. What is passed in is only read, and is borrowed for the call unless its
 * function says otherwise. Strings that are returned as constants live for ever.
 *
 * Failure: every function that can fail returns false, fills *err (which may be NULL) and writes
 * nothing else. Beside the outcomes that a function names, each can fail with BESTOW_FAILED when
 * memory is out. No argument but `err` may be NULL unless its function says so. */
#pragma once

#include "bestow/certs.h"
#include "bestow/client.h"
#include "bestow/error.h"
#include "bestow/key.h"
#include "bestow/request.h"
#include "bestow/transport.h"
