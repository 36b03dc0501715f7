/* Takes a request's body out of the octets that arrive: counted by Content-Length, or chunked
 * (RFC 9112 section 7.1), whose extensions and trailers are read, bounded and dropped. */
#pragma once

#include "base/bytes.h"
#include "http/framing.h"

#define BODY_SIZE_DIGITS_MAX 16
#define BODY_EXTENSIONS_MAX 1024 /* octets of all chunk extensions of a body together */
#define BODY_TRAILERS_MAX 4096   /* octets of all trailers together */

enum body_state {
	BODY_COUNTED,
	BODY_SIZE, /* of a chunk */
	BODY_EXTENSION,
	BODY_SIZE_LF,
	BODY_CHUNK,
	BODY_CHUNK_CR,
	BODY_CHUNK_LF,
	BODY_TRAILER_START,
	BODY_TRAILER,
	BODY_TRAILER_LF,
	BODY_LAST_LF,
	BODY_COMPLETE,
};

struct body {
	enum body_state state;
	uint64_t left; /* octets of the counted body or of this chunk */
	size_t max, taken;
	unsigned int digits;
	size_t extensions, trailers;
};

struct body body_begin(const struct framing *framing, size_t max);
/* Appends what belongs to the body to *into and says in *ret_used how many octets of `text` it
 * took; after PARSE_DONE the rest belongs to the next request. Running out of memory shows in
 * *into. */
enum parse body_take(struct body *body, struct bytes text, size_t *ret_used, struct buffer *into,
		     struct refusal *refusal);
