/* What a request went through, step by step: as kept with a refusal, else as its outcome tells. */
#pragma once

#include <jansson.h>

#include "model/event.h"

/* A list of {step, outcome, words, took_us}; NULL when memory is out. took_us is null where nothing
 * was measured; of a decision the last rule has the time of all. */
json_t *describe_event_steps(const struct event *event);
