#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "ipc/inbox.h"
#include "ipc/memory_file.h"
#include "ipc/outbox.h"

static struct error err;

static void pack(const struct ipc_frame *frame, struct buffer *to)
{
	buffer_clear(to);
	ipc_frame_pack(frame, to);
	assert_true(buffer_ok(to));
}

/* A good frame with one octet changed. */
static void expect_refused_with(size_t at, unsigned char octet)
{
	const struct ipc_frame frame = { .kind = IPC_EST, .id = 7 };
	CLEANUP(buffer_done) struct buffer packet = { 0 };
	struct ipc_frame ret;

	pack(&frame, &packet);
	packet.data[at] = octet;
	EXPECT_REFUSED(ipc_frame_unpack(buffer_view(&packet), &ret, &err), err, REASON_PROTOCOL);
}

TEST(a_frame_of_another_version_is_refused)
{
	expect_refused_with(0, IPC_VERSION + 1);
}

TEST(a_frame_of_unknown_kind_is_refused)
{
	expect_refused_with(1, IPC_KIND_COUNT);
	expect_refused_with(1, 255);
}

TEST(a_frame_shorter_than_its_header_is_refused)
{
	const struct ipc_frame frame = { .kind = IPC_EST, .id = 7 };
	CLEANUP(buffer_done) struct buffer packet = { 0 };
	struct ipc_frame ret;

	pack(&frame, &packet);
	assert_int_equal(packet.len, IPC_HEADER_LEN);
	for (size_t len = 0; len < packet.len; len++)
		EXPECT_REFUSED(ipc_frame_unpack((struct bytes){ packet.data, len }, &ret, &err),
			       err, REASON_PROTOCOL);
}

TEST(a_frame_longer_than_a_frame_is_refused)
{
	CLEANUP(freep) unsigned char *octets = calloc(1, IPC_FRAME_MAX + 1);
	struct ipc_frame ret;

	octets[0] = IPC_VERSION;
	EXPECT_REFUSED(ipc_frame_unpack((struct bytes){ octets, IPC_FRAME_MAX + 1 }, &ret, &err),
		       err, REASON_PROTOCOL);
	EXPECT_OK(ipc_frame_unpack((struct bytes){ octets, IPC_FRAME_MAX }, &ret, &err), err);
}

TEST(a_frame_comes_back_as_it_was_packed)
{
	const struct ipc_frame frame = {
		.kind = IPC_MANAGE,
		.is_reply = true,
		.more = true,
		.continued = true,
		.awaited = IPC_AWAITED_MAX,
		.id = UINT64_C(0x0102030405060708),
		.payload = BYTES_LITERAL("octets"),
	};
	CLEANUP(buffer_done) struct buffer packet = { 0 };
	struct ipc_frame ret;

	pack(&frame, &packet);
	EXPECT_OK(ipc_frame_unpack(buffer_view(&packet), &ret, &err), err);
	assert_int_equal(ret.kind, IPC_MANAGE);
	assert_true(ret.is_reply && ret.more && ret.continued);
	assert_int_equal(ret.awaited, IPC_AWAITED_MAX);
	assert_true(ret.id == frame.id);
	assert_true(bytes_equal(ret.payload, frame.payload));
}

TEST(what_a_frame_announces_is_no_flag)
{
	const struct ipc_frame frame = { .kind = IPC_EST, .awaited = 5, .id = 7 };
	CLEANUP(buffer_done) struct buffer packet = { 0 };
	struct ipc_frame ret;

	pack(&frame, &packet);
	EXPECT_OK(ipc_frame_unpack(buffer_view(&packet), &ret, &err), err);
	assert_int_equal(ret.awaited, 5);
	assert_false(ret.is_reply || ret.more || ret.continued);
}

/* -- messages of several frames -- */

static bool add(struct assembly *assembly, uint64_t id, bool continued, bool more, const char *text,
		struct ipc_frame *ret)
{
	const struct ipc_frame frame = {
		.kind = IPC_EST,
		.id = id,
		.continued = continued,
		.more = more,
		.payload = bytes_of_string(text),
	};

	return assembly_add(assembly, &frame, ret);
}

TEST(the_tail_of_a_message_whose_head_went_to_a_dead_process_is_dropped)
{
	CLEANUP(assembly_done) struct assembly assembly = { 0 };
	struct ipc_frame ret;

	assert_false(add(&assembly, 1, true, true, "lost", &ret));
	assert_false(add(&assembly, 1, true, false, "lost", &ret));
	assert_true(add(&assembly, 2, false, false, "whole", &ret));
	assert_true(bytes_equal(ret.payload, BYTES_LITERAL("whole")));
}

TEST(a_head_whose_sender_died_is_dropped_when_the_next_message_begins)
{
	CLEANUP(assembly_done) struct assembly assembly = { 0 };
	struct ipc_frame ret;

	assert_false(add(&assembly, 1, false, true, "half", &ret));
	assert_false(add(&assembly, 2, false, true, "new ", &ret));
	assert_true(add(&assembly, 2, true, false, "message", &ret));
	assert_true(bytes_equal(ret.payload, BYTES_LITERAL("new message")));
	assert_false(add(&assembly, 1, true, false, "half", &ret));
}

