#include "est_client/url.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SCHEME "https://"
#define PORT_DEFAULT 443
#define PORT_MAX 65535

/* Visible ASCII without what would end a path or steer a header. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~' || strchr("\"<>\\^`{|}", *text))
			return false;
	return true;
}

static bool read_port(const char *text, size_t len, unsigned int *ret)
{
	unsigned int port = 0;

	if (len == 0 || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		port = port * 10 + (unsigned int)(text[i] - '0');
	}
	*ret = port;
	return port > 0 && port <= PORT_MAX;
}

static bool copy_host(struct est_url *url, const char *text, size_t len)
{
	if (len == 0 || len >= sizeof url->host)
		return false;
	memcpy(url->host, text, len);
	url->host[len] = '\0';
	return url->is_ipv6 ||
	       strspn(url->host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789-._") == len;
}

/* HOST, HOST:PORT, [IPv6], [IPv6]:PORT */
static bool read_authority(const char *text, size_t len, struct est_url *ret)
{
	const char *host = text, *end = text + len, *host_end;

	ret->port = PORT_DEFAULT;
	ret->is_ipv6 = len > 0 && *text == '[';
	if (ret->is_ipv6) {
		host++;
		host_end = memchr(text, ']', len);
		if (!host_end)
			return false;
		text = host_end + 1;
	} else {
		host_end = memchr(text, ':', len);
		host_end = host_end ? host_end : end;
		text = host_end;
	}
	if (text < end &&
	    (*text != ':' || !read_port(text + 1, (size_t)(end - text) - 1, &ret->port)))
		return false;
	if (ret->is_ipv6 && (size_t)(host_end - host) != strspn(host, "0123456789abcdefABCDEF:."))
		return false;
	return copy_host(ret, host, (size_t)(host_end - host));
}

static bool copy_path(struct est_url *url, const char *path)
{
	size_t len = strlen(path);

	while (len && path[len - 1] == '/')
		len--;
	if (len >= sizeof url->path)
		return false;
	memcpy(url->path, path, len);
	url->path[len] = '\0';
	return true;
}

bool est_url_parse(const char *text, struct est_url *ret, struct error *err)
{
	struct est_url url = { 0 };

	if (strncasecmp(text, SCHEME, strlen(SCHEME)) != 0)
		return error_set(err, REASON_INVALID, "%s: EST is spoken over https only", text);
	if (!is_plain(text) || strpbrk(text, "?#"))
		return error_set(err, REASON_INVALID, "%s: a URL without user, query and fragment",
				 text);
	text += strlen(SCHEME);

	size_t authority = strcspn(text, "/");
	if (!read_authority(text, authority, &url))
		return error_set(err, REASON_INVALID, "%.*s: no host and port", (int)authority,
				 text);
	if (!copy_path(&url, text + authority))
		return error_set(err, REASON_INVALID, "the URL is too long");
	*ret = url;
	return true;
}

bool est_url_text(const struct est_url *url, const char *operation, char *into, size_t size,
		  struct error *err)
{
	char port[8] = "";

	if (url->port != PORT_DEFAULT)
		snprintf(port, sizeof port, ":%u", url->port);
	int len = snprintf(into, size, SCHEME "%s%s%s%s%s%s%s", url->is_ipv6 ? "[" : "", url->host,
			   url->is_ipv6 ? "]" : "", port, url->path, operation ? "/" : "",
			   operation ? operation : "");
	if (len < 0 || (size_t)len >= size)
		return error_set(err, REASON_INVALID, "the URL is too long");
	return true;
}

bool est_url_follow(const struct est_url *from, const char *location, struct est_url *ret,
		    struct error *err)
{
	struct est_url to = *from;
	struct error why = { 0 };

	if (location[0] == '/' && location[1] != '/' && is_plain(location) &&
	    !strpbrk(location, "?#") && copy_path(&to, location)) {
		*ret = to;
		return true;
	}
	if (!est_url_parse(location, &to, &why))
		return error_set(err, REASON_REDIRECT_REFUSED, "to %s", location);
	if (to.port != from->port || strcasecmp(to.host, from->host) != 0)
		return error_set(err, REASON_REDIRECT_REFUSED, "to another origin, %s port %u",
				 to.host, to.port);
	*ret = to;
	return true;
}
