#include "http/target.h"

#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "http/text.h"

static bool is_authority_octet(unsigned char c)
{
	return text_is_digit(c) || text_is_capital(c) || (c >= 'a' && c <= 'z') ||
	       (c != '\0' && strchr("-._~%!$&'()*+;=:[]", c));
}

bool target_is_authority(const char *text)
{
	for (; *text; text++)
		if (!is_authority_octet((unsigned char)*text))
			return false;
	return true;
}

static bool check_octets(const char *target, struct refusal *refusal)
{
	for (; *target; target++) {
		unsigned char c = (unsigned char)*target;
		if (c <= ' ' || c >= 0x7f || c == '#')
			return refuse(refusal, 400, "an octet that no target may hold");
	}
	return true;
}

static size_t scheme_len(const char *target)
{
	static const char *const schemes[] = { "https://", "http://" };

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (strncasecmp(target, schemes[i], strlen(schemes[i])) == 0)
			return strlen(schemes[i]);
	return 0;
}

/* Steps over "host:port" of the absolute form, to a path, a query or the end. */
static bool skip_authority(char *authority, char **ret_path, struct refusal *refusal)
{
	char *path = authority + strcspn(authority, "/?");

	if (path == authority)
		return refuse(refusal, 400, "a target without host");
	for (const char *c = authority; c < path; c++)
		if (!is_authority_octet((unsigned char)*c))
			return refuse(refusal, 400, "a malformed host in the target");
	*ret_path = path;
	return true;
}

/* %00 would make one path look like another, the other controls would reach logs and fields. */
static bool is_control(int octet)
{
	return octet < ' ' || octet == 0x7f;
}

static bool decode(char *path, bool *ret_encoded_slash, struct refusal *refusal)
{
	char *to = path;
	bool has_control = false;

	for (const char *from = path; *from; to++) {
		if (*from != '%') {
			*to = *from++;
			continue;
		}
		int high = text_hex_value((unsigned char)from[1]);
		int low = high < 0 ? -1 : text_hex_value((unsigned char)from[2]);
		if (low < 0)
			return refuse(refusal, 400, "a malformed percent-encoding");
		has_control = has_control || is_control(high * 16 + low);
		*ret_encoded_slash = *ret_encoded_slash || high * 16 + low == '/';
		*to = (char)(high * 16 + low);
		from += 3;
	}
	*to = '\0';
	return !has_control || refuse(refusal, 404, "an encoded control in the path");
}

static bool check_segments(const char *path, struct refusal *refusal)
{
	while (*path == '/') {
		const char *segment = path + 1;
		size_t len = strcspn(segment, "/");
		if ((len == 1 && segment[0] == '.') ||
		    (len == 2 && segment[0] == '.' && segment[1] == '.'))
			return refuse(refusal, 404, "dot segments in the path");
		path = segment + len;
	}
	return true;
}

static bool check_utf8(const char *path, struct refusal *refusal)
{
	struct bytes rest = bytes_of_string(path);

	while (rest.len)
		if (utf8_take(&rest) == UTF8_INVALID)
			return refuse(refusal, 404, "the path is not UTF-8");
	return true;
}

static bool parse_path(char *path, struct target *ret, struct refusal *refusal)
{
	size_t len = strcspn(path, "?");

	ret->query = path[len] ? path + len + 1 : "";
	path[len] = '\0';
	ret->path = *path ? path : "/"; /* RFC 9112 3.2.2: http://host means http://host/ */
	return decode(path, &ret->has_encoded_slash, refusal) && check_segments(path, refusal) &&
	       check_utf8(path, refusal);
}

bool target_parse(const char *method, char *target, struct target *ret, struct refusal *refusal)
{
	ret->has_encoded_slash = false;
	if (!check_octets(target, refusal))
		return false;
	if (strcmp(method, "CONNECT") == 0)
		return refuse(refusal, 405, "CONNECT");
	if (strcmp(method, "OPTIONS") == 0 && strcmp(target, "*") == 0) {
		*ret = (struct target){ .path = target, .query = "" };
		return true;
	}

	size_t scheme = scheme_len(target);
	if (scheme == 0 && *target != '/')
		return refuse(refusal, 400, "the target is neither a path nor a URL");
	if (scheme > 0 && !skip_authority(target + scheme, &target, refusal))
		return false;
	return parse_path(target, ret, refusal);
}