TEST(a_continuation_of_another_id_is_never_mixed_in)
{
	CLEANUP(assembly_done) struct assembly assembly = { 0 };
	struct ipc_frame ret;

	assert_false(add(&assembly, 1, false, true, "half", &ret));
	assert_false(add(&assembly, 2, true, false, "other", &ret));
	assert_false(add(&assembly, 1, true, false, "half", &ret));
}

TEST(a_message_beyond_the_bound_is_dropped)
{
	CLEANUP(assembly_done) struct assembly assembly = { 0 };
	CLEANUP(freep) unsigned char *octets = calloc(1, IPC_PAYLOAD_MAX);
	struct ipc_frame ret;
	struct ipc_frame frame = {
		.kind = IPC_EST, .id = 1, .more = true, .payload = { octets, IPC_PAYLOAD_MAX }
	};

	assert_false(assembly_add(&assembly, &frame, &ret));
	frame.continued = true;
	for (size_t sent = IPC_PAYLOAD_MAX; sent <= IPC_MESSAGE_MAX; sent += IPC_PAYLOAD_MAX)
		assert_false(assembly_add(&assembly, &frame, &ret));
	assert_null(assembly.payload.data);
	frame.more = false;
	assert_false(assembly_add(&assembly, &frame, &ret));
}

/* -- over a real pair -- */

struct received {
	size_t count;
	struct buffer payload;
	int descriptor;
};

static void keep(void *context, const struct ipc_frame *message, int descriptor)
{
	struct received *received = context;

	received->count++;
	buffer_clear(&received->payload);
	buffer_append(&received->payload, message->payload);
	fd_closep(&received->descriptor);
	received->descriptor = descriptor;
}

struct both_ends {
	int fds[2];
	struct outbox outbox;
	struct inbox *inbox;
	struct assembly assembly;
	struct received received;
};

static void open_ends(struct both_ends *ends)
{
	*ends = (struct both_ends){ .received.descriptor = -1 };
	EXPECT_OK(ipc_pair(ends->fds, &err), err);
	EXPECT_OK(inbox_new(&ends->inbox, &err), err);
	ends->outbox.fd = ends->fds[0];
}

static bool read_once(struct both_ends *ends)
{
	const struct inbox_reader reader = { .context = &ends->received, .on_message = keep };

	return inbox_read(ends->inbox, ends->fds[1], &ends->assembly, &reader);
}

static void close_ends(struct both_ends *ends)
{
	outbox_clear(&ends->outbox);
	inbox_free(ends->inbox);
	assembly_done(&ends->assembly);
	buffer_done(&ends->received.payload);
	fd_closep(&ends->received.descriptor);
	fd_closep(&ends->fds[0]);
	fd_closep(&ends->fds[1]);
}

TEST(a_long_message_waits_in_the_outbox_and_arrives_whole)
{
	CLEANUP(close_ends) struct both_ends ends;
	const size_t len = 15 * 1024 * 1024 + 3;
	CLEANUP(freep) unsigned char *octets = malloc(len);

	open_ends(&ends);
	for (size_t i = 0; i < len; i++)
		octets[i] = (unsigned char)(i * 31 + i / 65521);
	const struct ipc_frame message = { .kind = IPC_EST, .id = 9, .payload = { octets, len } };
	assert_int_equal(outbox_send(&ends.outbox, &message, -1), OUTBOX_WAITING);
	for (int turns = 0; turns < 1000 && ends.received.count == 0; turns++) {
		assert_true(read_once(&ends));
		outbox_flush(&ends.outbox);
	}
	assert_int_equal(ends.received.count, 1);
	assert_true(bytes_equal(buffer_view(&ends.received.payload), message.payload));
}

TEST(an_outbox_that_is_full_drops_whole_messages_only)
{
	CLEANUP(close_ends) struct both_ends ends;
	CLEANUP(freep) unsigned char *octets = calloc(1, IPC_MESSAGE_MAX);
	const struct ipc_frame message = { .kind = IPC_EST,
					   .payload = { octets, IPC_MESSAGE_MAX } };
	size_t sent = 0;

	open_ends(&ends);
	while (outbox_send(&ends.outbox, &message, -1) == OUTBOX_WAITING)
		sent++;
	assert_int_equal(sent, OUTBOX_BYTES_MAX / IPC_MESSAGE_MAX);
	for (int turns = 0; turns < 10000 && ends.outbox.first; turns++) {
		assert_true(read_once(&ends));
		outbox_flush(&ends.outbox);
	}
	while (ends.received.count < sent)
		assert_true(read_once(&ends));
	assert_int_equal(ends.received.payload.len, IPC_MESSAGE_MAX);
}

