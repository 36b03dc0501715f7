#include "config/value.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool parse_port(const char *text, in_port_t *ret)
{
	unsigned int port = 0;

	if (!*text || strlen(text) > 5)
		return false;
	for (; *text; text++) {
		if (!isdigit((unsigned char)*text))
			return false;
		port = port * 10 + (unsigned int)(*text - '0');
	}
	*ret = htons((in_port_t)port);
	return port >= 1 && port <= 65535;
}

/* Splits at the colon before the port; IPv6 addresses stand in brackets. */
static bool split(const char *text, char host[ADDRESS_TEXT_MAX], const char **ret_port)
{
	bool bracketed = text[0] == '[';
	const char *from = text + (bracketed ? 1 : 0);
	const char *end = bracketed ? strchr(from, ']') : strchr(from, ':');
	const char *colon = bracketed && end ? end + 1 : end;

	if (!end || *colon != ':' || end - from >= ADDRESS_TEXT_MAX)
		return false;
	if (bracketed != (memchr(from, ':', (size_t)(end - from)) != NULL))
		return false;
	memcpy(host, from, (size_t)(end - from));
	host[end - from] = '\0';
	*ret_port = colon + 1;
	return true;
}

static void set_socket_address(const struct address *address, in_port_t port,
			       struct config_listen *ret)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = port };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = port };

	memcpy(&v4.sin_addr, address->bytes + 12, sizeof v4.sin_addr);
	memcpy(&v6.sin6_addr, address->bytes, sizeof v6.sin6_addr);
	if (address_is_v4(address)) {
		memcpy(&ret->address, &v4, sizeof v4);
		ret->address_len = sizeof v4;
		return;
	}
	memcpy(&ret->address, &v6, sizeof v6);
	ret->address_len = sizeof v6;
}

static bool parse_listen(const char *text, struct config_listen *ret, struct error *err)
{
	char host[ADDRESS_TEXT_MAX], canonical[ADDRESS_TEXT_MAX];
	struct address address;
	const char *port_text;
	in_port_t port;

	if (!split(text, host, &port_text) || !parse_port(port_text, &port) ||
	    !address_parse(host, &address, NULL))
		return error_set(
			err, REASON_CONFIG,
			"\"%s\" is not address:port, as 192.0.2.1:8443, [2001:db8::1]:8443 "
			"or 0.0.0.0:8443",
			text);
	*ret = (struct config_listen){ 0 };
	set_socket_address(&address, port, ret);
	address_to_text(&address, canonical);
	snprintf(ret->text, sizeof ret->text, address_is_v4(&address) ? "%s:%u" : "[%s]:%u",
		 canonical, ntohs(port));
	return true;
}

bool parse_listens(const struct value *value, void *into, struct error *err)
{
	struct config_listener *listener = into;
	struct config_listen listen;

	if (!parse_listen(value->text, &listen, err))
		return false;
	if (listener->listen_count == CONFIG_LISTENS_MAX)
		return error_set(err, REASON_CONFIG, "more than %d addresses", CONFIG_LISTENS_MAX);

	struct config_listen *grown = reallocarray(listener->listens, listener->listen_count + 1,
						   sizeof *listener->listens);
	if (!grown)
		return error_set(err, REASON_NO_MEMORY, "configuration");
	listener->listens = grown;
	listener->listens[listener->listen_count++] = listen;
	return true;
}

static bool add_range(struct address_set *set, const char *text, struct error *err)
{
	CLEANUP(freep)
	struct address_range *ranges = calloc(set->count + 1, sizeof *ranges);
	struct address_set grown = { 0 };

	if (!ranges)
		return error_set(err, REASON_NO_MEMORY, "configuration");
	if (set->count)
		memcpy(ranges, set->ranges, set->count * sizeof *ranges);
	if (!address_range_parse(text, &ranges[set->count], err) ||
	    !address_set_make(ranges, set->count + 1, &grown, err))
		return false;
	address_set_done(set);
	*set = grown;
	return true;
}

/* Cuts white space at both ends, in place. */
static char *trim(char *text)
{
	text += strspn(text, " \t");
	for (size_t len = strlen(text); len && strchr(" \t", text[len - 1]); len--)
		text[len - 1] = '\0';
	return text;
}

bool parse_proxies(const struct value *value, void *into, struct error *err)
{
	CLEANUP(freep) char *copy = strdup(value->text);
	char *rest = copy;

	if (!copy)
		return error_set(err, REASON_NO_MEMORY, "configuration");
	while (rest) {
		const char *part = trim(strsep(&rest, ","));
		if (*part && !add_range(into, part, err))
			return false;
	}
	return true;
}
