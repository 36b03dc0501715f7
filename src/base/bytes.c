#include "base/bytes.h"

#include <stdio.h>
#include <string.h>

#include "base/secret.h"

#define BUFFER_FIRST_CAPACITY 256

struct bytes bytes_of_string(const char *text)
{
	return (struct bytes){ (const unsigned char *)text, text ? strlen(text) : 0 };
}

bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool bytes_starts_with(struct bytes whole, struct bytes prefix)
{
	return whole.len >= prefix.len &&
	       bytes_equal((struct bytes){ whole.data, prefix.len }, prefix);
}

struct bytes bytes_take_line(struct bytes *rest)
{
	const unsigned char *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
	struct bytes line = { rest->data, end ? (size_t)(end - rest->data) : rest->len };
	size_t used = line.len + (end ? 1 : 0);

	if (used)
		*rest = (struct bytes){ rest->data + used, rest->len - used };
	if (line.len && line.data[line.len - 1] == '\r')
		line.len--;
	return line;
}

char *bytes_to_string(struct bytes view)
{
	char *copy = malloc(view.len + 1);

	if (!copy)
		return NULL;
	if (view.len)
		memcpy(copy, view.data, view.len);
	copy[view.len] = '\0';
	return copy;
}

unsigned char *buffer_reserve(struct buffer *buffer, size_t len)
{
	if (buffer->failed)
		return NULL;
	if (len > buffer->capacity - buffer->len) {
		size_t capacity = buffer->capacity ? buffer->capacity : BUFFER_FIRST_CAPACITY;

		while (capacity - buffer->len < len) {
			if (capacity > SIZE_MAX / 2) {
				buffer->failed = true;
				return NULL;
			}
			capacity *= 2;
		}
		unsigned char *grown = realloc(buffer->data, capacity);
		if (!grown) {
			buffer->failed = true;
			return NULL;
		}
		buffer->data = grown;
		buffer->capacity = capacity;
	}
	unsigned char *room = buffer->data + buffer->len;
	buffer->len += len;
	return room;
}

void buffer_make_room(struct buffer *buffer, size_t len)
{
	if (len && buffer_reserve(buffer, len))
		buffer->len -= len;
}

void buffer_append(struct buffer *buffer, struct bytes view)
{
	if (view.len == 0)
		return;

	unsigned char *room = buffer_reserve(buffer, view.len);
	if (room)
		memcpy(room, view.data, view.len);
}

void buffer_append_byte(struct buffer *buffer, unsigned char byte)
{
	buffer_append(buffer, (struct bytes){ &byte, 1 });
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
	buffer_append(buffer, bytes_of_string(text));
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0) {
		buffer->failed = true;
		return;
	}

	/* vsnprintf writes a NUL, which the length must not count */
	char *room = (char *)buffer_reserve(buffer, (size_t)len + 1);
	if (!room)
		return;
	va_start(args, format);
	vsnprintf(room, (size_t)len + 1, format, args);
	va_end(args);
	buffer->len--;
}

void buffer_consume(struct buffer *buffer, size_t len)
{
	memmove(buffer->data, buffer->data + len, buffer->len - len);
	buffer->len -= len;
}

void buffer_clear(struct buffer *buffer)
{
	buffer->len = 0;
	buffer->failed = false;
}

void buffer_done(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){ 0 };
}

void buffer_wipe(struct buffer *buffer)
{
	if (buffer->data)
		memory_wipe(buffer->data, buffer->capacity);
	buffer_done(buffer);
}

const char *buffer_cstring(struct buffer *buffer)
{
	unsigned char *end = buffer_reserve(buffer, 1);

	if (!end)
		return NULL;
	*end = '\0';
	buffer->len--;
	return (const char *)buffer->data;
}
