/* What a server has seen. It may lie in memory that outlives the process. */
#pragma once

#include "base/counter.h"

#define HTTP_REFUSAL_STATUSES 106 /* 400 to 505 */

struct http_counters {
	struct counter accepted;    /* connections let in */
	struct counter turned_away; /* by admit, by a cap, or not from a trusted proxy */
	struct counter handshakes_ok, handshakes_failed;
	struct counter requests;                       /* that reached the handler */
	struct counter refused[HTTP_REFUSAL_STATUSES]; /* answered by http itself; [0] is 400 */
};
