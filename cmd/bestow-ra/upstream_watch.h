/* Which profiles' upstreams answer, for who watches the proxy. Thread-safe. */
#pragma once

#include "config/config.h"
#include "metrics/exposition.h"

struct upstream_watch;
/* The configuration is borrowed. */
MUST_CHECK bool upstream_watch_new(const struct config *config, struct upstream_watch **ret,
				   struct error *err);
void upstream_watch_free(struct upstream_watch *watch);
/* The profile's upstream answered (`failure` NULL), or it did not. */
void upstream_watch_note(struct upstream_watch *watch, const char *profile,
			 const struct error *failure);
/* Lines "profile NAME: WORDS", once no profile's upstream answers: a proxy goes on for the others.
 */
void upstream_watch_health(struct upstream_watch *watch, struct buffer *to);
void upstream_watch_metrics(struct upstream_watch *watch, enum exposition_format format,
			    struct buffer *to);
