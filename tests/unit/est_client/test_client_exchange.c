/* wrap: malloc calloc realloc strdup strndup */
/* One exchange by way of an embedder's own transport: what each status means, where redirects may
 * lead, who is told what; and all of it again with each allocation failing. */
#include "test.h"
#include "failing_memory.h"

#include <stdlib.h>
#include <string.h>

#include "est_client/client_internal.h"

#define URL "https://est.example/.well-known/est/x"

/* -- a server in a table -- */

struct reply {
	int status; /* 0: nobody answers */
	const char *type, *retry_after, *location, *body;
};

struct server {
	const struct reply *replies; /* the last one is repeated */
	size_t count, asked, hung_up;
	char last_url[256];
	bool said_who;
	const char *etag;          /* that it sends; NULL */
	const char *asked_by_etag; /* what the last request said that it has */
};

static bool answer(void *context, const struct bestow_tls *tls,
		   const struct bestow_http_request *request, struct bestow_http_answer *ret,
		   struct bestow_error *err)
{
	struct server *server = context;
	const struct reply *reply =
		&server->replies[server->asked < server->count ? server->asked : server->count - 1];

	(void)tls;
	server->asked++;
	server->said_who |= request->user != NULL;
	snprintf(server->last_url, sizeof server->last_url, "%s", request->url);
	server->asked_by_etag = request->if_none_match;
	if (reply->status == 0)
		return bestow_fail(err, BESTOW_UNREACHABLE, "gone");
	*ret = (struct bestow_http_answer){ .status = reply->status };
	snprintf(ret->content_type, sizeof ret->content_type, "%s", reply->type ? reply->type : "");
	snprintf(ret->retry_after, sizeof ret->retry_after, "%s",
		 reply->retry_after ? reply->retry_after : "");
	snprintf(ret->location, sizeof ret->location, "%s", reply->location ? reply->location : "");
	snprintf(ret->etag, sizeof ret->etag, "%s", server->etag ? server->etag : "");
	/* an embedder's body ends where its size says */
	size_t size = reply->body ? strlen(reply->body) : 0;
	ret->body = malloc(size + !size);
	if (!ret->body)
		return bestow_fail(err, BESTOW_FAILED, "memory is out");
	if (size)
		memcpy(ret->body, reply->body, size);
	ret->body_size = size;
	return true;
}

static void hang_up(void *context)
{
	((struct server *)context)->hung_up++;
}

static const struct bestow_transport transport = { answer, hang_up };

/* -- one call -- */

struct outcome {
	bool done;
	struct error err;
	struct exchange_answer answer;
};

static bool write_nothing(void *context, const struct bestow_session_binding *binding,
			  unsigned char *into)
{
	(void)context;
	(void)binding;
	(void)into;
	return true;
}

static struct bestow_client *make_client(struct server *server)
{
	struct bestow_client *client = NULL;

	if (!bestow_client_new(URL, &client, NULL))
		return NULL;
	bestow_client_trust_system(client);
	bestow_client_set_transport(client, &transport, server);
	if (bestow_client_set_passphrase(client, "u", "p", NULL))
		return client;
	bestow_client_free(client);
	return NULL;
}

static struct outcome call(struct server *server, bool posts, bool nothing_is_fine)
{
	struct outcome outcome = { 0 };
	struct bestow_client *client = make_client(server);
	const struct exchange_call exchange = {
		.operation = "simpleenroll",
		.body = { posts ? "application/pkcs10" : NULL, 0, write_nothing, NULL },
		.nothing_is_fine = nothing_is_fine,
	};

	if (!client) {
		outcome.err.reason = REASON_NO_MEMORY;
		return outcome;
	}
	outcome.done = client_exchange(client, &exchange, &outcome.answer, &outcome.err);
	bestow_client_free(client);
	return outcome;
}

