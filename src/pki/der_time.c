#include "pki/der_time.h"

#include <string.h>
#include <time.h>

#include "pki/der.h"

#define UTC_TIME_YEAR_MIN 1950 /* RFC 5280 4.1.2.5.1: two digits mean 1950 to 2049 */
#define UTC_TIME_YEAR_MAX 2049
#define YEAR_MAX 9999
#define TM_YEAR_BASE 1900

static bool are_digits(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	return true;
}

static int two_digits(const unsigned char *at)
{
	return (at[0] - '0') * 10 + (at[1] - '0');
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Days since 1970-01-01 in the Gregorian calendar; years counted from March put the leap day last.
 */
static int64_t days_since_epoch(int year, int month, int day)
{
	int64_t years = month > 2 ? year : year - 1;
	int64_t era = (years >= 0 ? years : years - 399) / 400;
	int64_t year_of_era = years - era * 400;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

/* `rest` is MMDDHHMMSS, digits all. */
static bool parse_within_year(int year, const unsigned char *rest, int64_t *ret)
{
	int month = two_digits(rest), day = two_digits(rest + 2), hour = two_digits(rest + 4),
	    minute = two_digits(rest + 6), second = two_digits(rest + 8);

	if (month < 1 || month > 12 || day < 1 || day > days_of_month(year, month))
		return false;
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	*ret = ((days_since_epoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
	return true;
}

bool der_time_parse(struct bytes text, unsigned int tag, int64_t *ret)
{
	size_t year_digits = tag == DER_UTC_TIME ? 2 : 4;

	if (text.len != year_digits + sizeof "MMDDHHMMSSZ" - 1 || text.data[text.len - 1] != 'Z' ||
	    !are_digits((struct bytes){ text.data, text.len - 1 }))
		return false;

	int year = two_digits(text.data);
	if (tag == DER_UTC_TIME)
		year += year < UTC_TIME_YEAR_MIN % 100 ? 2000 : 1900;
	else
		year = year * 100 + two_digits(text.data + 2);
	return parse_within_year(year, text.data + year_digits, ret);
}

static bool break_down(int64_t seconds, struct tm *ret)
{
	time_t when = seconds;

	return gmtime_r(&when, ret) && ret->tm_year >= -TM_YEAR_BASE &&
	       ret->tm_year <= YEAR_MAX - TM_YEAR_BASE;
}

static char *put_two_digits(char *into, int number)
{
	into[0] = (char)('0' + number / 10);
	into[1] = (char)('0' + number % 10);
	return into + 2;
}

/* Not by snprintf(): every certificate has four of these to write and to compare. */
static void print(const struct tm *utc, bool is_utc_time, char *into)
{
	const int year = utc->tm_year + TM_YEAR_BASE;
	const int rest[] = { year % 100,   utc->tm_mon + 1, utc->tm_mday,
			     utc->tm_hour, utc->tm_min,     utc->tm_sec };

	if (!is_utc_time)
		into = put_two_digits(into, year / 100);
	for (size_t i = 0; i < ARRAY_LEN(rest); i++)
		into = put_two_digits(into, rest[i]);
	memcpy(into, "Z", sizeof "Z");
}

unsigned int der_time_print(int64_t seconds, char into[DER_TIME_TEXT_MAX])
{
	struct tm utc;

	if (!break_down(seconds, &utc))
		return 0;
	int year = utc.tm_year + TM_YEAR_BASE;
	bool is_utc_time = year >= UTC_TIME_YEAR_MIN && year <= UTC_TIME_YEAR_MAX;
	print(&utc, is_utc_time, into);
	return is_utc_time ? DER_UTC_TIME : DER_GENERALIZED_TIME;
}

bool der_time_print_generalized(int64_t seconds, char into[DER_TIME_TEXT_MAX])
{
	struct tm utc;

	if (!break_down(seconds, &utc))
		return false;
	print(&utc, false, into);
	return true;
}
