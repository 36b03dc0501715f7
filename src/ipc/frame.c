#include "ipc/ipc.h"

#include <string.h>

#include "base/pack.h"
#include "ipc/frame_header.h"

#define FLAG_REPLY 0x01
#define FLAG_MORE 0x02
#define FLAG_CONTINUED 0x04
#define AWAITED_SHIFT 3

void frame_header_write(const struct ipc_frame *frame, unsigned char into[IPC_HEADER_LEN])
{
	into[0] = IPC_VERSION;
	into[1] = (unsigned char)frame->kind;
	into[2] =
		(unsigned char)((frame->is_reply ? FLAG_REPLY : 0) | (frame->more ? FLAG_MORE : 0) |
				(frame->continued ? FLAG_CONTINUED : 0) |
				frame->awaited << AWAITED_SHIFT);
	for (unsigned int i = 0; i < 8; i++)
		into[3 + i] = (unsigned char)(frame->id >> (56 - 8 * i));
}

void ipc_frame_pack(const struct ipc_frame *frame, struct buffer *to)
{
	unsigned char header[IPC_HEADER_LEN];

	frame_header_write(frame, header);
	buffer_append(to, (struct bytes){ header, sizeof header });
	buffer_append(to, frame->payload);
}

bool ipc_frame_unpack(struct bytes packet, struct ipc_frame *ret, struct error *err)
{
	struct unpacker from = { .rest = packet };
	uint8_t version = unpack_u8(&from);
	uint8_t kind = unpack_u8(&from);
	uint8_t flags = unpack_u8(&from);
	uint64_t id = unpack_u64(&from);

	if (from.failed)
		return error_set(err, REASON_PROTOCOL, "a frame of %zu bytes", packet.len);
	if (packet.len > IPC_FRAME_MAX)
		return error_set(err, REASON_PROTOCOL, "a frame of %zu bytes, %d at most",
				 packet.len, IPC_FRAME_MAX);
	if (version != IPC_VERSION)
		return error_set(err, REASON_PROTOCOL, "frame version %u, not %d", version,
				 IPC_VERSION);
	if (kind >= IPC_KIND_COUNT)
		return error_set(err, REASON_PROTOCOL, "frame kind %u", kind);
	*ret = (struct ipc_frame){
		.kind = kind,
		.is_reply = flags & FLAG_REPLY,
		.more = flags & FLAG_MORE,
		.continued = flags & FLAG_CONTINUED,
		.awaited = flags >> AWAITED_SHIFT,
		.id = id,
		.payload = from.rest,
	};
	return true;
}
