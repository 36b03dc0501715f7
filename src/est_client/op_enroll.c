#include "est_client/failure.h"
#include "est_client/issued.h"
#include "est_client/post.h"

static bool judge(const struct post *post, const struct bundle *answer, bool names_must_stay,
		  struct bundle *ret, struct error *err)
{
	struct bestow_client *client = post->client;
	const struct issued_expectation expected = {
		.request = post->request,
		.key_hash = request_key_hash(post->request, post->key),
		.names_must_stay = names_must_stay,
		.cacerts = &client->issuers,
		.anchors = &client->trust.anchors,
		.now = client_now(client),
	};

	return issued_pick(answer, &expected, ret, err);
}

static bool read_certs(const struct exchange_answer *answer, struct bundle *ret, struct error *err)
{
	struct error why = { 0 };

	return bundle_parse(buffer_view(&answer->body), ret, &why) ||
	       error_set(err, why.reason == REASON_NO_MEMORY ? why.reason : REASON_SERVER_ANSWER,
			 "the certificates: %s", why.detail);
}

static bool enroll(const struct post *post, bool names_must_stay, struct bestow_certs **ret,
		   struct error *err)
{
	CLEANUP(exchange_answer_donep) struct exchange_answer answer = { 0 };
	CLEANUP(bundle_done) struct bundle certs = { 0 };
	CLEANUP(bundle_done) struct bundle chain = { 0 };

	return client_need_issuers(post->client, err) && post_run(post, &answer, err) &&
	       read_certs(&answer, &certs, err) &&
	       judge(post, &certs, names_must_stay, &chain, err) &&
	       client_certs_wrap(&chain, ret, err);
}

/* -- what leaves the library -- */

bool bestow_enroll(struct bestow_client *client, const struct bestow_request *request,
		   const struct bestow_key *key, struct bestow_certs **ret,
		   struct bestow_error *ret_err)
{
	const struct post post = {
		.client = client, .request = request, .key = key, .operation = "simpleenroll"
	};
	struct error err = { 0 };

	return enroll(&post, false, ret, &err) || failure_tell(&err, ret_err);
}

bool bestow_reenroll(struct bestow_client *client, const struct bestow_request *request,
		     const struct bestow_key *key, struct bestow_certs **ret,
		     struct bestow_error *ret_err)
{
	const struct post post = {
		.client = client, .request = request, .key = key, .operation = "simplereenroll"
	};
	struct error err = { 0 };

	return enroll(&post, true, ret, &err) || failure_tell(&err, ret_err);
}
