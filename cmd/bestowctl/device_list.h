/* A list of devices on its way to the node: read and sent in bounded pieces of whole lines. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#define DEVICE_PIECE_MAX (128 * 1024) /* octets; a line that is longer is refused */
#define DEVICE_PIECE_LINES 2000
#define DEVICE_PIECE_CODES 200 /* lines, where each code costs the node a slow hash */

struct device_list {
	int fd;
	unsigned char bytes[DEVICE_PIECE_MAX];
	size_t len;       /* of what is read and not yet handed out, from the front */
	size_t handed;    /* of that, what the last piece was */
	size_t next_line; /* its number */
	bool at_end;
	char header[DEVICE_PIECE_MAX]; /* the first line */
	size_t lines_at_once;
};

/* Reads the first line, which names the columns. REASON_IMPORT_MALFORMED, REASON_FILE. */
MUST_CHECK bool device_list_begin(int fd, struct device_list *ret, struct error *err);
/* The next piece, as a view until the next call; empty at the end. */
MUST_CHECK bool device_list_next(struct device_list *list, struct bytes *ret, size_t *ret_line,
				 struct error *err);
