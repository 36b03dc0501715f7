#include "base/reason.h"

#include <string.h>

static const struct {
	const char *code;
	enum error_kind kind;
	const char *words;
	const char *remedy;
} reasons[REASON_COUNT] = {
	[REASON_NONE] = { "none", ERROR_NONE, "no error", "" },
#define REASON(name, code, kind, words, remedy) [REASON_##name] = { code, kind, words, remedy },
#include "base/reason_table.h"
#undef REASON
};

/* A number from another process may lie outside the table. */
static enum reason known(enum reason reason)
{
	return (unsigned int)reason < REASON_COUNT ? reason : REASON_INTERNAL;
}

const char *reason_code(enum reason reason)
{
	return reasons[known(reason)].code;
}

const char *reason_words(enum reason reason)
{
	return reasons[known(reason)].words;
}

const char *reason_remedy(enum reason reason)
{
	return reasons[known(reason)].remedy;
}

enum error_kind reason_kind(enum reason reason)
{
	return reasons[known(reason)].kind;
}

enum reason reason_by_code(const char *code)
{
	for (enum reason reason = REASON_NONE; reason < REASON_COUNT; reason++)
		if (strcmp(reasons[reason].code, code) == 0)
			return reason;
	return REASON_COUNT;
}
