#include "http/proxy.h"

#include <string.h>

#include "http/text.h"

#define V1_SIGNATURE BYTES_LITERAL("PROXY ")
#define V2_SIGNATURE BYTES_LITERAL("\r\n\r\n\0\r\nQUIT\n")
#define V2_FIXED_LEN 16
#define V2_LOCAL 0x20
#define V2_PROXY 0x21
#define TLV_HEADER_LEN 3
#define TLV_CRC32C 0x03
#define CRC32C_LEN 4
#define CRC32C_POLYNOMIAL UINT32_C(0x82f63b78)

static enum parse refused(struct refusal *refusal, const char *why)
{
	*refusal = (struct refusal){ 400, why };
	return PARSE_REFUSED;
}

/* An IPv4 address in IPv6 clothes would pass an IPv4 list by another door: nobody is named. */
static void name_peer(struct proxy_header *ret, const struct address *peer, bool is_v4)
{
	ret->has_peer = address_is_v4(peer) == is_v4;
	if (ret->has_peer)
		ret->peer = *peer;
}

/* -- version 1: one line of text -- */

static bool is_port(const char *text)
{
	unsigned int value = 0;
	size_t len = strlen(text);

	if (len == 0 || len > 5 || (len > 1 && text[0] == '0'))
		return false;
	for (; *text; text++) {
		if (!text_is_digit((unsigned char)*text))
			return false;
		value = value * 10 + (unsigned int)(*text - '0');
	}
	return value <= UINT16_MAX;
}

#define V1_WORDS 5 /* family, source, destination, source port, destination port */

static size_t split_words(char *line, const char *words[V1_WORDS])
{
	size_t count = 0;

	for (char *word = line; word; count++) {
		char *space = strchr(word, ' ');
		if (space)
			*space++ = '\0';
		if (count < V1_WORDS)
			words[count] = word;
		word = space;
	}
	return count;
}

static enum parse parse_v1_line(char *line, struct proxy_header *ret, struct refusal *refusal)
{
	const char *words[V1_WORDS];
	size_t count = split_words(line, words);
	struct address source, destination;

	/* whatever UNKNOWN is followed by is to be ignored */
	if (strcmp(words[0], "UNKNOWN") == 0)
		return PARSE_DONE;

	bool is_v4 = strcmp(words[0], "TCP4") == 0;
	if (!is_v4 && strcmp(words[0], "TCP6") != 0)
		return refused(refusal, "an unknown family in the PROXY line");
	if (count != V1_WORDS || !address_parse(words[1], &source, NULL) ||
	    !address_parse(words[2], &destination, NULL) || !is_port(words[3]) ||
	    !is_port(words[4]))
		return refused(refusal, "a malformed PROXY line");
	if (is_v4 != !strchr(words[1], ':') || is_v4 != !strchr(words[2], ':'))
		return refused(refusal, "an address of the other family in the PROXY line");
	name_peer(ret, &source, is_v4);
	return PARSE_DONE;
}

static enum parse parse_v1(struct bytes text, struct proxy_header *ret, size_t *ret_len,
			   struct refusal *refusal)
{
	char line[PROXY_V1_MAX + 1];
	size_t max = text.len < PROXY_V1_MAX ? text.len : PROXY_V1_MAX;
	const unsigned char *end = memchr(text.data, '\n', max);

	if (!end && text.len >= PROXY_V1_MAX)
		return refused(refusal, "the PROXY line is too long");
	if (!end)
		return PARSE_MORE;

	size_t len = (size_t)(end - text.data) + 1;
	if (text.data[len - 2] != '\r' || memchr(text.data, '\0', len))
		return refused(refusal, "a malformed PROXY line");
	memcpy(line, text.data, len - 2);
	line[len - 2] = '\0';
	*ret_len = len;
	return parse_v1_line(line + V1_SIGNATURE.len, ret, refusal);
}

/* -- version 2: binary -- */

static const struct family {
	unsigned char code;
	size_t address_len; /* of one address; two and two ports precede the TLVs */
	size_t block_len;
} families[] = {
	{ 0x00, 0, 0 },   /* unspecified */
	{ 0x11, 4, 12 },  /* TCP over IPv4 */
	{ 0x21, 16, 36 }, /* TCP over IPv6 */
	{ 0x31, 0, 216 }, /* a Unix stream */
};

static const struct family *find_family(unsigned char code)
{
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (families[i].code == code)
			return &families[i];
	return NULL;
}

