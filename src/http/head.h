/* The head of a request: request line and fields (RFC 9112 sections 3 and 5), read strictly.
 *
 * Two passes. head_scan() looks at octets as they arrive and finds the head's end; what no head may
 * hold (a bare CR or LF, NUL, other controls) is refused as soon as it is seen, so that nobody
 * waits for the rest. head_parse() then takes the whole head apart in place. */
#pragma once

#include "base/bytes.h"
#include "http/http.h"
#include "http/parse.h"
#include "http/target.h"

#define HEAD_FIELDS_MAX 100 /* no EST client sends twenty */
#define HEAD_METHOD_MAX 32

struct head {
	const char *method;
	struct target target;
	bool is_http10;
	size_t field_count;
	struct http_header fields[HEAD_FIELDS_MAX];
};

/* Strips empty lines from before a request: libest sends one after each body. *lines counts over
 * the calls for one request; PARSE_MORE means that octets are wanted, PARSE_DONE that *text now
 * begins with something else. */
enum parse head_skip_empty_lines(struct bytes *text, unsigned int *lines, struct refusal *refusal);

/* `text` begins with the request line and `*scanned` octets of it have been looked at before. */
enum parse head_scan(struct bytes text, size_t max, size_t *scanned, size_t *ret_len,
		     struct refusal *refusal);

/* `text` is the NUL-terminated copy of a head that was scanned. It is cut up in place; *ret points
 * into it. */
MUST_CHECK bool head_parse(char *text, struct head *ret, struct refusal *refusal);

const char *head_field(const struct head *head, const char *name); /* the first of that name */
