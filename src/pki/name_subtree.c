#include "pki/name_subtree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "pki/der.h"
#include "pki/name.h"
#include "pki/name_match.h"
#include "pki/san_check.h"

#define PERMITTED (DER_CONTEXT_0 + 0)
#define EXCLUDED (DER_CONTEXT_0 + 1)
#define IPV4_LEN 4
#define IPV6_LEN 16
#define IPV4_OFFSET (IPV6_LEN - IPV4_LEN)

/* -- from text -- */

/* A host without wildcard; where `dotted_ok`, a leading dot stands for the hosts below it alone. */
static bool check_host(const char *text, bool dotted_ok, struct error *err)
{
	if (strchr(text, '*'))
		return error_set(err, REASON_NAME_INVALID,
				 "%s: a constraint has no wildcard; what is below is meant anyway",
				 text);
	if (*text == '.' && !dotted_ok)
		return error_set(err, REASON_NAME_INVALID,
				 "%s: write it without the first dot (RFC 5280 4.2.1.10)", text);
	return dns_name_check(*text == '.' ? text + 1 : text, err);
}

static bool encode_text(const char *text, struct buffer *ret)
{
	buffer_append_text(ret, text);
	return true;
}

/* "" stands for every host: what excludes it certifies no DNS name at all. */
static bool encode_dns(const char *text, struct buffer *ret, struct error *err)
{
	return !*text || (check_host(text, false, err) && encode_text(text, ret));
}

static bool encode_email(const char *text, struct buffer *ret, struct error *err)
{
	bool sound =
		strchr(text, '@') ? email_address_check(text, err) : check_host(text, true, err);

	return sound && encode_text(text, ret);
}

static bool encode_uri(const char *text, struct buffer *ret, struct error *err)
{
	if (strchr(text, ':') || strchr(text, '/'))
		return error_set(err, REASON_NAME_INVALID,
				 "%s: a URI is constrained by its host alone", text);
	return check_host(text, true, err) && encode_text(text, ret);
}

static bool parse_prefix(const char *text, unsigned int most, unsigned int *ret)
{
	unsigned int bits = 0;

	if (!*text || strlen(text) > 3 || strspn(text, "0123456789") != strlen(text))
		return false;
	for (; *text; text++)
		bits = bits * 10 + (unsigned int)(*text - '0');
	*ret = bits;
	return bits <= most;
}

static void make_mask(unsigned int bits, unsigned char mask[IPV6_LEN])
{
	for (unsigned int i = 0; i < IPV6_LEN; i++) {
		unsigned int here = bits > i * 8 ? bits - i * 8 : 0;

		mask[i] = (unsigned char)(here >= 8 ? 0xff : 0xff00 >> here);
	}
}

static bool write_subnet(const char *text, struct bytes address, unsigned int bits,
			 struct buffer *ret, struct error *err)
{
	unsigned char mask[IPV6_LEN];

	make_mask(bits, mask);
	for (size_t i = 0; i < address.len; i++)
		if (address.data[i] & ~mask[i])
			return error_set(err, REASON_NAME_INVALID,
					 "%s: bits beyond the prefix must be zero", text);
	buffer_append(ret, address);
	buffer_append(ret, (struct bytes){ mask, address.len });
	return true;
}

/* CIDR, or one address. */
static bool encode_ip(const char *text, struct buffer *ret, struct error *err)
{
	char head[ADDRESS_TEXT_MAX];
	struct address address;
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);

	if (len >= sizeof head)
		return error_set(err, REASON_NAME_INVALID, "%s is no address", text);
	memcpy(head, text, len);
	head[len] = '\0';
	if (!address_parse(head, &address, NULL))
		return error_set(err, REASON_NAME_INVALID, "%s is no address with a prefix", text);

	bool v4 = address_is_v4(&address);
	unsigned int most = v4 ? 8 * IPV4_LEN : 8 * IPV6_LEN, bits = most;
	if (slash && !parse_prefix(slash + 1, most, &bits))
		return error_set(err, REASON_NAME_INVALID, "%s: a prefix of 0 to %u", text, most);
	struct bytes octets = { address.bytes + (v4 ? IPV4_OFFSET : 0), v4 ? IPV4_LEN : IPV6_LEN };
	return write_subnet(text, octets, bits, ret, err);
}

static bool encode_directory(const char *text, struct buffer *ret, struct error *err)
{
	CLEANUP(name_done) struct name name = { 0 };

	return name_from_text(text, &name, err) &&
	       (name.count > 0 || error_set(err, REASON_NAME_INVALID, "dir: names nobody")) &&
	       name_encode(&name, ret, err);
}

/* -- to text -- */

static bool decode_text(struct bytes value, struct buffer *ret)
{
	for (size_t i = 0; i < value.len; i++)
		buffer_append_byte(ret, value.data[i] > 0x20 && value.data[i] < 0x7f
						? value.data[i]
						: (unsigned char)'?');
	return true;
}

static bool count_bits(struct bytes mask, unsigned int *ret)
{
	unsigned int bits = 0;
	unsigned char wanted[IPV6_LEN];

	while (bits < mask.len * 8 && mask.data[bits / 8] >> (7 - bits % 8) & 1)
		bits++;
	make_mask(bits, wanted);
	*ret = bits;
	return memcmp(wanted, mask.data, mask.len) == 0;
}

