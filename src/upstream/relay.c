#include "upstream/relay.h"

#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "est_client/issued.h"
#include "est_client/multipart_reader.h"
#include "upstream/refusal.h"

#define LINE_LENGTH 64 /* libest's server reads no line of more than 76 */

static bool write_text(void *context, const struct bestow_session_binding *binding,
		       unsigned char *into)
{
	const struct buffer *text = context;

	(void)binding;
	memcpy(into, text->data, text->len);
	return true;
}

bool relay_send(struct remote *remote, const struct est_request *request, const struct csr *csr,
		struct exchange_answer *ret, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer text = { 0 };

	base64_encode(csr_der(csr), LINE_LENGTH, &text);
	if (!buffer_ok(&text))
		return error_set(err, REASON_NO_MEMORY, "request");
	const struct exchange_call call = {
		.operation = est_operation_text(request->operation),
		.body = { .content_type = "application/pkcs10",
			  .size = text.len,
			  .write = write_text,
			  .context = &text },
		.via = request->via,
	};
	return remote_ask(remote, &call, ret, err);
}

/* -- the answer -- */

static bool read_certs(const struct bundle *cacerts, struct bytes body,
		       const unsigned char *key_hash, struct est_reply *ret, struct error *err)
{
	static const struct bestow_request any_name = { 0 };
	CLEANUP(bundle_done) struct bundle answer = { 0 };
	CLEANUP(bundle_done) struct bundle chain = { 0 };
	const struct issued_expectation expected = {
		.request = &any_name,
		.key_hash = key_hash,
		.cacerts = cacerts,
		.anchors = cacerts,
		.now = clock_now(&clock_system),
	};

	if (!bundle_parse(body, &answer, err) || !issued_pick(&answer, &expected, &chain, err))
		return false;
	buffer_append(&ret->certificate, cert_der(chain.certs[0]));
	/* a device that is sent more than its upstream sends might not be able to read it */
	for (size_t i = 1; i < chain.count && answer.count > 1; i++)
		buffer_append(&ret->chain, cert_der(chain.certs[i]));
	return (buffer_ok(&ret->certificate) && buffer_ok(&ret->chain)) ||
	       error_set(err, REASON_NO_MEMORY, "answer");
}

static const struct bytes *find_part(const struct multipart *multipart, const char *type)
{
	for (size_t i = 0; i < multipart->count; i++)
		if (strncmp(multipart->parts[i].content_type, type, strlen(type)) == 0)
			return &multipart->parts[i].body;
	return NULL;
}

/* Whose certificate it is cannot be told of a key that is encrypted for the device, so such a one
 * is not passed on. */
static bool read_key(const struct bytes *part, struct buffer *ret_der, struct public_key **ret,
		     struct error *err)
{
	CLEANUP(private_key_freep) struct private_key *key = NULL;

	if (!part)
		return error_set(err, REASON_SERVER_ANSWER, "no part holds a plain private key");
	return base64_decode(*part, ret_der, err) &&
	       private_key_parse(buffer_view(ret_der), &key, err) &&
	       private_key_public(key, ret, err);
}

static bool read_pair(const struct bundle *cacerts, const struct exchange_answer *answer,
		      struct est_reply *ret, struct error *err)
{
	CLEANUP(public_key_freep) struct public_key *key = NULL;
	struct multipart multipart;

	if (!multipart_parse(answer->content_type, buffer_view(&answer->body), &multipart, err) ||
	    !read_key(find_part(&multipart, "application/pkcs8"), &ret->private_key, &key, err))
		return false;
	const struct bytes *certs = find_part(&multipart, "application/pkcs7-mime");
	if (!certs)
		return error_set(err, REASON_SERVER_ANSWER, "no part holds certificates");
	return read_certs(cacerts, *certs, public_key_hash(key), ret, err);
}

static bool read_answer(const struct bundle *cacerts, const struct est_request *request,
			const struct csr *csr, const struct exchange_answer *answer,
			struct est_reply *ret, struct error *err)
{
	if (request->operation == EST_SERVERKEYGEN)
		return read_pair(cacerts, answer, ret, err);
	return read_certs(cacerts, buffer_view(&answer->body), public_key_hash(csr_key(csr)), ret,
			  err);
}

bool relay_take(const struct exchange_answer *answer, const struct est_request *request,
		const struct csr *csr, const struct bundle *cacerts, struct est_reply *ret,
		struct error *err)
{
	CLEANUP(est_reply_done) struct est_reply reply = { .authenticated = true };
	struct error why = { 0 };

	if (!read_answer(cacerts, request, csr, answer, &reply, &why)) {
		if (why.reason != REASON_NO_MEMORY)
			why.reason = REASON_ANSWER_UNFIT;
		return upstream_refusal(&why, false, err);
	}
	*ret = reply;
	reply = (struct est_reply){ 0 };
	return true;
}
