#include "http/forwarded.h"

#include <string.h>
#include <strings.h>

#include "http/text.h"

#define PORT_DIGITS_MAX 5
#define NODE_MAX 64 /* "[IPv6]:port" is shorter */

/* Right-most counts, so what comes later in the list overrides what came before. */
struct reading {
	const struct forwarding *forwarding;
	size_t hops;
	bool is_known;
	struct address client;
};

static void take_doubt(struct reading *reading)
{
	reading->hops++;
	reading->is_known = false;
}

static void take_hop(struct reading *reading, const struct address *address)
{
	reading->hops++;
	if (address_set_holds(&reading->forwarding->trusted, address))
		return;
	reading->is_known = true;
	reading->client = *address;
}

/* -- one hop (RFC 7239 section 6) -- */

static bool is_port(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= PORT_DIGITS_MAX && strspn(text, "0123456789") == len;
}

/* A port that the proxy keeps to itself: "_" and a name. */
static bool is_obscured_port(const char *text)
{
	if (text[0] != '_' || text[1] == '\0')
		return false;
	for (text++; *text; text++)
		if (!text_is_letter((unsigned char)*text) && !text_is_digit((unsigned char)*text) &&
		    !strchr("._-", *text))
			return false;
	return true;
}

/* ":port" or nothing. */
static bool is_port_part(const char *text)
{
	if (*text == '\0')
		return true;
	return *text++ == ':' && (is_port(text) || is_obscured_port(text));
}

/* "[IPv6]" and perhaps a port. */
static bool parse_bracketed(char *text, struct address *ret)
{
	char *end = strchr(text, ']');

	if (!end || !is_port_part(end + 1))
		return false;
	*end = '\0';
	return strchr(text, ':') && address_parse(text + 1, ret, NULL);
}

/* IPv6 stands in brackets, and without them a colon begins the port. */
static bool parse_node(char *text, struct address *ret)
{
	char *colon = strchr(text, ':');

	if (*text == '[')
		return parse_bracketed(text, ret);
	if (colon && !is_port_part(colon))
		return false;
	if (colon)
		*colon = '\0';
	return address_parse(text, ret, NULL);
}

/* -- X-Forwarded-For -- */

/* It has no grammar, so only a plain address is sure. ::ffff:a.b.c.d is what a proxy whose one
 * socket serves both families calls an IPv4 client, and is read as that socket's own addresses are.
 */
static void read_node(struct reading *reading, struct bytes text)
{
	char copy[NODE_MAX];
	struct address address;

	if (text.len >= sizeof copy) {
		take_doubt(reading);
		return;
	}
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	if (address_parse(text_trim(copy), &address, NULL))
		take_hop(reading, &address);
	else
		take_doubt(reading);
}

/* An empty hop counts: a proxy that wrote nothing must not make the hop before it the last. */
static void read_addresses(struct reading *reading, const char *value)
{
	for (const char *at = value;; at++) {
		size_t len = strcspn(at, ",");

		read_node(reading, (struct bytes){ (const unsigned char *)at, len });
		at += len;
		if (*at == '\0')
			return;
	}
}

/* -- Forwarded (RFC 7239 section 4) -- */

struct element {
	bool has_for;
	char node[NODE_MAX]; /* cut short, it is no address */
};

static void append(char into[NODE_MAX], size_t *len, char octet)
{
	if (*len < NODE_MAX - 1)
		into[(*len)++] = octet;
	into[*len] = '\0';
}

/* `at` stands behind the first quote; NULL when there is no second one. */
static const char *take_quoted(const char *at, char into[NODE_MAX])
{
	size_t len = 0;

	for (; *at && *at != '"'; at++) {
		if (*at == '\\' && *++at == '\0')
			return NULL;
		append(into, &len, *at);
	}
	return *at ? at + 1 : NULL;
}

static const char *take_token(const char *at, char into[NODE_MAX])
{
	const char *begin = at;
	size_t len = 0;

	for (; text_is_token_octet((unsigned char)*at); at++)
		append(into, &len, *at);
	return at > begin ? at : NULL;
}

/* token "=" ( token / quoted-string ). "for" may come once in an element. */
static const char *take_pair(const char *at, struct element *element)
{
	char name[NODE_MAX] = "", value[NODE_MAX] = "";

	at = take_token(at, name);
	if (!at || *at++ != '=')
		return NULL;
	at = *at == '"' ? take_quoted(at + 1, value) : take_token(at, value);
	if (strcasecmp(name, "for") != 0)
		return at;
	if (element->has_for)
		return NULL;
	element->has_for = true;
	memcpy(element->node, value, sizeof value);
	return at;
}

/* [ pair ] *( ";" [ pair ] ), and blanks around it. NULL: malformed. */
static const char *take_element(const char *at, struct element *element)
{
	for (at += strspn(at, " \t"); at; at++) {
		if (text_is_token_octet((unsigned char)*at))
			at = take_pair(at, element);
		if (!at || *at != ';')
			break;
	}
	return at ? at + strspn(at, " \t") : NULL;
}

static void read_element(struct reading *reading, struct element *element)
{
	struct address address;

	if (element->has_for && parse_node(element->node, &address))
		take_hop(reading, &address);
	else
		take_doubt(reading);
}

/* What stands behind a fault cannot be told from what stands in a quoted string. */
static void read_elements(struct reading *reading, const char *value)
{
	for (const char *at = value;; at++) {
		struct element element = { 0 };

		at = take_element(at, &element);
		if (!at || (*at != ',' && *at != '\0')) {
			take_doubt(reading);
			return;
		}
		read_element(reading, &element);
		if (*at == '\0')
			return;
	}
}

/* -- the list -- */

static const struct header {
	const char *name;
	void (*read)(struct reading *reading, const char *value);
} headers[] = {
	[FORWARDED_HEADER_NONE] = { "", NULL },
	[FORWARDED_HEADER_X_FORWARDED_FOR] = { "X-Forwarded-For", read_addresses },
	[FORWARDED_HEADER_RFC7239] = { "Forwarded", read_elements },
};

const char *forwarded_name(enum forwarded_header header)
{
	return headers[header].name;
}

bool forwarded_client(const struct forwarding *forwarding, const struct head *head,
		      struct address *ret)
{
	const struct header *header = &headers[forwarding->header];
	struct reading reading = { .forwarding = forwarding };

	for (size_t i = 0; i < head->field_count; i++)
		if (strcasecmp(head->fields[i].name, header->name) == 0)
			header->read(&reading, head->fields[i].value);
	if (!reading.is_known || reading.hops > FORWARDED_HOPS_MAX)
		return false;
	*ret = reading.client;
	return true;
}
