#include "http/log_budget.h"

static unsigned int hash(const char *text)
{
	uint32_t value = UINT32_C(2166136261);

	for (; *text; text++)
		value = (value ^ (unsigned char)*text) * UINT32_C(16777619);
	return (value ^ (value >> 16)) % LOG_BUDGET_KINDS;
}

bool log_budget_take(struct log_budget *budget, const char *kind, uint64_t now_ms,
		     uint32_t *ret_withheld)
{
	__typeof__(&budget->kinds[0]) slot = &budget->kinds[hash(kind)];
	uint64_t second = now_ms / 1000;

	if (slot->second != second) {
		slot->second = second;
		slot->used = 0;
	}
	if (slot->used >= LOG_BUDGET_PER_SECOND) {
		slot->withheld++;
		return false;
	}
	slot->used++;
	*ret_withheld = slot->withheld;
	slot->withheld = 0;
	return true;
}
