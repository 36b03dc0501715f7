#include "model/api_request.h"

#include "base/pack.h"

void api_request_pack(const struct api_request *request, struct buffer *to)
{
	pack_u8(to, (uint8_t)request->kind);
	pack_bytes(to, request->credential);
	pack_bytes(to, (struct bytes){ request->peer.bytes, sizeof request->peer.bytes });
	pack_bytes(to, request->idempotency_key);
	pack_bytes(to, request->certificate);
	pack_u8(to, request->is_background);
	pack_bytes(to, request->request);
}

static bool unpack_peer(struct unpacker *from, struct address *ret)
{
	struct bytes view = unpack_bytes(from);

	if (view.len != sizeof ret->bytes)
		return false;
	for (size_t i = 0; i < sizeof ret->bytes; i++)
		ret->bytes[i] = view.data[i];
	return true;
}

bool api_request_unpack(struct bytes message, struct api_request *ret, struct error *err)
{
	struct unpacker from = { .rest = message };
	struct api_request request = { .kind = unpack_u8(&from) };

	request.credential = unpack_bytes(&from);
	bool has_peer = unpack_peer(&from, &request.peer);
	request.idempotency_key = unpack_bytes(&from);
	request.certificate = unpack_bytes(&from);
	request.is_background = unpack_u8(&from) != 0;
	request.request = unpack_bytes(&from);
	if (!unpack_finished(&from) || !has_peer)
		return error_set(err, REASON_PROTOCOL, "request of %zu bytes", message.len);
	if (request.kind >= CREDENTIAL_COUNT || request.credential.len > CREDENTIAL_MAX)
		return error_set(err, REASON_PROTOCOL, "credential of kind %u, %zu bytes",
				 (unsigned int)request.kind, request.credential.len);
	if (request.idempotency_key.len > IDEMPOTENCY_KEY_MAX)
		return error_set(err, REASON_PROTOCOL, "an idempotency key of %zu bytes",
				 request.idempotency_key.len);
	if (request.certificate.len > CLIENT_CERTIFICATE_MAX)
		return error_set(err, REASON_PROTOCOL, "a certificate of %zu bytes",
				 request.certificate.len);
	*ret = request;
	return true;
}
