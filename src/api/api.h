/* The REST API under /api/v1, on the administrators' listener: a thin, table-driven way from HTTP
 * to the operator's verbs. It holds no rights of its own: each request carries the credential that
 * came with it to the authority. */
#pragma once

#include "http/http.h"
#include "model/api_request.h"

/* How the authority is asked; `done` is called exactly once, never from within. */
struct api_asker {
	void (*ask)(void *context, const struct api_request *request,
		    void (*done)(void *call, struct bytes reply, const struct error *err),
		    void *call);
	void *context;
};

struct api;
MUST_CHECK bool api_new(const struct api_asker *asker, struct api **ret, struct error *err);
/* After the http server whose exchanges it holds, and the asker. */
void api_free(struct api *api);
DEFINE_CLEANUP(struct api *, api_free)

/* True when the path is the API's; then the exchange is answered, now or later. */
bool api_handle(struct api *api, struct http_exchange *exchange);
/* The description of the API, as it is served: OpenAPI 3.1. */
MUST_CHECK bool api_describe(struct buffer *ret, struct error *err);

/* Fields that every answer of the administrators' listener carries. */
void api_add_security_fields(struct http_answer *answer);
