/* Randomness for serials, salts and ids from the kernel's generator, and for keys, which OpenSSL
 * makes, from its own after that has begun anew from the kernel's. OpenSSL begins anew by itself
 * when the process id changes; but of a machine's snapshot that is started twice both copies have
 * one memory and one process id, and its generator would give both the same for minutes. The kernel
 * is told by the hypervisor, and gives each its own. */
#pragma once

#include "base/error.h"
#include "base/bytes.h"

/* Fails closed with REASON_CRYPTO; *into is then not to be used. */
MUST_CHECK bool random_fill(void *into, size_t len, struct error *err);

/* Lets OpenSSL's generator of this thread begin anew from the kernel's: before OpenSSL itself makes
 * a key. */
MUST_CHECK bool random_refresh(struct error *err);