static uint32_t crc32c_octet(uint32_t crc, unsigned char octet)
{
	crc ^= octet;
	for (int bit = 0; bit < 8; bit++)
		crc = (crc >> 1) ^ ((crc & 1) ? CRC32C_POLYNOMIAL : 0);
	return crc;
}

/* Over the whole header, in which the checksum itself counts as zeros. */
static uint32_t crc32c_without(struct bytes header, size_t checksum_at)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < header.len; i++) {
		bool in_checksum = i >= checksum_at && i < checksum_at + CRC32C_LEN;
		crc = crc32c_octet(crc, in_checksum ? 0 : header.data[i]);
	}
	return ~crc;
}

static bool checksum_is_right(struct bytes header, size_t at, size_t len)
{
	if (len != CRC32C_LEN)
		return false;
	const unsigned char *sum = header.data + at;
	uint32_t said = (uint32_t)sum[0] << 24 | (uint32_t)sum[1] << 16 | (uint32_t)sum[2] << 8 |
			(uint32_t)sum[3];
	return said == crc32c_without(header, at);
}

static bool check_tlvs(struct bytes header, size_t at, struct refusal *refusal)
{
	bool summed = false;

	while (at < header.len) {
		if (header.len - at < TLV_HEADER_LEN)
			return refuse(refusal, 400, "a PROXY TLV cut short");
		unsigned char type = header.data[at];
		size_t len = (size_t)header.data[at + 1] << 8 | header.data[at + 2];
		at += TLV_HEADER_LEN;
		if (len > header.len - at)
			return refuse(refusal, 400, "a PROXY TLV longer than the header");
		if (type == TLV_CRC32C && (summed || !checksum_is_right(header, at, len)))
			return refuse(refusal, 400, "the PROXY header's checksum is wrong");
		summed = summed || type == TLV_CRC32C;
		at += len;
	}
	return true;
}

static void name_v2_peer(const struct family *family, const unsigned char *source,
			 struct proxy_header *ret)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	bool is_v4 = family->address_len == sizeof v4.sin_addr;
	const void *socket_address = is_v4 ? (void *)&v4 : (void *)&v6;
	struct address peer;

	if (family->address_len == 0)
		return;
	memcpy(is_v4 ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr, source, family->address_len);
	if (address_from_socket(socket_address, &peer, NULL))
		name_peer(ret, &peer, is_v4);
}

static enum parse parse_v2(struct bytes text, struct proxy_header *ret, size_t *ret_len,
			   struct refusal *refusal)
{
	if (text.len < V2_FIXED_LEN)
		return PARSE_MORE;

	unsigned char command = text.data[12];
	const struct family *family = find_family(text.data[13]);
	size_t len = V2_FIXED_LEN + ((size_t)text.data[14] << 8 | text.data[15]);
	if (command != V2_LOCAL && command != V2_PROXY)
		return refused(refusal, "an unknown PROXY version or command");
	if (len > PROXY_V2_MAX)
		return refused(refusal, "the PROXY header is too long");
	if (text.len < len)
		return PARSE_MORE;

	*ret_len = len;
	if (command == V2_LOCAL) /* the rest is to be skipped, whatever it is */
		return PARSE_DONE;
	if (!family || len < V2_FIXED_LEN + family->block_len)
		return refused(refusal, "a malformed PROXY address block");
	if (!check_tlvs((struct bytes){ text.data, len }, V2_FIXED_LEN + family->block_len,
			refusal))
		return PARSE_REFUSED;
	name_v2_peer(family, text.data + V2_FIXED_LEN, ret);
	return PARSE_DONE;
}

static bool may_begin(struct bytes text, struct bytes signature)
{
	size_t len = text.len < signature.len ? text.len : signature.len;

	return bytes_starts_with(signature, (struct bytes){ text.data, len });
}

enum parse proxy_parse(struct bytes text, struct proxy_header *ret, size_t *ret_len,
		       struct refusal *refusal)
{
	*ret = (struct proxy_header){ 0 };
	if (bytes_starts_with(text, V1_SIGNATURE))
		return parse_v1(text, ret, ret_len, refusal);
	if (bytes_starts_with(text, V2_SIGNATURE))
		return parse_v2(text, ret, ret_len, refusal);
	if (may_begin(text, V1_SIGNATURE) || may_begin(text, V2_SIGNATURE))
		return PARSE_MORE;
	return refused(refusal, "no PROXY header");
}
