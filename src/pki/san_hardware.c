/* hardwareModuleName (RFC 4108 5), by which IEEE 802.1AR names a device in the SAN:
 *
 *   HardwareModuleName ::= SEQUENCE { hwType OBJECT IDENTIFIER, hwSerialNum OCTET STRING }
 *
 * kept as "TYPE:SERIAL": the OID dotted, the octets in hexadecimal, because they need not be text.
 */
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "pki/der.h"
#include "pki/san_form.h"

#define HARDWARE_SERIAL_MAX 64 /* octets; as long as a serialNumber */

/* id-on-hardwareModuleName, 1.3.6.1.5.5.7.8.4 */
const struct bytes oid_hardware_module_name = BYTES_LITERAL("\x2b\x06\x01\x05\x05\x07\x08\x04");

struct hardware_module {
	struct buffer type; /* OID contents */
	unsigned char serial[HARDWARE_SERIAL_MAX];
	size_t serial_len;
};

static void hardware_module_done(struct hardware_module *module)
{
	buffer_done(&module->type);
}

static bool read_type(const char *text, size_t len, struct buffer *ret)
{
	CLEANUP(freep) char *type = strndup(text, len);

	return type && oid_from_text(type, ret);
}

static bool read_text(const char *value, struct hardware_module *ret, struct error *err)
{
	const char *colon = strchr(value, ':');

	if (!colon || !read_type(value, (size_t)(colon - value), &ret->type))
		return error_set(err, REASON_NAME_INVALID,
				 "hardware_module \"%s\" is not an OID, a colon and hexadecimal",
				 value);
	if (strchr(colon + 1, ':') ||
	    !hex_decode(colon + 1, ret->serial, sizeof ret->serial, &ret->serial_len) ||
	    ret->serial_len == 0)
		return error_set(err, REASON_NAME_INVALID,
				 "hardware_module \"%s\": no serial number of 1 to %d octets in "
				 "hexadecimal",
				 value, HARDWARE_SERIAL_MAX);
	return true;
}

static bool print(struct bytes type, struct bytes serial, char **ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	char hex[2 * HARDWARE_SERIAL_MAX + 1];

	if (!oid_to_text(type, &text))
		return error_set(err, REASON_NO_MEMORY, "san");
	buffer_append_byte(&text, ':');
	buffer_append_text(&text, hex_encode(serial, hex));
	*ret = buffer_ok(&text) ? bytes_to_string(buffer_view(&text)) : NULL;
	return *ret || error_set(err, REASON_NO_MEMORY, "san");
}

bool hardware_module_normalize(const char *value, char **ret, struct error *err)
{
	CLEANUP(hardware_module_done) struct hardware_module module = { 0 };

	return read_text(value, &module, err) &&
	       print(buffer_view(&module.type), (struct bytes){ module.serial, module.serial_len },
		     ret, err);
}

bool hardware_module_write(unsigned int tag, const char *value, struct buffer *to,
			   struct error *err)
{
	CLEANUP(hardware_module_done) struct hardware_module module = { 0 };

	if (!read_text(value, &module, err))
		return false;

	size_t name = der_begin(to, tag);
	der_write_oid(to, oid_hardware_module_name);
	size_t wrapping = der_begin(to, DER_CONTEXT_0);
	size_t fields = der_begin(to, DER_SEQUENCE);
	der_write_oid(to, buffer_view(&module.type));
	der_write(to, DER_OCTET_STRING, (struct bytes){ module.serial, module.serial_len });
	der_end(to, fields);
	der_end(to, wrapping);
	der_end(to, name);
	return true;
}

bool hardware_module_parse(struct bytes value, char **ret, struct error *err)
{
	struct der reader = der_open(value);
	struct der wrapping = der_enter(&reader, DER_CONTEXT_0);
	struct der fields = der_enter(&wrapping, DER_SEQUENCE);
	struct bytes type = der_read(&fields, DER_OID);
	struct bytes serial = der_read(&fields, DER_OCTET_STRING);

	if (!der_at_end(&fields) || !der_at_end(&wrapping) || !der_at_end(&reader) ||
	    !oid_is_sound(type))
		return error_set(err, REASON_NAME_INVALID,
				 "malformed hardwareModuleName (RFC 4108 5)");
	if (serial.len == 0 || serial.len > HARDWARE_SERIAL_MAX)
		return error_set(err, REASON_NAME_INVALID,
				 "a hardwareModuleName with a serial number of %zu octets",
				 serial.len);
	return print(type, serial, ret, err);
}
