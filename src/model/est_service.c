#include "model/est_service.h"

#include <string.h>

#include "base/pack.h"
#include "model/packed_text.h"

void est_reply_done(struct est_reply *reply)
{
	buffer_done(&reply->certificate);
	buffer_done(&reply->chain);
	buffer_wipe(&reply->private_key);
	buffer_done(&reply->cmc);
	*reply = (struct est_reply){ 0 };
}

void est_request_pack(const struct est_request *request, struct buffer *to)
{
	pack_bytes(to, bytes_of_string(request->request_id));
	pack_u8(to, (uint8_t)request->operation);
	pack_u64(to, (uint64_t)request->profile_id);
	buffer_append(to, (struct bytes){ request->peer.bytes, sizeof request->peer.bytes });
	pack_bytes(to, request->csr);
	pack_u32(to, (uint32_t)request->client_chain_count);
	for (size_t i = 0; i < request->client_chain_count; i++)
		pack_bytes(to, request->client_chain[i]);
	pack_bool(to, request->has_authorization);
	pack_bytes(to, request->authorization);
	pack_bytes(to, bytes_of_string(request->binding.tls_unique));
	pack_bytes(to, bytes_of_string(request->binding.tls_exporter));
	pack_bool(to, request->binding.proxied);
	pack_bytes(to, bytes_of_string(request->tls_version));
	pack_bytes(to, bytes_of_string(request->via));
}

static void unpack_address(struct unpacker *from, struct address *ret)
{
	for (size_t i = 0; i < sizeof ret->bytes; i++)
		ret->bytes[i] = unpack_u8(from);
}

static void unpack_chain(struct unpacker *from, struct est_request *ret)
{
	ret->client_chain_count = unpack_count(from, sizeof(uint32_t));
	if (ret->client_chain_count > CLIENT_CHAIN_MAX) {
		from->failed = true;
		ret->client_chain_count = 0;
	}
	for (size_t i = 0; i < ret->client_chain_count; i++)
		ret->client_chain[i] = unpack_bytes(from);
}

static void unpack_request(struct unpacker *from, struct est_request *ret)
{
	unpack_text(from, ret->request_id, sizeof ret->request_id);
	ret->operation = unpack_u8(from);
	ret->profile_id = (int64_t)unpack_u64(from);
	unpack_address(from, &ret->peer);
	ret->csr = unpack_bytes(from);
	unpack_chain(from, ret);
	ret->has_authorization = unpack_bool(from);
	ret->authorization = unpack_bytes(from);
	unpack_text(from, ret->binding.tls_unique, sizeof ret->binding.tls_unique);
	unpack_text(from, ret->binding.tls_exporter, sizeof ret->binding.tls_exporter);
	ret->binding.proxied = unpack_bool(from);
	unpack_text(from, ret->tls_version, sizeof ret->tls_version);
	unpack_text(from, ret->via, sizeof ret->via);
}

/* What needs an authority, and nothing else, may reach one. */
static bool operation_needs_authority(enum est_operation operation)
{
	switch (operation) {
	case EST_SIMPLEENROLL:
	case EST_SIMPLEREENROLL:
	case EST_SERVERKEYGEN:
	case EST_FULLCMC:
		return true;
	case EST_CACERTS:
	case EST_CSRATTRS:
	case EST_OPERATION_COUNT:
		break;
	}
	return false;
}

bool est_request_unpack(struct bytes message, struct est_request *ret, struct error *err)
{
	struct unpacker from = { .rest = message };
	struct est_request request = { 0 };

	unpack_request(&from, &request);
	if (!unpack_finished(&from))
		return error_set(err, REASON_PROTOCOL, "request of %zu bytes", message.len);
	if (!operation_needs_authority(request.operation))
		return error_set(err, REASON_PROTOCOL, "operation %u is not for an authority",
				 (unsigned int)request.operation);
	if (!request.has_authorization && request.authorization.len)
		return error_set(err, REASON_PROTOCOL, "an authorization that was not sent");
	*ret = request;
	return true;
}

enum { REPLY_REFUSED, REPLY_ISSUED };
#define REPLY_FIXED_ROOM 64 /* flags and lengths */

