#include "est_client/retry_after.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/cleanup.h"

static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
				      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static int month_of(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(months); i++)
		if (strcasecmp(months[i], text) == 0)
			return (int)i;
	return -1;
}

/* RFC 9110 5.6.7: IMF-fixdate, RFC 850 and asctime; read without a locale. */
static bool scan_date(const char *field, struct tm *utc, char month[4])
{
	const char *comma = strchr(field, ',');

	*utc = (struct tm){ 0 };
	if (comma && sscanf(comma + 1, " %2d%*1[ -]%3s%*1[ -]%4d %2d:%2d:%2d GMT", &utc->tm_mday,
			    month, &utc->tm_year, &utc->tm_hour, &utc->tm_min, &utc->tm_sec) == 6)
		return true;
	return !comma && sscanf(field, "%*3s %3s %2d %2d:%2d:%2d %4d", month, &utc->tm_mday,
				&utc->tm_hour, &utc->tm_min, &utc->tm_sec, &utc->tm_year) == 6;
}

bool date_field_parse(const char *field, int64_t *ret)
{
	struct tm utc;
	char month[4] = "";

	if (!scan_date(field, &utc, month))
		return false;
	utc.tm_mon = month_of(month);
	if (utc.tm_mon < 0 || utc.tm_year < 0 || utc.tm_mday < 1)
		return false;
	if (utc.tm_year < 100)
		utc.tm_year += utc.tm_year < 70 ? 2000 : 1900;
	utc.tm_year -= 1900;
	*ret = timegm(&utc);
	return true;
}

static bool read_seconds(const char *field, int64_t *ret)
{
	int64_t seconds = 0;

	for (; *field >= '0' && *field <= '9'; field++)
		seconds = seconds > RETRY_AFTER_MAX ? seconds : seconds * 10 + (*field - '0');
	*ret = seconds;
	return field[strspn(field, " \t")] == '\0';
}

static uint32_t clamp(int64_t seconds)
{
	if (seconds < RETRY_AFTER_MIN)
		return RETRY_AFTER_MIN;
	return seconds > RETRY_AFTER_MAX ? RETRY_AFTER_MAX : (uint32_t)seconds;
}

uint32_t retry_after_parse(const char *field, int64_t now)
{
	int64_t value;

	field += strspn(field, " \t");
	if (*field >= '0' && *field <= '9' && read_seconds(field, &value))
		return clamp(value);
	if (*field && date_field_parse(field, &value))
		return clamp(value - now);
	return RETRY_AFTER_DEFAULT;
}
