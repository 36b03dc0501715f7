/* What one reading of the configuration made: its sockets, and how edges are run with it. Edges of
 * an earlier generation go on with theirs until their connections end. */
#pragma once

#include "node/edge.h"
#include "node/lockdown.h"
#include "config/config.h"

/* Kinds of listeners, several at once. */
#define LISTENER_BIT(kind) (1u << (kind))
#define LISTENERS_OF_EDGES (LISTENER_BIT(LISTENER_EST) | LISTENER_BIT(LISTENER_VA))

struct generation {
	unsigned int number; /* from 1 */
	struct config *config;
	struct lockdown_options lockdown;
	unsigned int edges;
	int *fds; /* one per address of each listener, in order */
	size_t fd_count;
};

/* Takes the configuration over, in any case. Addresses on which `before` (may be NULL) listens
 * already are shared with it, so no connection is lost; the others are bound. */
MUST_CHECK bool generation_new(struct config *config, const struct generation *before,
			       struct generation **ret, struct error *err);
/* Its edges retire: addresses that `after` does not share stop listening in every process, and the
 * sockets are closed here. */
void generation_stop_listening(struct generation *generation, const struct generation *after);
void generation_free(struct generation *generation);
DEFINE_CLEANUP(struct generation *, generation_free)

/* For an edge process: *ret borrows from the generation, and owns the array of listeners, which the
 * process keeps. Line, control line and name are the caller's to set. */
MUST_CHECK bool generation_edge_options(const struct generation *generation,
					struct edge_options *ret, struct error *err);
/* The same for another process: what listens in one way. */
MUST_CHECK bool generation_listeners_of(const struct generation *generation,
					enum listener_kind kind, struct http_listener_options **ret,
					size_t *ret_count, struct error *err);
bool generation_has(const struct generation *generation, enum listener_kind kind);
/* Whether the descriptor at this index belongs to one of those kinds of listener. */
bool generation_is_of(const struct generation *generation, size_t index, unsigned int kinds);
/* The addresses of that kind are the same in both, and so are the proxies that are believed there.
 */
bool generation_shares(const struct generation *a, const struct generation *b,
		       enum listener_kind kind);
/* "127.0.0.1:8443, [::1]:8443" */
void generation_print_addresses(const struct generation *generation, struct buffer *to);
/* As configured, or guessed from the machine's name and the first address. NULL: memory is out. */
char *generation_est_url(const struct generation *generation);
/* The console's, in the same way; NULL too where there is none. */
char *generation_console_url(const struct generation *generation);