static const struct {
	struct reply reply;
	enum reason reason;
	uint32_t retry_after;
	const char *words;
} refusals[] = {
	{ { 0 }, REASON_SERVER_UNREACHABLE, 0, "gone" },
	{ { 202, NULL, "90", NULL, NULL }, REASON_SERVER_PENDING, 90, "202" },
	{ { 202, NULL, NULL, NULL, NULL }, REASON_SERVER_PENDING, 60, "202" },
	{ { 401, NULL, NULL, NULL, NULL }, REASON_BAD_PASSPHRASE, 0, "401" },
	{ { 404, NULL, NULL, NULL, NULL }, REASON_UNKNOWN_LABEL, 0, "404" },
	{ { 429, NULL, "7", NULL, NULL }, REASON_QUOTA, 7, "429" },
	{ { 503, NULL, "7", NULL, NULL }, REASON_SERVER_BUSY, 7, "503" },
	{ { 500, NULL, NULL, NULL, NULL }, REASON_SERVER_BUSY, 0, "500" },
	{ { 400, "text/plain; charset=utf-8", NULL, NULL, "key_too_weak: 1024 bits\nmore" },
	  REASON_KEY_TOO_WEAK,
	  0,
	  "1024 bits" },
	/* another's words are words; our codes that would lead the client astray are not taken */
	{ { 400, "text/plain", NULL, NULL, "nope" }, REASON_SERVER_REFUSED, 0, "nope" },
	{ { 400, "text/plain", NULL, NULL, "server_pending: x" }, REASON_SERVER_REFUSED, 0, "x" },
	{ { 400, "text/plain", NULL, NULL, "invalid CSR" }, REASON_SERVER_REFUSED, 0, "invalid" },
	{ { 400, "text/plain", NULL, NULL, "invalid: x" }, REASON_INVALID, 0, "x" },
	{ { 404, "text/plain", NULL, NULL, "not_found request=1" }, REASON_NOT_FOUND, 0, "1" },
	{ { 400, "text/plain", NULL, NULL, "none" }, REASON_SERVER_REFUSED, 0, "none" },
	{ { 400, "text/html", NULL, NULL, "key_too_weak" }, REASON_SERVER_REFUSED, 0, "400" },
	{ { 204, NULL, NULL, NULL, NULL }, REASON_SERVER_ANSWER, 0, "204" },
	{ { 100, NULL, NULL, NULL, NULL }, REASON_SERVER_ANSWER, 0, "100" },
	{ { 303, NULL, NULL, "/x", NULL }, REASON_SERVER_ANSWER, 0, "303" },
	{ { 307, NULL, NULL, "https://evil.example/", NULL }, REASON_REDIRECT_REFUSED, 0, "evil" },
	{ { 307, NULL, NULL, "", NULL }, REASON_REDIRECT_REFUSED, 0, "" },
	{ { 307, NULL, NULL, "/round", NULL }, REASON_REDIRECT_REFUSED, 0, "5 times" },
};

TEST(each_refusal_has_its_reason)
{
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct server server = { .replies = &refusals[i].reply, .count = 1 };
		struct outcome outcome = call(&server, true, false);

		if (outcome.done || outcome.err.reason != refusals[i].reason ||
		    outcome.err.retry_after != refusals[i].retry_after ||
		    !strstr(outcome.err.detail, refusals[i].words))
			fail_msg("case %zu: %s, %u, %s", i, reason_code(outcome.err.reason),
				 outcome.err.retry_after, outcome.err.detail);
		exchange_answer_donep(&outcome.answer);
	}
}

TEST(nothing_is_asked_of_nobody_in_particular)
{
	struct bestow_client *client = NULL;
	struct bestow_certs *certs = NULL;
	struct bestow_error err = { 0 };

	assert_true(bestow_client_new(URL, &client, NULL));
	assert_false(bestow_cacerts(client, &certs, &err));
	assert_string_equal(err.code, "no_anchors");
	bestow_client_free(client);
}

TEST(http_10_a_redirect_within_the_origin_keeps_its_method)
{
	static const struct reply replies[] = {
		{ 308, NULL, NULL, "/a/simpleenroll", NULL },
		{ 302, NULL, NULL, URL "/b", NULL },
		{ 200, "x/y", NULL, NULL, "body" },
	};
	struct server server = { .replies = replies, .count = 3 };
	struct outcome outcome = call(&server, true, false);

	assert_true(outcome.done);
	assert_int_equal(server.asked, 3);
	assert_string_equal(server.last_url, URL "/b");
	assert_int_equal(outcome.answer.body.len, 4);
	assert_string_equal(outcome.answer.content_type, "x/y");
	exchange_answer_donep(&outcome.answer);
}

TEST(created_is_as_good_as_ok)
{
	static const struct reply reply = { 201, "x/y", NULL, NULL, "body" };
	struct server server = { .replies = &reply, .count = 1 };
	struct outcome outcome = call(&server, true, false);

	assert_true(outcome.done);
	assert_int_equal(outcome.answer.body.len, strlen("body"));
	exchange_answer_donep(&outcome.answer);
}

