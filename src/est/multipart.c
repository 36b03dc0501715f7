#include "est/multipart.h"

#include "base/base64.h"

#define ROOM_FOR_FIXED_PARTS 256 /* of one part: delimiter and headers */

static size_t encoded_len(size_t len, size_t line_length)
{
	size_t characters = (len + 2) / 3 * 4;

	return characters + (line_length ? characters / line_length : 0) + 1;
}

static void write_part(const struct part *part, size_t line_length, struct buffer *to)
{
	buffer_append_text(to, "--" MULTIPART_BOUNDARY "\r\nContent-Type: ");
	buffer_append_text(to, part->content_type);
	/* libest passes over a part that does not say so */
	buffer_append_text(to, "\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	base64_encode(part->der, line_length, to);
	buffer_append_text(to, "\r\n");
}

void multipart_write(const struct part *parts, size_t count, size_t line_length, struct buffer *to)
{
	size_t room = ROOM_FOR_FIXED_PARTS;

	for (size_t i = 0; i < count; i++)
		room += ROOM_FOR_FIXED_PARTS + encoded_len(parts[i].der.len, line_length);
	buffer_make_room(to, room);
	for (size_t i = 0; i < count; i++)
		write_part(&parts[i], line_length, to);
	buffer_append_text(to, "--" MULTIPART_BOUNDARY "--\r\n");
}
