/* The story of a certificate: asked for, verified, stored, made current, and the service told. */
#pragma once

#include "bestow/memory.h"
#include "bestow/pair.h"

struct obtained {
	struct bestow_certs *certs; /* the pair that is current now */
	bool resumed;               /* a pair that an earlier run had left pending */
	bool by_bootstrap;          /* a renewal that had to enroll anew */
	bool rolled_back;           /* the service did not take it: the old pair is current again */
};

void obtained_done(struct obtained *obtained);

/* A first certificate for an identity (whatever pair it has stays current until then), or the next
 * one: with the current pair, and when that has ended and the server does not renew it, with the
 * bootstrap credential. The identity is locked by the caller. */
MUST_CHECK bool obtain_first(const struct options *options, const struct memory *memory,
			     struct obtained *ret, struct bestow_error *err);
MUST_CHECK bool obtain_next(const struct options *options, const struct memory *memory,
			    struct obtained *ret, struct bestow_error *err);
