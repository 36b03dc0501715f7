#include "pki/name_match.h"

#include <string.h>

#include "pki/name.h"

#define IPV4_LEN 4
#define IPV6_LEN 16

static enum name_match yes_if(bool matches)
{
	return matches ? NAME_MATCH_YES : NAME_MATCH_NO;
}

/* -- texts -- */

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

static bool equal_ignoring_case(struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.data[i]) != lower(b.data[i]))
			return false;
	return true;
}

static struct bytes from(struct bytes text, size_t start)
{
	return (struct bytes){ text.data + start, text.len - start };
}

static struct bytes up_to(struct bytes text, size_t end)
{
	return (struct bytes){ text.data, end };
}

static bool ends_with(struct bytes text, struct bytes end)
{
	return text.len >= end.len && equal_ignoring_case(from(text, text.len - end.len), end);
}

static bool starts_with_char(struct bytes text, char c)
{
	return text.len > 0 && text.data[0] == (unsigned char)c;
}

/* The place of the first of these characters, or the length. */
static size_t find_any(struct bytes text, const char *characters)
{
	size_t i = 0;

	while (i < text.len && !(text.data[i] && strchr(characters, text.data[i])))
		i++;
	return i;
}

/* A final dot says only that the name is absolute. */
static struct bytes without_final_dot(struct bytes host)
{
	return host.len > 0 && host.data[host.len - 1] == '.' ? up_to(host, host.len - 1) : host;
}

bool name_looks_like_host(struct bytes text)
{
	bool has_dot = false;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = lower(text.data[i]);

		has_dot |= c == '.';
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' &&
		    c != '.' && c != '*')
			return false;
	}
	return has_dot;
}

/* -- hosts -- */

/* ".example.com" is met by the hosts below, "example.com" also by itself; "" by all. */
static bool is_within(struct bytes host, struct bytes base)
{
	if (base.len == 0)
		return true;
	if (starts_with_char(base, '.'))
		return host.len > base.len && ends_with(host, base);
	if (host.len <= base.len)
		return equal_ignoring_case(host, base);
	return host.data[host.len - base.len - 1] == '.' && ends_with(host, base);
}

/* "*.example.com" speaks for hosts of which an excluded "a.example.com" is one. */
static bool wildcard_reaches(struct bytes host, struct bytes base)
{
	if (!bytes_starts_with(host, BYTES_LITERAL("*.")))
		return false;
	return is_within(starts_with_char(base, '.') ? from(base, 1) : base, from(host, 2));
}

enum name_match name_match_dns(struct bytes name, struct bytes base, bool excluded)
{
	struct bytes host = without_final_dot(name);

	base = without_final_dot(base);
	return yes_if(is_within(host, base) || (excluded && wildcard_reaches(host, base)));
}

/* For e-mail and URI a host stands for itself, only with a leading dot for those below it. */
static bool host_matches(struct bytes host, struct bytes base)
{
	return starts_with_char(base, '.') ? is_within(host, base)
					   : equal_ignoring_case(host, base);
}

/* -- e-mail -- */

static bool split_mailbox(struct bytes mailbox, struct bytes *ret_local, struct bytes *ret_host)
{
	size_t at = mailbox.len;

	while (at > 0 && mailbox.data[at - 1] != '@')
		at--;
	if (at == 0)
		return false;
	*ret_local = up_to(mailbox, at - 1);
	*ret_host = from(mailbox, at);
	return true;
}

enum name_match name_match_email(struct bytes name, struct bytes base, bool excluded)
{
	struct bytes local, host, base_local, base_host;

	(void)excluded;
	if (!split_mailbox(name, &local, &host))
		return NAME_MATCH_UNKNOWN;
	if (split_mailbox(base, &base_local, &base_host))
		return yes_if(bytes_equal(local, base_local) &&
			      equal_ignoring_case(host, base_host));
	return yes_if(base.len == 0 || host_matches(host, base));
}

/* -- URI -- */

/* RFC 5280: a URI without a host's name in it cannot be held against a constraint. */
static bool find_uri_host(struct bytes uri, struct bytes *ret)
{
	size_t scheme = find_any(uri, ":");

	if (scheme == uri.len || !bytes_starts_with(from(uri, scheme), BYTES_LITERAL("://")))
		return false;

	struct bytes authority = from(uri, scheme + 3);
	authority = up_to(authority, find_any(authority, "/?#\\"));
	struct bytes user, host = authority;
	(void)split_mailbox(authority, &user, &host);
	host = without_final_dot(up_to(host, find_any(host, ":")));

	/* a last label of digits makes it an IPv4 address, a bracket an IPv6 one */
	if (host.len == 0 || host.data[0] == '[')
		return false;
	unsigned char last = host.data[host.len - 1];
	*ret = host;
	return last < '0' || last > '9' || find_any(host, ".") == host.len;
}

enum name_match name_match_uri(struct bytes name, struct bytes base, bool excluded)
{
	struct bytes host;

	(void)excluded;
	if (!find_uri_host(name, &host))
		return NAME_MATCH_UNKNOWN;
	return yes_if(base.len == 0 || host_matches(host, without_final_dot(base)));
}

/* -- IP: address and mask -- */

static bool is_mask(struct bytes mask)
{
	bool ended = false;

	for (size_t bit = 0; bit < mask.len * 8; bit++) {
		bool is_set = mask.data[bit / 8] >> (7 - bit % 8) & 1;

		if (is_set && ended)
			return false;
		ended |= !is_set;
	}
	return true;
}

enum name_match name_match_ip(struct bytes name, struct bytes base, bool excluded)
{
	(void)excluded;
	if ((name.len != IPV4_LEN && name.len != IPV6_LEN) ||
	    (base.len != 2 * IPV4_LEN && base.len != 2 * IPV6_LEN))
		return NAME_MATCH_UNKNOWN;

	struct bytes mask = from(base, base.len / 2);
	if (!is_mask(mask))
		return NAME_MATCH_UNKNOWN;
	if (mask.len != name.len)
		return NAME_MATCH_NO;
	for (size_t i = 0; i < name.len; i++)
		if ((name.data[i] ^ base.data[i]) & mask.data[i])
			return NAME_MATCH_NO;
	return NAME_MATCH_YES;
}

/* -- directory names -- */

/* The base's RDNs are the first of the name's; the name may not break off within an RDN. */
static bool begins_with(const struct name *name, const struct name *base)
{
	struct name head = *name;

	if (base->count > name->count ||
	    (base->count < name->count && name->entries[base->count].joined))
		return false;
	head.count = base->count;
	return base->count == 0 || name_equal(&head, base);
}

enum name_match name_match_directory(struct bytes name, struct bytes base, bool excluded)
{
	CLEANUP(name_done) struct name parsed = { 0 };
	CLEANUP(name_done) struct name parsed_base = { 0 };

	(void)excluded;
	if (!name_parse_tolerant(name, &parsed, NULL) ||
	    !name_parse_tolerant(base, &parsed_base, NULL))
		return NAME_MATCH_UNKNOWN;
	return yes_if(begins_with(&parsed, &parsed_base));
}
