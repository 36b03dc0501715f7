#include "ipc/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/secret.h"
#include "ipc/frame_header.h"

/* A frame that waits, header included. */
struct outbox_packet {
	struct outbox_packet *next;
	int descriptor;
	size_t len;
	unsigned char bytes[];
};

enum attempt { SENT, NOT_NOW, NEVER };

static void packet_free(struct outbox_packet *packet)
{
	if (!packet)
		return;
	fd_closep(&packet->descriptor);
	memory_wipe(packet->bytes, packet->len);
	free(packet);
}

static enum attempt attempt_of_errno(int number)
{
	switch (number) {
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
	case EINTR:
	case ETOOMANYREFS: /* descriptors in flight; they get fewer */
		return NOT_NOW;
	default:
		return NEVER;
	}
}

static enum attempt send_packet(int fd, struct iovec *pieces, size_t count, int descriptor)
{
	union {
		struct cmsghdr align;
		unsigned char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr header = { .msg_iov = pieces, .msg_iovlen = count };

	if (descriptor >= 0) {
		header.msg_control = &control;
		header.msg_controllen = sizeof control;
		struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(sizeof descriptor);
		memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
	}
	if (sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return SENT;
	return attempt_of_errno(errno);
}

static enum attempt send_frame(const struct outbox *outbox, const struct ipc_frame *frame,
			       int descriptor)
{
	unsigned char header[IPC_HEADER_LEN];
	struct iovec pieces[] = {
		{ header, sizeof header },
		{ (void *)(uintptr_t)frame->payload.data, frame->payload.len },
	};

	if (outbox->first)
		return NOT_NOW;
	frame_header_write(frame, header);
	return send_packet(outbox->fd, pieces, ARRAY_LEN(pieces), descriptor);
}

static bool queue_frame(struct outbox *outbox, const struct ipc_frame *frame, int descriptor)
{
	size_t len = IPC_HEADER_LEN + frame->payload.len;
	struct outbox_packet *packet = malloc(sizeof *packet + len);

	if (!packet)
		return false;
	packet->next = NULL;
	packet->len = len;
	packet->descriptor = descriptor < 0 ? -1 : fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
	frame_header_write(frame, packet->bytes);
	if (frame->payload.len)
		memcpy(packet->bytes + IPC_HEADER_LEN, frame->payload.data, frame->payload.len);
	if (descriptor >= 0 && packet->descriptor < 0) {
		packet_free(packet);
		return false;
	}

	if (outbox->last)
		outbox->last->next = packet;
	else
		outbox->first = packet;
	outbox->last = packet;
	outbox->bytes += len;
	return true;
}

static enum outbox_state state_of(const struct outbox *outbox)
{
	if (outbox->broken)
		return OUTBOX_BROKEN;
	return outbox->first ? OUTBOX_WAITING : OUTBOX_EMPTY;
}

static enum outbox_state break_line(struct outbox *outbox)
{
	outbox_clear(outbox);
	outbox->broken = true;
	return OUTBOX_BROKEN;
}

static enum attempt send_or_queue(struct outbox *outbox, const struct ipc_frame *frame,
				  int descriptor)
{
	enum attempt attempt = send_frame(outbox, frame, descriptor);

	if (attempt != NOT_NOW)
		return attempt;
	/* without memory the message stays half, and its receiver drops it */
	return queue_frame(outbox, frame, descriptor) ? SENT : NOT_NOW;
}

enum outbox_state outbox_send(struct outbox *outbox, const struct ipc_frame *message,
			      int descriptor)
{
	struct bytes rest = message->payload;
	struct ipc_frame frame = *message;

	if (outbox->broken)
		return OUTBOX_BROKEN;
	if (rest.len > IPC_MESSAGE_MAX || rest.len + outbox->bytes > OUTBOX_BYTES_MAX)
		return OUTBOX_FULL;
	do {
		size_t len = rest.len < IPC_PAYLOAD_MAX ? rest.len : IPC_PAYLOAD_MAX;
		frame.payload = (struct bytes){ rest.data, len };
		frame.more = len < rest.len;
		frame.continued = rest.len < message->payload.len;
		enum attempt attempt =
			send_or_queue(outbox, &frame, frame.continued ? -1 : descriptor);
		if (attempt == NEVER)
			return break_line(outbox);
		if (attempt == NOT_NOW)
			return OUTBOX_FULL;
		if (len)
			rest = (struct bytes){ rest.data + len, rest.len - len };
	} while (rest.len);
	return state_of(outbox);
}

static void drop_first(struct outbox *outbox)
{
	struct outbox_packet *packet = outbox->first;

	outbox->first = packet->next;
	if (!outbox->first)
		outbox->last = NULL;
	outbox->bytes -= packet->len;
	packet_free(packet);
}

enum outbox_state outbox_flush(struct outbox *outbox)
{
	while (outbox->first) {
		struct iovec piece = { outbox->first->bytes, outbox->first->len };
		enum attempt attempt =
			send_packet(outbox->fd, &piece, 1, outbox->first->descriptor);
		if (attempt == NEVER)
			return break_line(outbox);
		if (attempt == NOT_NOW)
			return OUTBOX_WAITING;
		drop_first(outbox);
	}
	return state_of(outbox);
}

void outbox_clear(struct outbox *outbox)
{
	while (outbox->first)
		drop_first(outbox);
}
