#include <string.h>

#include "base/address.h"
#include "pki/der.h"
#include "pki/der_string.h"
#include "pki/san_form.h"

#define IPV4_LEN 4
#define IPV6_LEN 16

/* GeneralName's choices that are never issued (RFC 5280 4.2.1.6), for saying what was refused. */
static const struct {
	unsigned int tag;
	const char *text;
} others[] = {
	{ DER_CONTEXT_0 + 3, "x400Address" },
	{ DER_CONTEXT_0 + 4, "directoryName" },
	{ DER_CONTEXT_0 + 5, "ediPartyName" },
};

static const char *other_text(unsigned int tag)
{
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (others[i].tag == tag)
			return others[i].text;
	return NULL;
}

static bool push_text(struct san *to, const char *text, struct error *err)
{
	char *copy = strdup(text);

	if (!copy)
		return error_set(err, REASON_NO_MEMORY, "san");
	return san_push(to, SAN_OTHER, copy, err);
}

/* Takes the value over. */
static bool push_hardware_module(struct san *to, struct bytes value, struct error *err)
{
	char *text = NULL;

	return hardware_module_parse(value, &text, err) &&
	       san_push(to, SAN_HARDWARE_MODULE, text, err);
}

/* "otherName 1.3.6.1.4.1.311.20.2.3": the OID tells a user principal name from others. */
static bool push_other_name(struct san *to, struct bytes contents, struct error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct der fields = der_open(contents);
	struct bytes type = der_read(&fields, DER_OID);

	if (!oid_is_sound(type))
		return error_set(err, REASON_NAME_INVALID, "malformed otherName");
	if (bytes_equal(type, oid_hardware_module_name))
		return push_hardware_module(to, fields.rest, err);
	buffer_append_text(&text, "otherName ");
	const char *description = oid_to_text(type, &text) ? buffer_cstring(&text) : NULL;
	if (!description)
		return error_set(err, REASON_NO_MEMORY, "san");
	return push_text(to, description, err);
}

static bool push_registered_id(struct san *to, struct bytes contents, struct error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };

	if (!oid_is_sound(contents))
		return error_set(err, REASON_NAME_INVALID, "a registeredID that is no OID");
	const char *dotted = oid_to_text(contents, &text) ? buffer_cstring(&text) : NULL;
	if (!dotted)
		return error_set(err, REASON_NO_MEMORY, "san");
	return san_append(to, SAN_REGISTERED_ID, dotted, err);
}

static bool push_other(struct san *to, unsigned int tag, struct error *err)
{
	const char *text = other_text(tag);

	if (!text)
		return error_set(err, REASON_NAME_INVALID, "no GeneralName (tag 0x%02x)", tag);
	return push_text(to, text, err);
}

/* An IPv4-mapped address has two encodings and would be issued as the other one. */
static bool push_ip(struct san *to, struct bytes octets, struct error *err)
{
	struct address address = { { [10] = 0xff, [11] = 0xff } };
	char text[ADDRESS_TEXT_MAX];

	if (octets.len != IPV4_LEN && octets.len != IPV6_LEN)
		return error_set(err, REASON_NAME_INVALID, "an IP address of %zu octets",
				 octets.len);
	memcpy(address.bytes + IPV6_LEN - octets.len, octets.data, octets.len);
	if (octets.len == IPV6_LEN && address_is_v4(&address))
		return error_set(err, REASON_NAME_INVALID, "an IPv4-mapped IPv6 address");
	return san_append(to, SAN_IP, address_to_text(&address, text), err);
}

static bool push_string(struct san *to, enum san_type type, struct bytes contents,
			struct error *err)
{
	CLEANUP(freep) char *value = NULL;

	if (contents.len > SAN_VALUE_MAX)
		return error_set(err, REASON_NAME_INVALID, "%s longer than %d octets",
				 san_type_text(type), SAN_VALUE_MAX);
	return der_string_decode(DER_IA5_STRING, contents, &value, err) &&
	       san_append(to, type, value, err);
}

static bool push_strict(struct san *to, unsigned int tag, struct bytes contents, struct error *err)
{
	switch (san_type_by_tag(tag)) {
	case SAN_DNS:
	case SAN_EMAIL:
	case SAN_URI:
		return push_string(to, san_type_by_tag(tag), contents, err);
	case SAN_IP:
		return push_ip(to, contents, err);
	case SAN_HARDWARE_MODULE:
		return push_other_name(to, contents, err);
	case SAN_REGISTERED_ID:
		return push_registered_id(to, contents, err);
	case SAN_OTHER:
		break;
	}
	return push_other(to, tag, err);
}

static bool push_tolerant(struct san *to, unsigned int tag, struct bytes contents,
			  struct error *err)
{
	struct error why = { 0 };

	if (push_strict(to, tag, contents, &why))
		return true;
	if (why.reason != REASON_NAME_INVALID || to->count == SAN_ENTRIES_MAX)
		return error_set(err, why.reason, "%s", why.detail);
	return push_text(to, "a malformed name", err);
}

typedef bool push_function(struct san *to, unsigned int tag, struct bytes contents,
			   struct error *err);

static bool parse(struct bytes value, push_function *push, struct san *ret, struct error *err)
{
	CLEANUP(san_done) struct san san = { 0 };
	struct der reader = der_open(value);
	struct der names = der_enter(&reader, DER_SEQUENCE);

	if (!der_at_end(&reader))
		return error_set(err, REASON_NAME_INVALID, "malformed subjectAltName");
	if (der_at_end(&names))
		return error_set(err, REASON_NAME_INVALID,
				 "subjectAltName without a name (RFC 5280 4.2.1.6)");
	while (names.rest.len > 0) {
		unsigned int tag;
		struct bytes contents = der_read_any(&names, &tag);

		if (names.failed)
			return error_set(err, REASON_NAME_INVALID, "malformed subjectAltName");
		if (!push(&san, tag, contents, err))
			return false;
	}
	*ret = san;
	san = (struct san){ 0 };
	return true;
}

bool san_parse(struct bytes value, struct san *ret, struct error *err)
{
	return parse(value, push_strict, ret, err);
}

bool san_parse_tolerant(struct bytes value, struct san *ret, struct error *err)
{
	return parse(value, push_tolerant, ret, err);
}