static void pack_refusal(const struct error *refusal, struct buffer *to)
{
	pack_bytes(to, bytes_of_string(reason_code(refusal->reason)));
	pack_u32(to, refusal->retry_after);
	pack_bytes(to, bytes_of_string(refusal->detail));
}

void est_reply_pack(const struct est_reply *reply, const struct error *refusal, struct buffer *to)
{
	buffer_make_room(to, reply->certificate.len + reply->chain.len + reply->private_key.len +
				     REPLY_FIXED_ROOM);
	pack_u8(to, refusal ? REPLY_REFUSED : REPLY_ISSUED);
	pack_bool(to, reply->authenticated);
	if (refusal) {
		pack_refusal(refusal, to);
		return;
	}
	pack_bool(to, reply->repeated);
	pack_bytes(to, buffer_view(&reply->certificate));
	pack_bytes(to, buffer_view(&reply->chain));
	pack_bytes(to, buffer_view(&reply->private_key));
	pack_bool(to, reply->key_is_enveloped);
	pack_bytes(to, buffer_view(&reply->cmc));
}

static bool refuse_message(struct bytes message, struct error *err)
{
	return error_set(err, REASON_PROTOCOL, "reply of %zu bytes", message.len);
}

/* Always false: with the other side's words, or about them. */
static bool unpack_refusal(struct unpacker *from, bool authenticated, struct bytes message,
			   struct est_reply *ret, struct error *err)
{
	struct error refusal = { 0 };
	char code[64];

	unpack_text(from, code, sizeof code);
	refusal.reason = reason_by_code(code);
	refusal.retry_after = unpack_u32(from);
	unpack_text(from, refusal.detail, sizeof refusal.detail);
	if (!unpack_finished(from) || refusal.reason == REASON_NONE ||
	    refusal.reason >= REASON_COUNT)
		return refuse_message(message, err);
	ret->authenticated = authenticated;
	if (err)
		*err = refusal;
	return false;
}

static void unpack_buffer(struct unpacker *from, struct buffer *ret)
{
	buffer_append(ret, unpack_bytes(from));
}

static bool reply_is_whole(const struct est_reply *reply)
{
	return buffer_ok(&reply->certificate) && buffer_ok(&reply->chain) &&
	       buffer_ok(&reply->private_key) && buffer_ok(&reply->cmc);
}

/* Either a certificate, which may have company, or a CMC response alone. */
static bool reply_makes_sense(const struct est_reply *reply)
{
	if (reply->key_is_enveloped && reply->private_key.len == 0)
		return false;
	return reply->cmc.len
		       ? reply->certificate.len + reply->chain.len + reply->private_key.len == 0
		       : reply->certificate.len > 0;
}

static bool unpack_issued(struct unpacker *from, bool authenticated, struct bytes message,
			  struct est_reply *ret, struct error *err)
{
	CLEANUP(est_reply_done) struct est_reply reply = { .authenticated = authenticated };

	reply.repeated = unpack_bool(from);
	unpack_buffer(from, &reply.certificate);
	unpack_buffer(from, &reply.chain);
	unpack_buffer(from, &reply.private_key);
	reply.key_is_enveloped = unpack_bool(from);
	unpack_buffer(from, &reply.cmc);
	if (!reply_is_whole(&reply))
		return error_set(err, REASON_NO_MEMORY, "reply");
	if (!unpack_finished(from) || !reply_makes_sense(&reply))
		return refuse_message(message, err);
	*ret = reply;
	reply = (struct est_reply){ 0 };
	return true;
}

bool est_reply_unpack(struct bytes message, struct est_reply *ret, struct error *err)
{
	struct unpacker from = { .rest = message };
	uint8_t outcome = unpack_u8(&from);
	bool authenticated = unpack_bool(&from);

	if (outcome > REPLY_ISSUED)
		return refuse_message(message, err);
	if (outcome == REPLY_REFUSED)
		return unpack_refusal(&from, authenticated, message, ret, err);
	return unpack_issued(&from, authenticated, message, ret, err);
}
