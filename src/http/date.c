#include "http/date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
				      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

/* Not by strftime(), which asks the locale. */
void http_date(int64_t seconds, char into[HTTP_DATE_MAX])
{
	time_t at = (time_t)seconds;
	struct tm when;

	if (!gmtime_r(&at, &when))
		memset(&when, 0, sizeof when);
	snprintf(into, HTTP_DATE_MAX, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[when.tm_wday],
		 when.tm_mday, months[when.tm_mon], when.tm_year + 1900, when.tm_hour, when.tm_min,
		 when.tm_sec);
}

static bool month_of(const char *text, int *ret)
{
	for (int i = 0; i < 12; i++)
		if (strncmp(months[i], text, 3) == 0) {
			*ret = i;
			return true;
		}
	return false;
}

bool http_date_parse(const char *text, int64_t *ret)
{
	struct tm when = { 0 };
	char month[4], again[HTTP_DATE_MAX];

	if (strlen(text) != 29 ||
	    sscanf(text + 5, "%2d %3s %4d %2d:%2d:%2d GMT", &when.tm_mday, month, &when.tm_year,
		   &when.tm_hour, &when.tm_min, &when.tm_sec) != 6 ||
	    !month_of(month, &when.tm_mon))
		return false;
	when.tm_year -= 1900;
	*ret = (int64_t)timegm(&when);
	http_date(*ret, again);
	return strcmp(again, text) == 0;
}
