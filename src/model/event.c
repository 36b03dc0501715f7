#include "model/event.h"

#include "base/pack.h"
#include "model/packed_text.h"

/* A reason travels by its code, which outlives a release; numbers do not. */
void event_pack(const struct event *event, struct buffer *to)
{
	pack_u64(to, (uint64_t)event->id);
	pack_u64(to, (uint64_t)event->at);
	pack_u64(to, (uint64_t)event->account_id);
	pack_u64(to, (uint64_t)event->profile_id);
	pack_u8(to, (uint8_t)event->operation);
	pack_bytes(to, bytes_of_string(reason_code(event->reason)));
	pack_bytes(to, bytes_of_string(event->request_id));
	pack_bytes(to, bytes_of_string(event->peer));
	pack_bytes(to, bytes_of_string(event->client));
	pack_bytes(to, bytes_of_string(event->detail));
	pack_bytes(to, bytes_of_string(event->label));
	pack_u64(to, (uint64_t)event->certificate_id);
}

static bool unpack_event(struct unpacker *from, struct event *ret)
{
	char code[64];

	ret->id = (int64_t)unpack_u64(from);
	ret->at = (int64_t)unpack_u64(from);
	ret->account_id = (int64_t)unpack_u64(from);
	ret->profile_id = (int64_t)unpack_u64(from);
	ret->operation = unpack_u8(from);
	unpack_text(from, code, sizeof code);
	unpack_text(from, ret->request_id, sizeof ret->request_id);
	unpack_text(from, ret->peer, sizeof ret->peer);
	unpack_text(from, ret->client, sizeof ret->client);
	unpack_text(from, ret->detail, sizeof ret->detail);
	unpack_text(from, ret->label, sizeof ret->label);
	ret->certificate_id = (int64_t)unpack_u64(from);
	ret->reason = reason_by_code(code);
	return unpack_finished(from) && ret->operation <= EST_OPERATION_COUNT &&
	       ret->reason < REASON_COUNT;
}

bool event_unpack(struct bytes message, struct event *ret, struct error *err)
{
	struct unpacker from = { .rest = message };
	struct event event = { 0 };

	if (!unpack_event(&from, &event))
		return error_set(err, REASON_PROTOCOL, "event of %zu bytes", message.len);
	*ret = event;
	return true;
}
