#include "model/ocsp_reply.h"

#include "base/pack.h"

void ocsp_reply_pack(const struct ocsp_reply *reply, struct buffer *to)
{
	pack_bool(to, reply->is_keepable);
	pack_u64(to, reply->seen);
	pack_u64(to, (uint64_t)reply->this_update);
	pack_u64(to, (uint64_t)reply->next_update);
	pack_bytes(to, reply->der);
}

bool ocsp_reply_unpack(struct bytes message, struct ocsp_reply *ret, struct error *err)
{
	struct unpacker from = { .rest = message };
	struct ocsp_reply reply = { .is_keepable = unpack_bool(&from) };

	reply.seen = unpack_u64(&from);
	reply.this_update = (int64_t)unpack_u64(&from);
	reply.next_update = (int64_t)unpack_u64(&from);
	reply.der = unpack_bytes(&from);
	if (!unpack_finished(&from) || reply.der.len == 0)
		return error_set(err, REASON_PROTOCOL, "an OCSP reply of %zu bytes", message.len);
	*ret = reply;
	return true;
}
