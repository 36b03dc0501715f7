#include "base/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define V4_OFFSET 12 /* of the four octets in ::ffff:a.b.c.d */

static const unsigned char v4_prefix[V4_OFFSET] = { [10] = 0xff, [11] = 0xff };

static struct address address_of_v4(const void *octets)
{
	struct address address;

	memcpy(address.bytes, v4_prefix, sizeof v4_prefix);
	memcpy(address.bytes + V4_OFFSET, octets, sizeof address.bytes - V4_OFFSET);
	return address;
}

bool address_from_socket(const struct sockaddr *socket_address, struct address *ret,
			 struct error *err)
{
	if (socket_address->sa_family == AF_INET) {
		struct sockaddr_in v4;
		memcpy(&v4, socket_address, sizeof v4);
		*ret = address_of_v4(&v4.sin_addr);
		return true;
	}
	if (socket_address->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;
		memcpy(&v6, socket_address, sizeof v6);
		memcpy(ret->bytes, &v6.sin6_addr, sizeof ret->bytes);
		return true;
	}
	return error_set(err, REASON_INVALID, "address family %u is neither IPv4 nor IPv6",
			 (unsigned int)socket_address->sa_family);
}

bool address_parse(const char *text, struct address *ret, struct error *err)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, text, &v4) == 1) {
		*ret = address_of_v4(&v4);
		return true;
	}
	if (inet_pton(AF_INET6, text, &v6) == 1) {
		memcpy(ret->bytes, &v6, sizeof ret->bytes);
		return true;
	}
	return error_set(err, REASON_INVALID, "\"%s\" is not an IP address", text);
}

const char *address_to_text(const struct address *address, char into[ADDRESS_TEXT_MAX])
{
	const char *text =
		address_is_v4(address)
			? inet_ntop(AF_INET, address->bytes + V4_OFFSET, into, ADDRESS_TEXT_MAX)
			: inet_ntop(AF_INET6, address->bytes, into, ADDRESS_TEXT_MAX);

	return text ? text : memcpy(into, "-", 2);
}

bool address_is_v4(const struct address *address)
{
	return memcmp(address->bytes, v4_prefix, sizeof v4_prefix) == 0;
}

int address_compare(const struct address *a, const struct address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

/* The neighbours; the callers see to it that there is one. */
static struct address address_after(struct address address)
{
	for (size_t i = sizeof address.bytes; i > 0 && ++address.bytes[i - 1] == 0; i--)
		;
	return address;
}

static int compare_first(const void *a, const void *b)
{
	const struct address_range *one = a, *other = b;

	return address_compare(&one->first, &other->first);
}

/* ::ffff:0.0.0.0 and ::ffff:255.255.255.255, and the IPv6 addresses on either side. A range of IPv6
 * never holds an IPv4 address, also where its numbers surround them: ::/0 is all of IPv6 only. */
static const struct address v4_first = { { [10] = 0xff, [11] = 0xff } };
static const struct address v4_last = {
	{ [10] = 0xff, [11] = 0xff, [12] = 0xff, [13] = 0xff, [14] = 0xff, [15] = 0xff }
};
static const struct address before_v4 = {
	{ [10] = 0xff, [11] = 0xfe, [12] = 0xff, [13] = 0xff, [14] = 0xff, [15] = 0xff }
};
static const struct address after_v4 = { { [9] = 1 } };

/* Writes the one or two pieces of a range that lie in one family each. */
static size_t split_by_family(const struct address_range *range, struct address_range pieces[2])
{
	size_t count = 0;
	bool touches_v4 = address_compare(&range->first, &v4_last) <= 0 &&
			  address_compare(&range->last, &v4_first) >= 0;

	if (!touches_v4 || (address_is_v4(&range->first) && address_is_v4(&range->last))) {
		pieces[0] = *range;
		return 1;
	}
	if (address_compare(&range->first, &before_v4) <= 0)
		pieces[count++] = (struct address_range){ range->first, before_v4 };
	if (address_compare(&range->last, &after_v4) >= 0)
		pieces[count++] = (struct address_range){ after_v4, range->last };
	return count;
}

/* True if `next`, which begins no earlier, continues or overlaps `range` in the same family. */
static bool ranges_join(const struct address_range *range, const struct address_range *next)
{
	if (address_is_v4(&range->first) != address_is_v4(&next->first))
		return false;
	if (address_compare(&next->first, &range->last) <= 0)
		return true;

	struct address after = address_after(range->last);
	return address_compare(&next->first, &after) == 0;
}

static size_t merge_sorted(struct address_range *ranges, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || !ranges_join(&ranges[kept - 1], &ranges[i]))
			ranges[kept++] = ranges[i];
		else if (address_compare(&ranges[i].last, &ranges[kept - 1].last) > 0)
			ranges[kept - 1].last = ranges[i].last;
	}
	return kept;
}

bool address_set_make(const struct address_range *ranges, size_t count, struct address_set *ret,
		      struct error *err)
{
	if (count == 0) {
		*ret = (struct address_set){ 0 };
		return true;
	}

	CLEANUP(freep) struct address_range *pieces = calloc(count, 2 * sizeof *pieces);
	if (!pieces)
		return error_set(err, REASON_NO_MEMORY, "address set");

	size_t used = 0;
	for (size_t i = 0; i < count; i++) {
		if (address_compare(&ranges[i].first, &ranges[i].last) > 0)
			return error_set(err, REASON_INVALID,
					 "an address range ends before it begins");
		used += split_by_family(&ranges[i], pieces + used);
	}
	qsort(pieces, used, sizeof *pieces, compare_first);
	ret->count = merge_sorted(pieces, used);
	ret->ranges = TAKE(pieces);
	return true;
}

bool address_set_equal(const struct address_set *a, const struct address_set *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (address_compare(&a->ranges[i].first, &b->ranges[i].first) != 0 ||
		    address_compare(&a->ranges[i].last, &b->ranges[i].last) != 0)
			return false;
	return true;
}

bool address_set_holds(const struct address_set *set, const struct address *address)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (address_compare(&set->ranges[middle].last, address) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < set->count && address_compare(&set->ranges[low].first, address) <= 0;
}

void address_set_done(struct address_set *set)
{
	free(set->ranges);
	*set = (struct address_set){ 0 };
}
