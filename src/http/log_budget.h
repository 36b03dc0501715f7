/* Bounds how often one kind of line is logged, so that a flood of refusals neither fills the disk
 * nor hides the others. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define LOG_BUDGET_PER_SECOND 20
#define LOG_BUDGET_KINDS 32 /* by hash; two that meet share a budget */

struct log_budget {
	struct {
		uint64_t second;
		uint32_t used, withheld;
	} kinds[LOG_BUDGET_KINDS];
};

/* May a line of this kind be logged now? *ret_withheld: how many were not since the last one. */
bool log_budget_take(struct log_budget *budget, const char *kind, uint64_t now_ms,
		     uint32_t *ret_withheld);
