#include "manage/oid_assign.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"

#define UUID_LEN 16
#define UUID_DIGITS_MAX 39 /* 2^128 - 1 */

/* Divides the big-endian number by ten in place and yields the remainder. */
static unsigned int divide_by_ten(unsigned char number[UUID_LEN])
{
	unsigned int rest = 0;

	for (size_t i = 0; i < UUID_LEN; i++) {
		unsigned int dividend = rest << 8 | number[i];

		number[i] = (unsigned char)(dividend / 10);
		rest = dividend % 10;
	}
	return rest;
}

static bool is_zero(const unsigned char number[UUID_LEN])
{
	for (size_t i = 0; i < UUID_LEN; i++)
		if (number[i])
			return false;
	return true;
}

static bool random_oid(char **ret, struct error *err)
{
	unsigned char uuid[UUID_LEN];
	char text[UUID_DIGITS_MAX + 1];
	char *first = text + UUID_DIGITS_MAX;

	if (!random_fill(uuid, sizeof uuid, err))
		return false;
	/* RFC 4122 4.4: version 4, so that the number is a UUID indeed */
	uuid[6] = (unsigned char)((uuid[6] & 0x0f) | 0x40);
	uuid[8] = (unsigned char)((uuid[8] & 0x3f) | 0x80);
	*first = '\0';
	while (!is_zero(uuid))
		*--first = (char)('0' + divide_by_ten(uuid));
	if (asprintf(ret, "2.25.%s", first) < 0)
		return error_set(err, REASON_NO_MEMORY, "OID");
	return true;
}

/* The number right below `arc`, 0 when the OID stands elsewhere or deeper. */
static uint32_t number_below(const char *arc, const char *oid)
{
	size_t len = strlen(arc);
	uint32_t number;
	int end = 0;

	if (strncmp(oid, arc, len) != 0 || oid[len] != '.')
		return 0;
	if (sscanf(oid + len + 1, "%9" SCNu32 "%n", &number, &end) != 1 ||
	    oid[len + 1 + (size_t)end])
		return 0;
	return number;
}

bool oid_assign(const struct catalog *catalog, const struct account *account, char **ret,
		struct error *err)
{
	uint32_t highest = 0;

	if (!account->oid_arc || !*account->oid_arc)
		return random_oid(ret, err);
	/* over all accounts: two may have been given one arc */
	for (size_t i = 0; i < catalog->profile_count; i++) {
		uint32_t number = number_below(account->oid_arc, catalog->profiles[i]->oid);

		highest = number > highest ? number : highest;
	}
	if (asprintf(ret, "%s.%" PRIu32, account->oid_arc, highest + 1) < 0)
		return error_set(err, REASON_NO_MEMORY, "OID");
	return true;
}
