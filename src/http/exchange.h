/* One request and its answer. It belongs to its connection while octets arrive, to the handler from
 * then until http_answer(). */
#pragma once

#include "http/body.h"
#include "http/framing.h"
#include "http/head.h"

#define REQUEST_ID_LEN 16

struct connection;

struct http_exchange {
	struct connection *connection;
	char id[REQUEST_ID_LEN + 1];
	uint64_t started_us;
	struct head head;
	struct framing framing;
	struct body body;
	struct buffer body_octets;
	bool head_only; /* HEAD: the answer's body stays away */
	size_t head_len;
	char head_text[]; /* what `head` points into */
};

MUST_CHECK bool exchange_new(struct connection *connection, struct bytes head_text,
			     struct http_exchange **ret);
/* Reads the head; the exchange is of use for a refusal even if this fails. */
MUST_CHECK bool exchange_parse(struct http_exchange *exchange, size_t body_max,
			       struct refusal *refusal);
void exchange_free(struct http_exchange *exchange); /* wipes: a request may carry a passphrase */
DEFINE_CLEANUP(struct http_exchange *, exchange_free)
