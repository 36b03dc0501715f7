/* The head of an answer as its octets. */
#pragma once

#include "base/bytes.h"
#include "http/http.h"

enum answer_connection {
	ANSWER_KEEP,        /* HTTP/1.1: nothing need be said */
	ANSWER_KEEP_HTTP10, /* asked for by an HTTP/1.0 client: said */
	ANSWER_CLOSE,
};

/* What the answer does not say itself. */
struct answer_frame {
	int64_t now;
	enum answer_connection connection;
	bool asked_http10; /* the request's version was HTTP/1.0 */
};

/* False when a field holds a control character, and could thus end the field or the head: such an
 * answer is never sent. */
bool answer_is_sound(const struct http_answer *answer);
/* RFC 9110 8.6: no body and no Content-Length in 204 and 304. */
bool answer_may_have_body(unsigned int status);
void answer_encode_head(const struct http_answer *answer, const struct answer_frame *frame,
			struct buffer *ret);
/* The same for a body whose length nobody knows yet. */
void answer_encode_feed_head(const struct http_answer *answer, int64_t now, bool is_chunked,
			     struct buffer *ret);
