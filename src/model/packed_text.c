#include "model/packed_text.h"

#include <string.h>

#include "base/utf8.h"

void unpack_text(struct unpacker *from, char *into, size_t size)
{
	struct bytes text = unpack_bytes(from);

	into[0] = '\0';
	if (text.len >= size || (text.len && memchr(text.data, '\0', text.len)))
		from->failed = true;
	if (from->failed || text.len == 0)
		return;
	memcpy(into, text.data, text.len);
	into[text.len] = '\0';
	utf8_clean(into);
}
