/* The PROXY protocol's header, versions 1 and 2, with which a proxy tells for whom it speaks. */
#pragma once

#include "base/address.h"
#include "base/bytes.h"
#include "http/parse.h"

#define PROXY_V1_MAX 107  /* with CRLF, as the protocol's text has it */
#define PROXY_V2_MAX 2048 /* addresses and TLVs of any sensible sender */
#define PROXY_MAX PROXY_V2_MAX

struct proxy_header {
	bool has_peer; /* false: LOCAL, UNKNOWN, or a family that has no IP address */
	struct address peer;
};

/* `text` holds what arrived so far. *ret_len: the header's length; what follows belongs to the next
 * protocol. The status of a refusal means nothing here. */
enum parse proxy_parse(struct bytes text, struct proxy_header *ret, size_t *ret_len,
		       struct refusal *refusal);