TEST(a_message_longer_than_the_bound_is_not_sent)
{
	CLEANUP(close_ends) struct both_ends ends;
	CLEANUP(freep) unsigned char *octets = calloc(1, IPC_MESSAGE_MAX + 1);
	const struct ipc_frame message = { .kind = IPC_EST,
					   .payload = { octets, IPC_MESSAGE_MAX + 1 } };

	open_ends(&ends);
	assert_int_equal(outbox_send(&ends.outbox, &message, -1), OUTBOX_FULL);
	assert_null(ends.outbox.first);
}

TEST(a_closed_other_end_is_told)
{
	CLEANUP(close_ends) struct both_ends ends;
	const struct ipc_frame message = { .kind = IPC_EST };

	open_ends(&ends);
	fd_closep(&ends.fds[0]);
	assert_false(read_once(&ends));
	ends.outbox.fd = ends.fds[1];
	assert_int_equal(outbox_send(&ends.outbox, &message, -1), OUTBOX_BROKEN);
}

static size_t open_descriptors(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

TEST(a_second_descriptor_in_a_packet_does_not_stay_open)
{
	CLEANUP(close_ends) struct both_ends ends;
	CLEANUP(buffer_done) struct buffer packet = { 0 };
	union {
		struct cmsghdr align;
		unsigned char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = { 0 };

	open_ends(&ends);
	pack(&(struct ipc_frame){ .kind = IPC_SNAPSHOT }, &packet);
	struct iovec piece = { packet.data, packet.len };
	struct msghdr header = { .msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof control };
	struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
	*rights = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
				    .cmsg_type = SCM_RIGHTS,
				    .cmsg_len = CMSG_LEN(2 * sizeof(int)) };
	const int two[] = { STDIN_FILENO, STDOUT_FILENO };
	memcpy(CMSG_DATA(rights), two, sizeof two);
	size_t before = open_descriptors();
	assert_true(sendmsg(ends.fds[0], &header, 0) > 0);
	assert_true(read_once(&ends));
	assert_int_equal(ends.received.count, 0);
	assert_int_equal(open_descriptors(), before);
}

/* -- memory files -- */

TEST(a_memory_file_that_can_still_change_is_refused)
{
	CLEANUP(fd_closep) int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct bytes mapped;

	assert_int_equal(write(fd, "x", 1), 1);
	EXPECT_REFUSED(ipc_map_file(fd, &mapped, &err), err, REASON_PROTOCOL);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW), 0);
	EXPECT_REFUSED(ipc_map_file(fd, &mapped, &err), err, REASON_PROTOCOL);
}

TEST(what_is_no_memory_file_is_refused)
{
	CLEANUP(fd_closep) int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct bytes mapped;

	EXPECT_REFUSED(ipc_map_file(fd, &mapped, &err), err, REASON_PROTOCOL);
	EXPECT_REFUSED(ipc_map_file(-1, &mapped, &err), err, REASON_PROTOCOL);
}

TEST(an_empty_memory_file_is_refused)
{
	CLEANUP(fd_closep) int fd = -1;
	struct bytes mapped;

	EXPECT_OK(memory_file_make((struct bytes){ 0 }, &fd, &err), err);
	EXPECT_REFUSED(ipc_map_file(fd, &mapped, &err), err, REASON_PROTOCOL);
}

TEST(a_descriptor_travels_with_its_message)
{
	CLEANUP(close_ends) struct both_ends ends;
	CLEANUP(fd_closep) int fd = -1;
	struct bytes mapped;

	open_ends(&ends);
	EXPECT_OK(memory_file_make(BYTES_LITERAL("snapshot"), &fd, &err), err);
	outbox_send(&ends.outbox, &(struct ipc_frame){ .kind = IPC_SNAPSHOT }, fd);
	assert_true(read_once(&ends));
	EXPECT_OK(ipc_map_file(ends.received.descriptor, &mapped, &err), err);
	assert_true(bytes_equal(mapped, BYTES_LITERAL("snapshot")));
	ipc_unmap_file(mapped);
}

TEST_MAIN(RUN(a_frame_of_another_version_is_refused), RUN(a_frame_of_unknown_kind_is_refused),
	  RUN(what_a_frame_announces_is_no_flag), RUN(a_frame_shorter_than_its_header_is_refused),
	  RUN(a_frame_longer_than_a_frame_is_refused), RUN(a_frame_comes_back_as_it_was_packed),
	  RUN(the_tail_of_a_message_whose_head_went_to_a_dead_process_is_dropped),
	  RUN(a_head_whose_sender_died_is_dropped_when_the_next_message_begins),
	  RUN(a_continuation_of_another_id_is_never_mixed_in),
	  RUN(a_message_beyond_the_bound_is_dropped),
	  RUN(a_long_message_waits_in_the_outbox_and_arrives_whole),
	  RUN(an_outbox_that_is_full_drops_whole_messages_only),
	  RUN(a_message_longer_than_the_bound_is_not_sent), RUN(a_closed_other_end_is_told),
	  RUN(a_second_descriptor_in_a_packet_does_not_stay_open),
	  RUN(a_memory_file_that_can_still_change_is_refused),
	  RUN(what_is_no_memory_file_is_refused), RUN(an_empty_memory_file_is_refused),
	  RUN(a_descriptor_travels_with_its_message))
