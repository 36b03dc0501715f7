#include "base/duration.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define DAY INT64_C(86400)

static const struct unit {
	const char *suffix;
	int64_t seconds;
	bool written;
} units[] = {
	{ "y", 365 * DAY, false }, { "w", 7 * DAY, false }, { "d", DAY, true }, { "h", 3600, true },
	{ "m", 60, true },         { "s", 1, true },        { "", 1, false },
};

static bool read_digits(const char **text, int64_t *ret)
{
	int64_t value = 0;
	const char *from = *text;

	for (; **text >= '0' && **text <= '9'; (*text)++) {
		value = value * 10 + (**text - '0');
		if (value > DURATION_MAX)
			return false;
	}
	*ret = value;
	return *text != from;
}

bool duration_from_text(const char *text, int64_t *ret)
{
	int64_t value;

	if (!read_digits(&text, &value))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strcmp(text, units[i].suffix) != 0)
			continue;
		if (value > DURATION_MAX / units[i].seconds)
			return false;
		*ret = value * units[i].seconds;
		return true;
	}
	return false;
}

const char *duration_to_text(int64_t seconds, char into[DURATION_TEXT_MAX])
{
	const struct unit *unit = units;

	while (!unit->written || (seconds % unit->seconds) || (seconds == 0 && unit->seconds != 1))
		unit++;
	snprintf(into, DURATION_TEXT_MAX, "%" PRId64 "%s", seconds / unit->seconds, unit->suffix);
	return into;
}
