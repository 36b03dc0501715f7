#include "pki/san_check.h"

#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "pki/punycode.h"
#include "pki/san.h"

#define DNS_NAME_MAX 253
#define DNS_LABEL_MAX 63
#define EMAIL_LOCAL_MAX 64 /* RFC 5321 4.5.3.1 */
#define EMAIL_MAX 254
#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define ALABEL_PREFIX "xn--"

static bool starts_or_ends_with_hyphen(struct bytes label)
{
	return label.data[0] == '-' || label.data[label.len - 1] == '-';
}

static bool is_unsound_alabel(struct bytes label)
{
	size_t prefix = strlen(ALABEL_PREFIX);

	if (label.len < prefix || strncasecmp((const char *)label.data, ALABEL_PREFIX, prefix) != 0)
		return false;
	struct bytes rest = { label.data + prefix, label.len - prefix };
	return memchr(label.data, '*', label.len) || !punycode_is_sound(rest);
}

static bool check_label(struct bytes label, const char *name, struct error *err)
{
	if (label.len == 0)
		return error_set(err, REASON_NAME_INVALID, "dns \"%s\" has an empty label", name);
	if (label.len > DNS_LABEL_MAX)
		return error_set(err, REASON_NAME_INVALID, "dns \"%s\" has a label longer than %d",
				 name, DNS_LABEL_MAX);
	if (starts_or_ends_with_hyphen(label))
		return error_set(err, REASON_NAME_INVALID,
				 "dns \"%s\" has a label with a hyphen at its edge", name);
	if (is_unsound_alabel(label))
		return error_set(err, REASON_NAME_INVALID,
				 "dns \"%s\" has an xn-- label that is no Punycode (RFC 3492)",
				 name);
	return true;
}

/* No top-level domain is a number, so that a dotted name that ends in one is an address to somebody
 * (RFC 1123 2.1): 10.0.0.1, but also 127.1. */
static bool looks_like_address(const char *name)
{
	const char *last_dot = strrchr(name, '.');

	return last_dot && last_dot[1] && last_dot[1 + strspn(last_dot + 1, DIGITS)] == '\0';
}

bool dns_name_check(const char *name, struct error *err)
{
	size_t len = strlen(name);

	if (len == 0 || len > DNS_NAME_MAX)
		return error_set(err, REASON_NAME_INVALID, "dns name of %zu characters", len);
	if (strspn(name, LETTERS DIGITS "-.*") != len)
		return error_set(err, REASON_NAME_INVALID,
				 "dns \"%s\" has other than letters, digits, hyphens and dots",
				 name);
	if (looks_like_address(name))
		return error_set(err, REASON_NAME_INVALID,
				 "dns \"%s\" is the text of an IP address", name);

	for (const char *at = name;;) {
		size_t label = strcspn(at, ".");

		if (!check_label((struct bytes){ (const unsigned char *)at, label }, name, err))
			return false;
		if (at[label] == '\0')
			return true;
		at += label + 1;
	}
}

static bool is_dot_string(const char *text, size_t len)
{
	static const char atom_text[] = LETTERS DIGITS "!#$%&'*+-/=?^_`{|}~.";

	return len > 0 && len <= EMAIL_LOCAL_MAX && strspn(text, atom_text) >= len &&
	       text[0] != '.' && text[len - 1] != '.' && !memmem(text, len, "..", 2);
}

bool email_address_check(const char *address, struct error *err)
{
	const char *at = strchr(address, '@');

	if (!at || strlen(address) > EMAIL_MAX || !is_dot_string(address, (size_t)(at - address)))
		return error_set(err, REASON_NAME_INVALID, "\"%s\" is no e-mail address", address);
	if (strchr(at, '*'))
		return error_set(err, REASON_NAME_INVALID, "\"%s\": a domain with a wildcard",
				 address);
	return dns_name_check(at + 1, err);
}

static bool percents_are_sound(const char *uri)
{
	for (const char *at = strchr(uri, '%'); at; at = strchr(at + 1, '%'))
		if (strspn(at + 1, DIGITS "abcdefABCDEF") < 2)
			return false;
	return true;
}

static bool is_address(const char *host)
{
	struct address address;

	return address_parse(host, &address, NULL);
}

/* Of "user@host:port". */
static bool host_is_sound(char *authority)
{
	char *at = strrchr(authority, '@');
	char *host = at ? at + 1 : authority;
	char *end = host + strcspn(host, ":");

	if (*host == '[') {
		host++;
		end = host + strcspn(host, "]");
		if (*end != ']' || (end[1] != '\0' && end[1] != ':'))
			return false;
		*end = '\0';
		return strchr(host, ':') && is_address(host);
	}
	*end = '\0';
	return is_address(host) || (!strchr(host, '*') && dns_name_check(host, NULL));
}

/* RFC 5280 4.2.1.6: an authority has a domain name or an address as its host. RFC 9549 writes other
 * scripts' labels as A-labels there, which the characters see to. */
static bool authority_is_sound(const char *after_scheme)
{
	if (strncmp(after_scheme, "//", 2) != 0)
		return true;

	const char *authority = after_scheme + 2;
	CLEANUP(freep) char *copy = strndup(authority, strcspn(authority, "/?#"));
	return copy && host_is_sound(copy);
}

/* RFC 5280 4.2.1.6: not relative, with a scheme and a part that the scheme rules. */
bool uri_check(const char *uri, struct error *err)
{
	static const char characters[] = LETTERS DIGITS "-._~:/?#[]@!$&'()*+,;=%";
	size_t scheme = strspn(uri, LETTERS DIGITS "+-.");

	if (strspn(uri, LETTERS) == 0 || uri[scheme] != ':' || uri[scheme + 1] == '\0')
		return error_set(err, REASON_NAME_INVALID, "URI \"%s\" has no scheme", uri);
	if (strlen(uri) > SAN_VALUE_MAX)
		return error_set(err, REASON_NAME_INVALID, "URI longer than %d", SAN_VALUE_MAX);
	if (uri[strspn(uri, characters)] != '\0' || !percents_are_sound(uri))
		return error_set(err, REASON_NAME_INVALID,
				 "URI \"%s\" has characters that need escaping (RFC 3986)", uri);
	if (!authority_is_sound(uri + scheme + 1))
		return error_set(err, REASON_NAME_INVALID,
				 "URI \"%s\" has no domain name or address as its host", uri);
	return true;
}
