/* Writing a line: at once while it takes frames, else in a bounded queue until it does again. */
#pragma once

#include "ipc/ipc.h"

#define OUTBOX_BYTES_MAX (32u * 1024 * 1024)

struct outbox_packet;

/* `fd` is borrowed. */
struct outbox {
	int fd;
	bool broken; /* the other end is gone */
	struct outbox_packet *first, *last;
	size_t bytes;
};

enum outbox_state {
	OUTBOX_EMPTY,   /* all is sent */
	OUTBOX_WAITING, /* call outbox_flush() when fd is writable */
	OUTBOX_FULL,    /* the message was dropped; the rest waits */
	OUTBOX_BROKEN,
};

/* Sends a whole message, in several frames if it must; `more` and `continued` are set here. The
 * descriptor (-1: none) stays the caller's and goes with the first frame. */
enum outbox_state outbox_send(struct outbox *outbox, const struct ipc_frame *message,
			      int descriptor);
enum outbox_state outbox_flush(struct outbox *outbox);
void outbox_clear(struct outbox *outbox);
