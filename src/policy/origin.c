/* What a rule reads of the certificate that the client authenticated with. */
#include <string.h>

#include "base/hex.h"
#include "policy/names.h"

#define HARDWARE_SERIAL_MAX 64 /* octets; longer names no device */

/* Two values would leave the choice to the order in which somebody wrote them. */
static bool read_attribute(enum name_attribute attribute, const struct cert *client,
			   struct buffer *ret, struct error *err)
{
	const struct name *subject = cert_subject(client);
	const char *value = NULL;

	for (size_t i = 0; i < subject->count; i++) {
		if (subject->entries[i].attribute != attribute)
			continue;
		if (value)
			return error_set(err, REASON_SUBJECT_RULE,
					 "the client certificate has %s twice",
					 name_attribute_text(attribute));
		value = subject->entries[i].value;
	}
	if (!value)
		return error_set(err, REASON_SUBJECT_RULE, "the client certificate has no %s",
				 name_attribute_text(attribute));
	buffer_append_text(ret, value);
	return true;
}

/* The certificate's only hardwareModuleName (RFC 4108 5); two would be two devices. */
static bool find_module(const struct cert *client, const char **ret, struct error *err)
{
	const struct san *san = cert_san(client);
	const char *module = NULL;

	for (size_t i = 0; i < san->count; i++) {
		if (san->entries[i].type != SAN_HARDWARE_MODULE)
			continue;
		if (module)
			return error_set(err, REASON_SUBJECT_RULE,
					 "the client certificate has two hardwareModuleNames");
		module = san->entries[i].value;
	}
	if (!module)
		return error_set(err, REASON_SUBJECT_RULE,
				 "the client certificate has no hardwareModuleName");
	*ret = module;
	return true;
}

/* Octets made readable would not be the same for two different ones, so what is no text is none. */
static bool append_printable(struct bytes serial, struct buffer *ret, struct error *err)
{
	for (size_t i = 0; i < serial.len; i++) {
		bool is_end = i == 0 || i + 1 == serial.len;

		if (serial.data[i] < 0x20 || serial.data[i] > 0x7e ||
		    (serial.data[i] == ' ' && is_end))
			return error_set(err, REASON_SUBJECT_RULE,
					 "its hwSerialNum is no printable text");
	}
	buffer_append(ret, serial);
	return true;
}

/* "1.3.6.1.4.1.99999.1:0a0b0c", as san.h has it. */
static bool read_module(enum origin_kind kind, const struct cert *client, struct buffer *ret,
			struct error *err)
{
	unsigned char serial[HARDWARE_SERIAL_MAX];
	const char *module = NULL;
	size_t len = 0;

	if (!find_module(client, &module, err))
		return false;
	const char *colon = strchr(module, ':');
	if (!colon || !hex_decode(colon + 1, serial, sizeof serial, &len) || len == 0)
		return error_set(err, REASON_SUBJECT_RULE, "its hwSerialNum is empty or overlong");
	if (kind == ORIGIN_HARDWARE_SERIAL)
		return append_printable((struct bytes){ serial, len }, ret, err);
	if (kind == ORIGIN_HARDWARE_SERIAL_HEX)
		buffer_append_text(ret, colon + 1);
	else
		buffer_append(ret, (struct bytes){ (const unsigned char *)module,
						   (size_t)(colon - module) });
	return true;
}

static bool read_value(struct origin from, const struct cert *client, struct buffer *ret,
		       struct error *err)
{
	switch (from.kind) {
	case ORIGIN_SUBJECT:
		return read_attribute(from.attribute, client, ret, err);
	case ORIGIN_HARDWARE_SERIAL:
	case ORIGIN_HARDWARE_SERIAL_HEX:
	case ORIGIN_HARDWARE_TYPE:
		return read_module(from.kind, client, ret, err);
	case ORIGIN_SAME:
		break;
	}
	return error_set(err, REASON_INTERNAL, "the unknown origin %d", (int)from.kind);
}

bool origin_read(struct origin from, const struct cert *client, struct buffer *ret,
		 struct error *err)
{
	return read_value(from, client, ret, err) &&
	       (buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "name"));
}
