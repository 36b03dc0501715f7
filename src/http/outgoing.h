/* An answer on its way: the first run of octets holds the head and as much of the body as one TLS
 * record takes, so that clients which read a record at a time see both; the rest of a long body
 * follows from where it lies. */
#pragma once

#include "base/bytes.h"
#include "http/stream.h"

#define OUTGOING_FIRST_MAX 16384 /* octets of one TLS record */

struct outgoing {
	struct buffer first; /* owned */
	size_t first_sent;
	struct bytes rest;  /* borrowed, until outgoing_keep() */
	struct buffer kept; /* what `rest` then points into */
	void (*release)(void *owner);
	void *owner;
};

/* `out` holds an encoded head in `first`. False when memory is out. */
MUST_CHECK bool outgoing_set_body(struct outgoing *out, struct bytes body);
/* STREAM_OK: all of it is written. */
enum stream_result outgoing_flush(struct outgoing *out, struct stream *stream);
/* Copies what is still borrowed, unless its owner is to be told at the end. */
MUST_CHECK bool outgoing_keep(struct outgoing *out);
/* Wipes, as an answer may hold a private key, tells the owner, and is empty again. */
void outgoing_done(struct outgoing *out);
