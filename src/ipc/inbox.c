#include "ipc/inbox.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/secret.h"

#define BATCH 16
#define DRAIN_MAX 100000

union descriptor_room {
	struct cmsghdr align;
	unsigned char bytes[CMSG_SPACE(sizeof(int))];
};

struct inbox {
	struct mmsghdr headers[BATCH];
	struct iovec pieces[BATCH];
	union descriptor_room controls[BATCH];
	unsigned char packets[BATCH][IPC_FRAME_MAX];
};

static void begin(struct assembly *assembly, const struct ipc_frame *frame)
{
	*assembly = (struct assembly){
		.active = true,
		.kind = frame->kind,
		.is_reply = frame->is_reply,
		.id = frame->id,
	};
	buffer_append(&assembly->payload, frame->payload);
}

static bool continues(const struct assembly *assembly, const struct ipc_frame *frame)
{
	return assembly->active && assembly->id == frame->id && assembly->kind == frame->kind &&
	       assembly->is_reply == frame->is_reply &&
	       frame->payload.len <= IPC_MESSAGE_MAX - assembly->payload.len;
}

bool assembly_add(struct assembly *assembly, const struct ipc_frame *frame, struct ipc_frame *ret)
{
	if (!frame->continued || !continues(assembly, frame))
		assembly_done(assembly);
	if (!frame->continued && !frame->more) {
		*ret = *frame;
		return true;
	}
	if (!frame->continued) {
		begin(assembly, frame);
		return false;
	}
	if (!assembly->active)
		return false;

	buffer_append(&assembly->payload, frame->payload);
	if (!buffer_ok(&assembly->payload)) {
		assembly_done(assembly);
		return false;
	}
	if (frame->more)
		return false;
	assembly->active = false;
	*ret = *frame;
	ret->payload = buffer_view(&assembly->payload);
	return true;
}

void assembly_done(struct assembly *assembly)
{
	buffer_wipe(&assembly->payload);
	assembly->active = false;
}

bool inbox_new(struct inbox **ret, struct error *err)
{
	struct inbox *inbox = malloc(sizeof *inbox);

	if (!inbox)
		return error_set(err, REASON_NO_MEMORY, "inbox");
	*ret = inbox;
	return true;
}

void inbox_free(struct inbox *inbox)
{
	free(inbox);
}

static void prepare(struct inbox *inbox)
{
	for (size_t i = 0; i < BATCH; i++) {
		inbox->pieces[i] = (struct iovec){ inbox->packets[i], IPC_FRAME_MAX };
		inbox->headers[i].msg_hdr = (struct msghdr){
			.msg_iov = &inbox->pieces[i],
			.msg_iovlen = 1,
			.msg_control = &inbox->controls[i],
			/* not CMSG_SPACE, whose padding is room for a second descriptor */
			.msg_controllen = CMSG_LEN(sizeof(int)),
		};
	}
}

static int receive(struct inbox *inbox, int fd)
{
	prepare(inbox);
	for (;;) {
		int count =
			recvmmsg(fd, inbox->headers, BATCH, MSG_DONTWAIT | MSG_CMSG_CLOEXEC, NULL);
		if (count >= 0 || errno != EINTR)
			return count;
	}
}

static int descriptor_of(struct msghdr *header)
{
	const struct cmsghdr *control = CMSG_FIRSTHDR(header);
	int fd = -1;

	if (control && control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_RIGHTS &&
	    control->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(control), sizeof fd);
	return fd;
}

static void close_descriptor(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void take_packet(struct assembly *assembly, const struct inbox_reader *reader,
			struct mmsghdr *header)
{
	struct msghdr *packet = &header->msg_hdr;
	int descriptor = descriptor_of(packet);
	struct bytes bytes = { packet->msg_iov->iov_base, header->msg_len };
	struct ipc_frame frame, message;

	if ((packet->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) ||
	    !ipc_frame_unpack(bytes, &frame, NULL) || !assembly_add(assembly, &frame, &message))
		close_descriptor(descriptor);
	else
		reader->on_message(reader->context, &message, descriptor);
	/* a message may carry a device's passphrase */
	memory_wipe(packet->msg_iov->iov_base, header->msg_len);
}

/* An empty packet is what a closed other end reads as; nobody sends one. */
static bool is_end(const struct mmsghdr *header)
{
	return header->msg_len == 0;
}

bool inbox_read(struct inbox *inbox, int fd, struct assembly *assembly,
		const struct inbox_reader *reader)
{
	int count = receive(inbox, fd);

	if (count < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOMEM;
	for (int i = 0; i < count; i++) {
		if (is_end(&inbox->headers[i]))
			return false;
		take_packet(assembly, reader, &inbox->headers[i]);
	}
	return true;
}

void inbox_drain(int fd)
{
	unsigned char first;

	/* recv() without room for descriptors closes them; one who keeps sending is not waited for:
	 * what comes later is answered */
	for (int packets = 0; packets < DRAIN_MAX; packets++)
		if (recv(fd, &first, sizeof first, MSG_DONTWAIT) <= 0)
			return;
}
