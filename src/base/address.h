/* IP addresses, the notations of the allowlist, and sets of ranges that answer in logarithmic time.
 */
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "base/error.h"

/* 16 bytes in network order; an IPv4 address is kept as ::ffff:a.b.c.d. */
struct address {
	unsigned char bytes[16];
};

#define ADDRESS_TEXT_MAX INET6_ADDRSTRLEN

/* From a socket's peer; anything but IPv4 and IPv6 fails. An IPv4-mapped peer is its IPv4 address.
 */
MUST_CHECK bool address_from_socket(const struct sockaddr *socket_address, struct address *ret,
				    struct error *err);
/* Strict: dotted quad without leading zeros, or RFC 4291 text without zone. An IPv4-mapped text
 * form is IPv4; no other embedded form is (::a.b.c.d, 64:ff9b::/96 stay IPv6). */
MUST_CHECK bool address_parse(const char *text, struct address *ret, struct error *err);
const char *address_to_text(const struct address *address, char into[ADDRESS_TEXT_MAX]);
bool address_is_v4(const struct address *address);
int address_compare(const struct address *a, const struct address *b);

struct address_range {
	struct address first, last;
};

#define ADDRESS_RANGE_TEXT_MAX (2 * ADDRESS_TEXT_MAX + 4)

/* The forms of mission.md, gate 1: one address; `cidr a.b.c.d/N`; `last-octet a.b.c.d/N`;
 * `a.b.c.d/N` with N above 32 (which can only be the last octet); `first-last`; IPv6 address,
 * `x::/N` (always CIDR) and range. N from 0 to 32 without its word is REASON_AMBIGUOUS_NOTATION,
 * whose detail shows both readings expanded. `any` is not taken: `0.0.0.0/0` and `::/0` are, the
 * only two that need no word. Host bits of a CIDR must be zero. */
MUST_CHECK bool address_range_parse(const char *text, struct address_range *ret, struct error *err);
/* "143.11.129.0 - 143.11.129.255" or the one address; returns `into`. */
const char *address_range_to_text(const struct address_range *range,
				  char into[ADDRESS_RANGE_TEXT_MAX]);
bool address_range_is_everywhere(
	const struct address_range *range); /* all of IPv4 or all of IPv6 */

/* An immutable set, sorted and merged. Zero-initialised is the empty set, which holds nobody. */
struct address_set {
	struct address_range *ranges;
	size_t count;
};

MUST_CHECK bool address_set_make(const struct address_range *ranges, size_t count,
				 struct address_set *ret, struct error *err);
bool address_set_equal(const struct address_set *a, const struct address_set *b);
bool address_set_holds(const struct address_set *set, const struct address *address);
void address_set_done(struct address_set *set);
/* A comma-separated list of notations, as address_range_parse() takes each; at most
 * ADDRESS_LIST_MAX of them, and not none. */
MUST_CHECK bool address_list_parse(const char *text, struct address_set *ret, struct error *err);
#define ADDRESS_LIST_MAX 64
