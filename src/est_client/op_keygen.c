/* serverkeygen (RFC 7030 4.4): the server makes the key, too. */
#include <string.h>

#include "base/base64.h"
#include "est_client/envelope.h"
#include "est_client/failure.h"
#include "est_client/issued.h"
#include "est_client/multipart_reader.h"
#include "est_client/post.h"

static bool has_type(const struct multipart_part *part, const char *type)
{
	return strncmp(part->content_type, type, strlen(type)) == 0;
}

static const struct bytes *find_part(const struct multipart *multipart, const char *type)
{
	for (size_t i = 0; i < multipart->count; i++)
		if (has_type(&multipart->parts[i], type))
			return &multipart->parts[i].body;
	return NULL;
}

/* -- the key, as it is or in an envelope -- */

static bool decode_part(const struct bytes *part, struct buffer *ret, struct error *err)
{
	struct error why = { 0 };

	if (!part)
		return error_set(err, REASON_SERVER_ANSWER,
				 "no part holds a private key as it was asked for");
	return base64_decode(*part, ret, &why) ||
	       error_set(err, REASON_SERVER_ANSWER, "the private key: %s", why.detail);
}

static bool read_plain(const struct multipart *multipart, struct private_key **ret,
		       struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer der = { 0 };
	struct error why = { 0 };

	if (!decode_part(find_part(multipart, "application/pkcs8"), &der, err))
		return false;
	return private_key_parse(buffer_view(&der), ret, &why) ||
	       error_set(err, REASON_SERVER_ANSWER, "the private key: %s", why.detail);
}

/* Key and certificates may both be PKCS#7, told apart by smime-type, quoted or not. */
static const struct bytes *find_pkcs7(const struct multipart *multipart, bool is_key)
{
	for (size_t i = 0; i < multipart->count; i++)
		if (has_type(&multipart->parts[i], "application/pkcs7-mime") &&
		    is_key == (strstr(multipart->parts[i].content_type, "server-generated-key") !=
			       NULL))
			return &multipart->parts[i].body;
	return NULL;
}

static bool read_enveloped(const struct post *post, const struct multipart *multipart,
			   struct private_key **ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	const struct envelope_expectation expected = {
		.recipient = post->request->decrypt_cert,
		.key = post->request->decrypt_key->private,
		.cacerts = &post->client->issuers,
		.anchors = &post->client->trust.anchors,
		.now = client_now(post->client),
	};

	return decode_part(find_pkcs7(multipart, true), &der, err) &&
	       envelope_open(buffer_view(&der), &expected, ret, err);
}

/* The order of the two parts is the server's choice (SKG-02). A key that was to be encrypted is not
 * taken plain (SKG-03): it may have been read on its way. */
static bool read_key(const struct post *post, const struct multipart *multipart,
		     struct bestow_key **ret, struct error *err)
{
	struct private_key *private = NULL;
	bool is_read = post->request->decrypt_key ? read_enveloped(post, multipart, &private, err)
						  : read_plain(multipart, &private, err);

	return is_read && client_key_wrap(private, false, ret, err);
}

/* -- the certificate -- */

static bool read_certs(const struct multipart *multipart, struct bundle *ret, struct error *err)
{
	const struct bytes *part = find_pkcs7(multipart, false);
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
	    !read_key(post, &multipart, &made, err) || !read_certs(&multipart, &certs, err) ||
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
