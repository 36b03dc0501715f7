/* The validation authority: what relying parties ask by plain HTTP. CRLs and CA certificates lie
 * ready in memory that the authority has sealed; OCSP answers are kept once they were asked for. */
#pragma once

#include "base/change_board.h"
#include "http/http.h"
#include "model/publication.h"

struct va_options {
	/* Passes an OCSP request on to the authority; `done` is called exactly once, never from
	 * within ask(), with a packed struct ocsp_reply (failure NULL) or a failure. */
	void (*ask)(void *context, struct bytes request,
		    void (*done)(void *question, struct bytes reply, const struct error *failure),
		    void *question);
	void *context;
	const struct change_board *board; /* tells which kept answers are void; borrowed */
	/* An answer leaves, from what is kept or with this octet of OCSPResponseStatus; or to who
	 * fetches a publication of that kind ("none": there is none of the name). NULL: nobody
	 * counts. */
	void (*answered_ocsp)(void *context, bool was_kept, unsigned int status);
	void (*answered_fetch)(void *context, const char *kind, unsigned int status);
};

struct va;
MUST_CHECK bool va_new(const struct va_options *options, struct va **ret, struct error *err);
/* After the http server whose answers may still lie in it. */
void va_free(struct va *va);
DEFINE_CLEANUP(struct va *, va_free)

/* One publication as it comes from the authority: see publication_pack(). `message` is used where
 * it lies until release(message) is called, which happens exactly once, also when this refuses. */
MUST_CHECK bool va_take(struct va *va, struct bytes message, void (*release)(struct bytes message),
			struct error *err);
/* Answers the exchange. */
void va_handle(struct va *va, struct http_exchange *exchange);
