/* What administrators reach by HTTPS: the REST API, and the console that is its client. */
#pragma once

#include "bestowd/admin.h"
#include "ipc/ipc.h"
#include "model/snapshot.h"

struct admin_http;
/* Listens only once there is an identity to show. */
MUST_CHECK bool admin_http_new(const struct admin_options *options, struct event_base *base,
			       struct ipc_client *authority, struct admin_http **ret,
			       struct error *err);
/* Before the line to the authority: calls under way are answered first. */
void admin_http_free(struct admin_http *http);
DEFINE_CLEANUP(struct admin_http *, admin_http_free)
/* The authority's word on the node's TLS identity and on whose certificates are asked for. */
void admin_http_take(struct admin_http *http, const struct snapshot *snapshot);
