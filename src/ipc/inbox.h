/* Reading a line: packets in batches, frames, whole messages. */
#pragma once

#include "ipc/ipc.h"

/* The message of one line that is under way; zero-initialised is none. */
struct assembly {
	bool active;
	enum ipc_kind kind;
	bool is_reply;
	uint64_t id;
	struct buffer payload;
};

/* True when `frame` completes a message: *ret is it, with a payload that lives until the next call.
 * A frame that continues nothing, or makes the message too long, is dropped with what it
 * continues: its sender died, or lies. */
bool assembly_add(struct assembly *assembly, const struct ipc_frame *frame, struct ipc_frame *ret);
void assembly_done(struct assembly *assembly);

/* Room for one batch of packets, shared by all lines that one thread reads. */
struct inbox;
MUST_CHECK bool inbox_new(struct inbox **ret, struct error *err);
void inbox_free(struct inbox *inbox);
DEFINE_CLEANUP(struct inbox *, inbox_free)

struct inbox_reader {
	void *context;
	/* `descriptor` is -1 or the callee's to close. */
	void (*on_message)(void *context, const struct ipc_frame *message, int descriptor);
};
/* Reads at most one batch and hands over each whole message. False when the other end is gone. */
bool inbox_read(struct inbox *inbox, int fd, struct assembly *assembly,
		const struct inbox_reader *reader);
/* Throws away what is queued on fd. */
void inbox_drain(int fd);
