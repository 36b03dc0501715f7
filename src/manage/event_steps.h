/* What a request went through, step by step: as kept with a refusal, else as its outcome tells. */
#pragma once

#include <jansson.h>

#include "model/event.h"

/* A list of {step, outcome, words}; NULL when memory is out. */
json_t *describe_event_steps(const struct event *event);
