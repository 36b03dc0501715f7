#include "base/hex.h"

static const char digits[] = "0123456789abcdef";

const char *hex_encode(struct bytes bytes, char *into)
{
	char *to = into;

	for (size_t i = 0; i < bytes.len; i++) {
		*to++ = digits[bytes.data[i] >> 4];
		*to++ = digits[bytes.data[i] & 15];
	}
	*to = '\0';
	return into;
}

static int digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

bool hex_decode(const char *text, unsigned char *ret, size_t max, size_t *ret_len)
{
	size_t len = 0;

	for (; *text; text += 2) {
		while (*text == ':')
			text++;
		if (!*text)
			break;
		int high = digit_value(text[0]);
		int low = high < 0 ? -1 : digit_value(text[1]);
		if (low < 0 || len == max)
			return false;
		ret[len++] = (unsigned char)(high << 4 | low);
	}
	*ret_len = len;
	return true;
}
