/* Views of bytes that someone else owns, and the one growable buffer of the house. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"

/* A borrowed view. Valid as long as what it points into; copying it copies no bytes. */
struct bytes {
	const unsigned char *data;
	size_t len;
};

#define BYTES_LITERAL(text) ((struct bytes){ (const unsigned char *)(text), sizeof(text) - 1 })

struct bytes bytes_of_string(const char *text);   /* NULL gives the empty view */
bool bytes_equal(struct bytes a, struct bytes b); /* not constant in time: never for secrets */
bool bytes_starts_with(struct bytes whole, struct bytes prefix);
/* The next line, without its LF or CR LF; *rest begins behind it. */
struct bytes bytes_take_line(struct bytes *rest);
/* A NUL-terminated heap copy; NULL when memory is out. Inner NULs are copied as they are. */
char *bytes_to_string(struct bytes view);

/* "." or "..": a way in a URL (RFC 3986 3.3), and nobody's name. */
static inline bool text_is_dot_segment(const char *text)
{
	return strcmp(text, ".") == 0 || strcmp(text, "..") == 0;
}

/* A growable, owned run of bytes. Appending after a failed allocation is harmless: `failed` sticks,
 * so a writer appends freely and asks buffer_ok() once at the end. Zero-initialised is empty. */
struct buffer {
	unsigned char *data;
	size_t len;
	size_t capacity;
	bool failed;
};

void buffer_append(struct buffer *buffer, struct bytes view);
void buffer_append_byte(struct buffer *buffer, unsigned char byte);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_printf(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
/* Room for `len` more bytes, uninitialised; NULL when memory is out. */
unsigned char *buffer_reserve(struct buffer *buffer, size_t len);
/* Sees to it that appending as much moves nothing: a buffer that grows leaves its old bytes behind,
 * which is no place for secrets. */
void buffer_make_room(struct buffer *buffer, size_t len);
/* Removes the first `len` bytes. */
void buffer_consume(struct buffer *buffer, size_t len);
void buffer_clear(struct buffer *buffer); /* empty, memory kept */
void buffer_done(struct buffer *buffer);  /* memory given back, empty again */
void buffer_wipe(struct buffer *buffer);  /* as buffer_done, after overwriting the bytes */

static inline bool buffer_ok(const struct buffer *buffer)
{
	return !buffer->failed;
}

static inline struct bytes buffer_view(const struct buffer *buffer)
{
	return (struct bytes){ buffer->data, buffer->len };
}

/* Appends a terminating NUL that `len` does not count; NULL when memory is out. Borrowed. */
const char *buffer_cstring(struct buffer *buffer);
