/* What only the authority knows, found out when somebody asks for metrics or health. */
#pragma once

#include "bestowd/health.h"
#include "metrics/exposition.h"

/* Keeps an answer for as long as is ten times what it took to make, so that asking often costs a
 * large node no more than a tenth of one thread. Thread-safe. */
struct census;
MUST_CHECK bool census_new(struct census **ret, struct error *err);
void census_free(struct census *census);
DEFINE_CLEANUP(struct census *, census_free)
/* Appends families of metrics. What cannot be counted is left out. */
void census_take(struct census *census, const struct health_view *view,
		 enum exposition_format format, struct buffer *to);
/* As health_check() says. */
void census_health(struct census *census, const struct health_view *view, struct buffer *to);
