/* An answer that goes on: its head is written at once, its body piece by piece, for as long as the
 * client stays. Lists that are too long to be held, and events as they happen.
 *
 * To HTTP/1.1 it is chunked, so that a client can tell the end from a break; to HTTP/1.0 it ends
 * with the connection. In both cases the connection ends after it. */
#pragma once

#include "http/http.h"

#define HTTP_FEED_QUEUE_MAX (1024u * 1024) /* octets that a slow client may leave with us */

struct http_feed;
struct http_feed_options {
	/* All that was sent has been taken over by the client's kernel: time for more. May call the
	 * functions below. */
	void (*on_drained)(void *context);
	/* The client or the server has gone; the feed is no more. Not called after http_feed_end().
	 * Must not call the functions below. */
	void (*on_gone)(void *context);
	/* Every so many milliseconds, for what is to be looked after by the clock; 0: never. */
	uint32_t tick_ms;
	void (*on_tick)(void *context);
	void *context;
};

/* Consumes the exchange. `answer->body` is the first piece. NULL, and nothing of the options is
 * called, when the connection is gone already. */
struct http_feed *http_feed_begin(struct http_exchange *exchange, const struct http_answer *answer,
				  const struct http_feed_options *options);
/* Copies. False when the client takes too little, or memory is out: then end it. */
MUST_CHECK bool http_feed_send(struct http_feed *feed, struct bytes piece);
/* Says that this was all, if it `is_whole`; else breaks the connection, so that nobody takes a part
 * for the whole. The feed is no more. */
void http_feed_end(struct http_feed *feed, bool is_whole);
