#include "manage/key_list.h"

#include <string.h>

#include "base/hex.h"

#define SPKI_DIGITS 64
#define MODULUS_DIGITS 20

bool key_fingerprint_read(struct bytes text, unsigned char *ret, size_t *ret_len)
{
	char digits[SPKI_DIGITS + 1];

	if (text.len != SPKI_DIGITS && text.len != MODULUS_DIGITS)
		return false;
	memcpy(digits, text.data, text.len);
	digits[text.len] = '\0';
	return !strchr(digits, ':') && strlen(digits) == text.len &&
	       hex_decode(digits, ret, SPKI_DIGITS / 2, ret_len);
}

static struct bytes first_word(struct bytes line)
{
	size_t len = 0;

	while (len < line.len && line.data[len] != ' ' && line.data[len] != '\t')
		len++;
	return (struct bytes){ line.data, len };
}

bool key_list_read(struct bytes text,
		   bool (*each)(void *context, struct bytes fingerprint, struct error *err),
		   void *context, struct error *err)
{
	unsigned char fingerprint[SPKI_DIGITS / 2];
	size_t number = 0, len = 0, count = 0;

	while (text.len) {
		struct bytes line = bytes_take_line(&text);

		number++;
		if (line.len == 0 || line.data[0] == '#')
			continue;
		if (!key_fingerprint_read(first_word(line), fingerprint, &len))
			return error_set(err, REASON_IMPORT_MALFORMED,
					 "line %zu: no fingerprint of %d or %d hexadecimal digits",
					 number, SPKI_DIGITS, MODULUS_DIGITS);
		if (!each(context, (struct bytes){ fingerprint, len }, err))
			return false;
		count++;
	}
	return count || error_set(err, REASON_IMPORT_MALFORMED, "no fingerprint in it");
}
