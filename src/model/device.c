#include "model/device.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"

enum device_state device_state(const struct device *device)
{
	if (device->suspended_at)
		return DEVICE_SUSPENDED;
	return device->certificate_id ? DEVICE_ENROLLED : DEVICE_REGISTERED;
}

const char *device_state_text(enum device_state state)
{
	switch (state) {
	case DEVICE_REGISTERED:
		return "registered";
	case DEVICE_ENROLLED:
		return "enrolled";
	case DEVICE_SUSPENDED:
		return "suspended";
	}
	return "unknown";
}

const char *device_kind_text(enum device_kind kind)
{
	switch (kind) {
	case DEVICE_BY_SERIAL:
		return "serial";
	case DEVICE_BY_FINGERPRINT:
		return "fingerprint";
	}
	return "unknown";
}

/* -- what may be written -- */

static bool is_one_line(const char *text, size_t max)
{
	struct bytes rest = bytes_of_string(text);

	if (rest.len > max)
		return false;
	while (rest.len) {
		uint32_t code_point = utf8_take(&rest);

		if (code_point == UTF8_INVALID || utf8_is_unprintable(code_point))
			return false;
	}
	return true;
}

static bool is_trimmed(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && text[0] != ' ' && text[len - 1] != ' ';
}

static bool set_serial(struct device *device, const char *text, struct error *err)
{
	if (!is_trimmed(text) || !is_one_line(text, DEVICE_IDENTITY_MAX))
		return error_set(err, REASON_INVALID,
				 "a serial number has 1 to %d octets and no space at its ends",
				 DEVICE_IDENTITY_MAX);
	if (text_is_dot_segment(text))
		return error_set(err, REASON_INVALID, "\"%s\" is no serial number", text);
	snprintf(device->identity, sizeof device->identity, "%s", text);
	return true;
}

static bool set_fingerprint(struct device *device, const char *text, struct error *err)
{
	unsigned char octets[DEVICE_IDENTITY_MAX / 2];
	size_t len = 0;

	if (!hex_decode(text, octets, sizeof octets, &len) || len != sizeof octets)
		return error_set(err, REASON_INVALID,
				 "a fingerprint has %d hexadecimal digits (SHA-256)",
				 DEVICE_IDENTITY_MAX);
	hex_encode((struct bytes){ octets, len }, device->identity);
	return true;
}

bool device_set_identity(struct device *device, enum device_kind kind, const char *text,
			 struct error *err)
{
	device->kind = kind;
	switch (kind) {
	case DEVICE_BY_SERIAL:
		return set_serial(device, text, err);
	case DEVICE_BY_FINGERPRINT:
		return set_fingerprint(device, text, err);
	}
	return error_set(err, REASON_INVALID, "no such kind of identity");
}

bool device_set_name(struct device *device, const char *text, struct error *err)
{
	if (text && !is_one_line(text, DEVICE_NAME_MAX))
		return error_set(err, REASON_INVALID, "a name has at most %d octets in one line",
				 DEVICE_NAME_MAX);
	snprintf(device->name, sizeof device->name, "%s", text ? text : "");
	return true;
}

bool device_set_remark(struct device *device, const char *text, struct error *err)
{
	if (text && !is_one_line(text, DEVICE_REMARK_MAX))
		return error_set(err, REASON_INVALID, "a remark has at most %d octets in one line",
				 DEVICE_REMARK_MAX);
	snprintf(device->remark, sizeof device->remark, "%s", text ? text : "");
	return true;
}

/* -- comparing -- */

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool device_identity_fold(const char *text, char ret[DEVICE_IDENTITY_MAX + 1])
{
	size_t len = 0;

	for (const char *c = text; *c; c++) {
		bool needless = *c == ' ' && (len == 0 || ret[len - 1] == ' ');

		if (needless)
			continue;
		if (len == DEVICE_IDENTITY_MAX)
			return false;
		ret[len++] = fold(*c);
	}
	if (len && ret[len - 1] == ' ')
		len--;
	ret[len] = '\0';
	return len > 0;
}

static bool is_folded_alike(const char *own, const char *text)
{
	char a[DEVICE_IDENTITY_MAX + 1], b[DEVICE_IDENTITY_MAX + 1];

	return device_identity_fold(own, a) && device_identity_fold(text, b) && strcmp(a, b) == 0;
}

bool device_is_called(const struct device *device, const char *text)
{
	return (device->kind == DEVICE_BY_SERIAL && is_folded_alike(device->identity, text)) ||
	       is_folded_alike(device->name, text);
}

/* -- codes -- */

enum device_code_state device_code_state(const struct device_code *code, int64_t now)
{
	if (code->locked_at)
		return CODE_LOCKED;
	if (code->ends && now >= code->ends)
		return CODE_EXPIRED;
	return code->uses < code->uses_max ? CODE_LIVE : CODE_USED_UP;
}

const char *device_code_state_text(enum device_code_state state)
{
	switch (state) {
	case CODE_LIVE:
		return "live";
	case CODE_EXPIRED:
		return "expired";
	case CODE_USED_UP:
		return "used-up";
	case CODE_LOCKED:
		return "locked";
	}
	return "unknown";
}
