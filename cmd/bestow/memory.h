/* What an identity remembers between runs. */
#pragma once

#include "bestow/identity.h"

struct memory {
	int64_t saved; /* of the last success, when a server's certificate agreed: no clock before
			  it is right */
	int64_t last_try; /* as the clock told it */
	int64_t last_success;
	int64_t next_try; /* 0: nobody has decided */
	int64_t failures; /* in a row */
	int64_t failures_total;
	char last_code[48]; /* of the last failure; "" after a success */
	char last_detail[BESTOW_DETAIL_MAX];
};

/* A missing or unreadable file is an empty memory: it only costs a delay. */
void memory_load(const struct options *options, struct memory *ret);
MUST_CHECK bool memory_save(const struct options *options, const struct memory *memory,
			    struct error *err);
/* The clock, but never before this program was built nor before the memory was written. */
int64_t memory_now(const struct memory *memory);
/* When this program was built. */
int64_t memory_floor(void);