TEST(att_01_nothing_may_be_an_answer)
{
	static const int statuses[] = { 204, 404 };

	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		const struct reply reply = { statuses[i], NULL, NULL, NULL, "not this" };
		struct server server = { .replies = &reply, .count = 1 };
		struct outcome outcome = call(&server, false, true);

		assert_true(outcome.done);
		assert_int_equal(outcome.answer.body.len, 0);
	}
}

static struct outcome call_with_etag(struct server *server, const char *etag)
{
	struct outcome outcome = { 0 };
	struct bestow_client *client = make_client(server);
	const struct exchange_call exchange = { .operation = "cacerts", .etag = etag };

	assert_non_null(client);
	outcome.done = client_exchange(client, &exchange, &outcome.answer, &outcome.err);
	bestow_client_free(client);
	return outcome;
}

TEST(ca_05_not_modified_answers_only_who_has_it)
{
	const struct reply reply = { 304, NULL, NULL, NULL, "" };
	struct server server = { .replies = &reply, .count = 1, .etag = "\"1\"" };
	struct outcome outcome = call_with_etag(&server, NULL);

	assert_false(outcome.done);
	assert_int_equal(outcome.err.reason, REASON_SERVER_ANSWER);
	assert_null(server.asked_by_etag);
	outcome = call_with_etag(&server, "\"1\"");
	assert_true(outcome.done && outcome.answer.is_known);
	assert_int_equal(outcome.answer.body.len, 0);
	assert_string_equal(server.asked_by_etag, "\"1\"");
}

/* What a server names is sent back to it in a field, so only a tag is. */
TEST(ca_05_what_is_no_strong_tag_is_not_repeated)
{
	static const struct {
		const char *sent, *kept;
	} rows[] = {
		{ "\"a-1\"", "\"a-1\"" },
		{ "", "" },
		{ "\"", "" },
		{ "a-1", "" },
		{ "W/\"a-1\"", "" },
		{ "\"a\tb\"", "" },
		{ "\"a\r\nX: y\"", "" },
		{ "\"\xc3\xa4\"", "" },
		{ "\"a\" , \"b", "" },
	};
	const struct reply reply = { 200, "x/y", NULL, NULL, "body" };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct server server = { .replies = &reply, .count = 1, .etag = rows[i].sent };
		struct outcome outcome = call_with_etag(&server, NULL);

		assert_true(outcome.done && !outcome.answer.is_known);
		assert_string_equal(outcome.answer.etag, rows[i].kept);
		exchange_answer_donep(&outcome.answer);
	}
}

/* RFC 7030 4.1.1: on a session that proves nothing, no credential; and nothing else ever runs on
 * it. */
TEST(tls_07_a_provisional_session_is_alone)
{
	const struct reply reply = { 200, NULL, NULL, NULL, "no certificates" };
	struct server server = { .replies = &reply, .count = 1 };
	struct bestow_client *client = make_client(&server);
	struct bestow_certs *certs = NULL;
	struct bestow_error err;

	assert_false(bestow_cacerts_unproven(client, &certs, &err));
	assert_false(server.said_who);
	assert_int_equal(server.hung_up, 2);
	assert_false(bestow_cacerts(client, &certs, &err));
	assert_true(server.said_who);
	bestow_client_free(client);
}

TEST(each_allocation_may_fail)
{
	static const struct reply replies[] = {
		{ 307, NULL, NULL, "/a", NULL },
		{ 200, "text/plain", NULL, NULL, "body" },
	};
	bool done = false;

	for (fails_at = 1; !done; fails_at++) {
		struct server server = { .replies = replies, .count = 2 };

		allocations = 0;
		struct outcome outcome = call(&server, true, false);
		done = outcome.done;
		if (!done && reason_kind(outcome.err.reason) == ERROR_NONE)
			fail_msg("allocation %zu: no reason", fails_at);
		exchange_answer_donep(&outcome.answer);
	}
	assert_true(fails_at > 5);
	fails_at = 0;
}

TEST_MAIN(RUN(each_refusal_has_its_reason), RUN(nothing_is_asked_of_nobody_in_particular),
	  RUN(http_10_a_redirect_within_the_origin_keeps_its_method), RUN(created_is_as_good_as_ok),
	  RUN(att_01_nothing_may_be_an_answer), RUN(ca_05_not_modified_answers_only_who_has_it),
	  RUN(ca_05_what_is_no_strong_tag_is_not_repeated),
	  RUN(tls_07_a_provisional_session_is_alone), RUN(each_allocation_may_fail))
