/* serverkeygen (RFC 7030 4.4): the server makes the key, too. */
#include <string.h>

#include "base/base64.h"
#include "est_client/failure.h"
#include "est_client/issued.h"
#include "est_client/multipart_reader.h"
#include "est_client/post.h"

static const struct bytes *find_part(const struct multipart *multipart, const char *type)
{
	for (size_t i = 0; i < multipart->count; i++)
		if (strncmp(multipart->parts[i].content_type, type, strlen(type)) == 0)
			return &multipart->parts[i].body;
	return NULL;
}

/* The order of the two parts is the server's choice (SKG-02). */
static bool read_key(const struct multipart *multipart, struct bestow_key **ret, struct error *err)
{
	const struct bytes *part = find_part(multipart, "application/pkcs8");
	CLEANUP(buffer_wipe) struct buffer der = { 0 };
	struct private_key *private = NULL;
	struct error why = { 0 };

	if (!part)
		return error_set(err, REASON_SERVER_ANSWER, "no part holds a plain private key");
	if (!base64_decode(*part, &der, &why) ||
	    !private_key_parse(buffer_view(&der), &private, &why))
		return error_set(err, REASON_SERVER_ANSWER, "the private key: %s", why.detail);
	return client_key_wrap(private, false, ret, err);
}

static bool read_certs(const struct multipart *multipart, struct bundle *ret, struct error *err)
{
	const struct bytes *part = find_part(multipart, "application/pkcs7-mime");
	struct error why = { 0 };

	if (!part)
		return error_set(err, REASON_SERVER_ANSWER, "no part holds certificates");
	return bundle_parse(*part, ret, &why) ||
	       error_set(err, REASON_SERVER_ANSWER, "the certificates: %s", why.detail);
}

static bool judge(const struct post *post, const struct bundle *answer,
		  const struct bestow_key *made, struct bundle *ret, struct error *err)
{
	const struct issued_expectation expected = {
		.request = post->request,
		.key_hash = public_key_hash(made->public),
		.cacerts = &post->client->issuers,
		.anchors = &post->client->trust.anchors,
		.now = client_now(post->client),
	};

	return issued_pick(answer, &expected, ret, err);
}

static bool keygen(const struct post *post, struct bestow_certs **ret, struct bestow_key **ret_key,
		   struct error *err)
{
	CLEANUP(exchange_answer_donep) struct exchange_answer answer = { 0 };
	CLEANUP(client_key_freep) struct bestow_key *made = NULL;
	CLEANUP(bundle_done) struct bundle certs = { 0 };
	CLEANUP(bundle_done) struct bundle chain = { 0 };
	struct multipart multipart;

	if (!client_need_issuers(post->client, err) || !post_run(post, &answer, err) ||
	    !multipart_parse(answer.content_type, buffer_view(&answer.body), &multipart, err) ||
	    !read_key(&multipart, &made, err) || !read_certs(&multipart, &certs, err) ||
	    !judge(post, &certs, made, &chain, err) || !client_certs_wrap(&chain, ret, err))
		return false;
	*ret_key = TAKE(made);
	return true;
}

/* -- what leaves the library -- */

bool bestow_serverkeygen(struct bestow_client *client, const struct bestow_request *request,
			 const struct bestow_key *key, struct bestow_certs **ret,
			 struct bestow_key **ret_key, struct bestow_error *ret_err)
{
	const struct post post = {
		.client = client, .request = request, .key = key, .operation = "serverkeygen"
	};
	struct error err = { 0 };

	return keygen(&post, ret, ret_key, &err) || failure_tell(&err, ret_err);
}