static bool decode_ip(struct bytes value, struct buffer *ret)
{
	struct address address = { .bytes = { [10] = 0xff, [11] = 0xff } };
	char text[ADDRESS_TEXT_MAX];
	size_t len = value.len / 2;
	unsigned int bits;

	if ((value.len != 2 * IPV4_LEN && value.len != 2 * IPV6_LEN) ||
	    !count_bits((struct bytes){ value.data + len, len }, &bits))
		return false;
	memcpy(address.bytes + IPV6_LEN - len, value.data, len);
	buffer_printf(ret, "%s/%u", address_to_text(&address, text), bits);
	return true;
}

static bool decode_directory(struct bytes value, struct buffer *ret)
{
	CLEANUP(name_done) struct name name = { 0 };

	if (!name_parse_tolerant(value, &name, NULL))
		return false;
	name_to_text(&name, ret);
	return true;
}

static const struct form {
	const char *prefix;
	unsigned int tag;
	bool (*encode)(const char *text, struct buffer *ret, struct error *err);
	bool (*decode)(struct bytes value, struct buffer *ret);
} forms[] = {
	{ "dns:", GENERAL_NAME_DNS, encode_dns, decode_text },
	{ "ip:", GENERAL_NAME_IP, encode_ip, decode_ip },
	{ "email:", GENERAL_NAME_EMAIL, encode_email, decode_text },
	{ "uri:", GENERAL_NAME_URI, encode_uri, decode_text },
	{ "dir:", GENERAL_NAME_DIRECTORY, encode_directory, decode_directory },
};

static const struct form *form_of_text(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (strncmp(text, forms[i].prefix, strlen(forms[i].prefix)) == 0)
			return &forms[i];
	return NULL;
}

static const struct form *form_of_tag(unsigned int tag)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (forms[i].tag == tag)
			return &forms[i];
	return NULL;
}

/* -- the extension -- */

/* GeneralSubtree: minimum is zero, which DER leaves out, and maximum absent. */
static bool write_subtree(const char *text, struct buffer *to, struct error *err)
{
	const struct form *form = form_of_text(text);
	CLEANUP(buffer_done) struct buffer value = { 0 };

	if (!form)
		return error_set(err, REASON_NAME_INVALID,
				 "%s: begin with dns:, ip:, email:, uri: or dir:", text);
	if (!form->encode(text + strlen(form->prefix), &value, err))
		return false;
	if (!buffer_ok(&value))
		return error_set(err, REASON_NO_MEMORY, "name constraints");

	size_t subtree = der_begin(to, DER_SEQUENCE);
	der_write(to, form->tag, buffer_view(&value));
	der_end(to, subtree);
	return true;
}

static bool write_subtrees(unsigned int tag, const struct name_subtrees *subtrees,
			   struct buffer *to, struct error *err)
{
	if (subtrees->count == 0)
		return true;
	if (subtrees->count > NAME_SUBTREES_MAX)
		return error_set(err, REASON_NAME_INVALID, "more than %d name constraints",
				 NAME_SUBTREES_MAX);

	size_t list = der_begin(to, tag);
	for (size_t i = 0; i < subtrees->count; i++)
		if (!write_subtree(subtrees->texts[i], to, err))
			return false;
	der_end(to, list);
	return true;
}

bool name_constraints_encode(const struct name_subtrees *permitted,
			     const struct name_subtrees *excluded, struct buffer *ret,
			     struct error *err)
{
	if (permitted->count == 0 && excluded->count == 0)
		return true;

	size_t whole = der_begin(ret, DER_SEQUENCE);
	if (!write_subtrees(PERMITTED, permitted, ret, err) ||
	    !write_subtrees(EXCLUDED, excluded, ret, err))
		return false;
	der_end(ret, whole);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "name constraints");
}

struct reading {
	bool (*each)(void *context, bool excluded, const char *text);
	void *context;
};

static bool read_subtree(const struct reading *reading, bool excluded, struct der *list)
{
	struct der fields = der_enter(list, DER_SEQUENCE);
	unsigned int tag;
	struct bytes base = der_read_any(&fields, &tag);
	const struct form *form = form_of_tag(tag);
	CLEANUP(buffer_done) struct buffer text = { 0 };

	if (!der_at_end(&fields))
		return false;
	buffer_append_text(&text, form ? form->prefix : "other");
	if (form && !form->decode(base, &text))
		return false;

	const char *string = buffer_cstring(&text);
	return string && (!reading->each || reading->each(reading->context, excluded, string));
}

static bool read_subtrees(const struct reading *reading, unsigned int tag, struct der *constraints)
{
	if (!der_next_is(constraints, tag))
		return true;

	struct der list = der_enter(constraints, tag);
	size_t count = 0;
	for (; list.rest.len > 0; count++)
		if (!read_subtree(reading, tag == EXCLUDED, &list))
			return false;
	return der_at_end(&list) && count > 0;
}

bool name_constraints_each(struct bytes value,
			   bool (*each)(void *context, bool excluded, const char *text),
			   void *context)
{
	const struct reading reading = { each, context };
	struct der outer = der_open(value);
	struct der constraints = der_enter(&outer, DER_SEQUENCE);
	bool is_empty = constraints.rest.len == 0;

	return !is_empty && read_subtrees(&reading, PERMITTED, &constraints) &&
	       read_subtrees(&reading, EXCLUDED, &constraints) && der_at_end(&constraints) &&
	       der_at_end(&outer);
}
