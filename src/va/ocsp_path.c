#include "va/ocsp_path.h"

#include <string.h>

#include "base/base64.h"

static char standard(char c)
{
	return c == '-' ? '+' : c == '_' ? '/' : c;
}

bool ocsp_path_decode(const char *text, struct buffer *ret)
{
	CLEANUP(buffer_done) struct buffer padded = { 0 };
	/* no request begins with a slash: 0x30, a SEQUENCE, is an M */
	const char *begin = text + strspn(text, "/");
	size_t len = strcspn(begin, "=");

	if (begin[len + strspn(begin + len, "=")] != '\0')
		return false;
	for (size_t i = 0; i < len; i++)
		buffer_append_byte(&padded, (unsigned char)standard(begin[i]));
	while (padded.len % 4)
		buffer_append_byte(&padded, '=');
	return buffer_ok(&padded) && base64_decode(buffer_view(&padded), ret, NULL);
}
