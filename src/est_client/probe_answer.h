/* An answer of HTTP/1.x as it came, for the conformance kit to judge: what a client would refuse is
 * told of here. */
#pragma once

#include "base/bytes.h"

#define PROBE_HEAD_MAX 65536
#define PROBE_BODY_MAX 1048576

struct probe_answer {
	int status;
	unsigned int minor;          /* HTTP/1.minor */
	bool was_continued;          /* a 100 came before it */
	bool has_length, is_chunked; /* how its body is framed */
	bool runs_to_end;            /* neither: it ends with the connection */
	struct buffer fields;        /* "Name: value\r\n", each */
	struct buffer body;
};

enum probe_progress { PROBE_MORE, PROBE_WHOLE, PROBE_BROKEN };

/* Takes one whole answer off the front of the stream. PROBE_MORE: it is not there yet; `ended` says
 * that nothing more will come. */
enum probe_progress probe_answer_take(struct buffer *stream, bool ended, struct probe_answer *ret);
/* The value of the first field of this name, in any case; cut to `size`. */
bool probe_answer_field(const struct probe_answer *answer, const char *name, char *into,
			size_t size);
/* The name stands there in exactly this case. */
bool probe_answer_spells(const struct probe_answer *answer, const char *name);
void probe_answer_done(struct probe_answer *answer);
