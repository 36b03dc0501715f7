#include "model/fetch.h"

#include <string.h>

#include "base/pack.h"

void fetch_pack(const struct fetch *fetch, struct buffer *to)
{
	pack_u64(to, (uint64_t)fetch->profile_id);
	pack_bytes(to, (struct bytes){ fetch->peer.bytes, sizeof fetch->peer.bytes });
	pack_bytes(to, (struct bytes){ fetch->key_hash, fetch->has_key ? KEY_HASH_LEN : 0 });
}

bool fetch_unpack(struct bytes message, struct fetch *ret, struct error *err)
{
	struct unpacker from = { .rest = message };
	struct fetch fetch = { .profile_id = (int64_t)unpack_u64(&from) };
	struct bytes peer = unpack_bytes(&from), key = unpack_bytes(&from);

	if (!unpack_finished(&from) || peer.len != sizeof fetch.peer.bytes ||
	    (key.len != 0 && key.len != KEY_HASH_LEN))
		return error_set(err, REASON_PROTOCOL, "a fetch of %zu bytes", message.len);
	memcpy(fetch.peer.bytes, peer.data, peer.len);
	fetch.has_key = key.len != 0;
	if (fetch.has_key)
		memcpy(fetch.key_hash, key.data, key.len);
	*ret = fetch;
	return true;
}
