#include <stdlib.h>
#include <string.h>

#include "model/est_service.h"
#include "model/event.h"
#include "test.h"

static struct est_request a_request(void)
{
	return (struct est_request){
		.request_id = "0123456789abcdef",
		.operation = EST_SIMPLEENROLL,
		.profile_id = 7,
		.peer = { { [10] = 0xff, [11] = 0xff, [12] = 192, [13] = 0, [14] = 2, [15] = 1 } },
		.csr = BYTES_LITERAL("a csr"),
		.client_chain = { BYTES_LITERAL("leaf"), BYTES_LITERAL("ca") },
		.client_chain_count = 2,
		.has_authorization = true,
		.authorization = BYTES_LITERAL("Basic eDp5"),
		.binding = { .tls_unique = "dW5pcXVl",
			     .tls_exporter = "ZXhwb3J0ZXI=",
			     .proxied = true },
		.tls_version = "TLSv1.3",
	};
}

static void refuse_request(const struct est_request *request)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	struct est_request back;
	struct error err;

	est_request_pack(request, &message);
	EXPECT_REFUSED(est_request_unpack(buffer_view(&message), &back, &err), err,
		       REASON_PROTOCOL);
}

TEST(an_operation_that_needs_no_authority_is_refused)
{
	static const int operations[] = { EST_CACERTS, EST_CSRATTRS, EST_OPERATION_COUNT, 200 };

	for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
		struct est_request request = a_request();
		request.operation = (enum est_operation)operations[i];
		refuse_request(&request);
	}
}

TEST(an_authorization_without_its_flag_is_refused)
{
	struct est_request request = a_request();

	request.has_authorization = false;
	refuse_request(&request);
}

TEST(every_cut_of_a_request_is_refused_and_so_is_a_longer_one)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	struct est_request request = a_request(), back;
	struct error err;

	est_request_pack(&request, &message);
	for (size_t len = 0; len < message.len; len++) {
		/* a copy, so that the sanitizer sees the end */
		CLEANUP(buffer_done) struct buffer cut = { 0 };
		buffer_append(&cut, (struct bytes){ message.data, len });
		EXPECT_REFUSED(est_request_unpack(buffer_view(&cut), &back, &err), err,
			       REASON_PROTOCOL);
	}
	buffer_append_byte(&message, 0);
	EXPECT_REFUSED(est_request_unpack(buffer_view(&message), &back, &err), err,
		       REASON_PROTOCOL);
}

TEST(a_chain_longer_than_the_bound_is_refused)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	struct est_request request = a_request(), back;
	struct error err;

	request.client_chain_count = CLIENT_CHAIN_MAX;
	est_request_pack(&request, &message);
	EXPECT_OK(est_request_unpack(buffer_view(&message), &back, &err), err);
	assert_int_equal(back.client_chain_count, CLIENT_CHAIN_MAX);

	/* the count, after id, operation, profile, address and CSR; one more empty one at its end
	 */
	size_t count_at = 4 + 16 + 1 + 8 + 16 + 4 + strlen("a csr");
	message.data[count_at + 3] = CLIENT_CHAIN_MAX + 1;
	EXPECT_REFUSED(est_request_unpack(buffer_view(&message), &back, &err), err,
		       REASON_PROTOCOL);
}

TEST(a_request_comes_back_as_it_was)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	CLEANUP(buffer_done) struct buffer again = { 0 };
	struct est_request request = a_request(), back;
	struct error err = { 0 };

	est_request_pack(&request, &message);
	EXPECT_OK(est_request_unpack(buffer_view(&message), &back, &err), err);
	assert_string_equal(back.request_id, request.request_id);
	assert_int_equal(back.profile_id, 7);
	assert_memory_equal(&back.peer, &request.peer, sizeof back.peer);
	assert_true(bytes_equal(back.csr, request.csr));
	assert_true(bytes_equal(back.client_chain[1], BYTES_LITERAL("ca")));
	assert_true(bytes_equal(back.authorization, request.authorization));
	assert_string_equal(back.binding.tls_exporter, "ZXhwb3J0ZXI=");
	assert_true(back.binding.proxied);
	est_request_pack(&back, &again);
	assert_true(bytes_equal(buffer_view(&message), buffer_view(&again)));
}

/* -- replies -- */

TEST(a_refusal_comes_back_with_its_words)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	CLEANUP(est_reply_done) struct est_reply reply = { .authenticated = true };
	CLEANUP(est_reply_done) struct est_reply back = { 0 };
	struct error refusal = { .reason = REASON_QUOTA, .retry_after = 30, .detail = "too many" };
	struct error err;

	est_reply_pack(&reply, &refusal, &message);
	EXPECT_REFUSED(est_reply_unpack(buffer_view(&message), &back, &err), err, REASON_QUOTA);
	assert_int_equal(err.retry_after, 30);
	assert_string_equal(err.detail, "too many");
	assert_true(back.authenticated);
}

TEST(a_refusal_for_no_reason_is_refused_as_such)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	CLEANUP(est_reply_done) struct est_reply reply = { 0 };
	struct error refusal = { .reason = REASON_NONE };
	struct error err;

	est_reply_pack(&reply, &refusal, &message);
	EXPECT_REFUSED(est_reply_unpack(buffer_view(&message), &reply, &err), err, REASON_PROTOCOL);
}

TEST(success_without_a_certificate_is_refused)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	CLEANUP(est_reply_done) struct est_reply reply = { .authenticated = true };
	CLEANUP(est_reply_done) struct est_reply back = { 0 };
	struct error err;

	est_reply_pack(&reply, NULL, &message);
	EXPECT_REFUSED(est_reply_unpack(buffer_view(&message), &back, &err), err, REASON_PROTOCOL);
	assert_false(back.authenticated);
}

static void refuse_every_cut(const struct est_reply *reply, const struct error *refusal)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	CLEANUP(est_reply_done) struct est_reply back = { 0 };
	struct error err;

	est_reply_pack(reply, refusal, &message);
	for (size_t len = 0; len < message.len; len++) {
		CLEANUP(buffer_done) struct buffer cut = { 0 };
		buffer_append(&cut, (struct bytes){ message.data, len });
		EXPECT_REFUSED(est_reply_unpack(buffer_view(&cut), &back, &err), err,
			       REASON_PROTOCOL);
	}
	message.data[0] = 2;
	EXPECT_REFUSED(est_reply_unpack(buffer_view(&message), &back, &err), err, REASON_PROTOCOL);
	assert_false(back.authenticated);
}

TEST(every_cut_of_a_reply_is_refused)
{
	CLEANUP(est_reply_done) struct est_reply reply = { .authenticated = true };
	struct error refusal = { .reason = REASON_BUSY, .detail = "later" };

	buffer_append_text(&reply.certificate, "leaf");
	buffer_append_text(&reply.chain, "chain");
	buffer_append_text(&reply.private_key, "key");
	refuse_every_cut(&reply, NULL);
	refuse_every_cut(&reply, &refusal);
}

TEST(a_certificate_comes_back_as_it_was)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	CLEANUP(est_reply_done)
	struct est_reply reply = { .authenticated = true, .repeated = true };
	CLEANUP(est_reply_done) struct est_reply back = { 0 };
	struct error err = { 0 };

	buffer_append_text(&reply.certificate, "leaf");
	buffer_append_text(&reply.chain, "chain");
	est_reply_pack(&reply, NULL, &message);
	EXPECT_OK(est_reply_unpack(buffer_view(&message), &back, &err), err);
	assert_true(bytes_equal(buffer_view(&back.certificate), BYTES_LITERAL("leaf")));
	assert_true(bytes_equal(buffer_view(&back.chain), BYTES_LITERAL("chain")));
	assert_true(back.authenticated && back.repeated);
}

TEST(an_envelope_around_no_key_is_refused)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	CLEANUP(est_reply_done) struct est_reply reply = { .key_is_enveloped = true }, back = { 0 };
	struct error err;

	buffer_append_text(&reply.certificate, "leaf");
	est_reply_pack(&reply, NULL, &message);
	EXPECT_REFUSED(est_reply_unpack(buffer_view(&message), &back, &err), err, REASON_PROTOCOL);
}

TEST(a_private_key_comes_back_as_it_was_and_is_wiped)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	CLEANUP(est_reply_done) struct est_reply reply = { .key_is_enveloped = true };
	struct est_reply back = { 0 };
	struct error err = { 0 };

	buffer_append_text(&reply.certificate, "leaf");
	buffer_append_text(&reply.private_key, "a secret");
	est_reply_pack(&reply, NULL, &message);
	EXPECT_OK(est_reply_unpack(buffer_view(&message), &back, &err), err);
	assert_true(bytes_equal(buffer_view(&back.private_key), BYTES_LITERAL("a secret")));
	assert_true(back.key_is_enveloped);
	est_reply_done(&back);
	assert_null(back.private_key.data);
	assert_false(back.key_is_enveloped);
}

TEST(cmc_01_a_response_stands_alone)
{
	CLEANUP(est_reply_done) struct est_reply reply = { 0 }, back = { 0 };
	CLEANUP(buffer_done) struct buffer alone = { 0 };
	CLEANUP(buffer_done) struct buffer in_company = { 0 };
	struct error err = { 0 };

	buffer_append_text(&reply.cmc, "response");
	est_reply_pack(&reply, NULL, &alone);
	EXPECT_OK(est_reply_unpack(buffer_view(&alone), &back, &err), err);
	assert_true(bytes_equal(buffer_view(&back.cmc), BYTES_LITERAL("response")));
	est_reply_done(&back);
	buffer_append_text(&reply.certificate, "leaf");
	est_reply_pack(&reply, NULL, &in_company);
	EXPECT_REFUSED(est_reply_unpack(buffer_view(&in_company), &back, &err), err,
		       REASON_PROTOCOL);
}

/* -- events -- */

static struct event an_event(void)
{
	return (struct event){
		.id = 1,
		.at = 1795455900,
		.account_id = 2,
		.profile_id = 3,
		.operation = EST_SIMPLEREENROLL,
		.reason = REASON_CERT_EXPIRED,
		.request_id = "0123456789abcdef",
		.peer = "192.0.2.1",
		.client = "CN=dev-1",
		.detail = "expired yesterday",
		.label = "2.25.1",
		.certificate_id = 9,
	};
}

TEST(every_cut_of_an_event_is_refused)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	struct event event = an_event(), back;
	struct error err;

	event_pack(&event, &message);
	for (size_t len = 0; len < message.len; len++) {
		CLEANUP(buffer_done) struct buffer cut = { 0 };
		buffer_append(&cut, (struct bytes){ message.data, len });
		EXPECT_REFUSED(event_unpack(buffer_view(&cut), &back, &err), err, REASON_PROTOCOL);
	}
	message.data[4 * 8] = EST_OPERATION_COUNT + 1;
	EXPECT_REFUSED(event_unpack(buffer_view(&message), &back, &err), err, REASON_PROTOCOL);
}

TEST(co_15b_an_event_s_hostile_text_is_tamed_at_the_border)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	struct event event = an_event(), back;
	struct error err = { 0 };

	snprintf(event.client, sizeof event.client, "%s",
		 "CN=a\r\nb\x1b[31m\xe2\x80\xae\xff\xe2\x82");
	event_pack(&event, &message);
	EXPECT_OK(event_unpack(buffer_view(&message), &back, &err), err);
	assert_string_equal(back.client, "CN=a??b?[31m????");
}

TEST(an_event_comes_back_as_it_was)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	CLEANUP(buffer_done) struct buffer again = { 0 };
	struct event event = an_event(), back;
	struct error err = { 0 };

	event.operation = EST_OPERATION_COUNT;
	event_pack(&event, &message);
	EXPECT_OK(event_unpack(buffer_view(&message), &back, &err), err);
	assert_int_equal(back.reason, REASON_CERT_EXPIRED);
	assert_int_equal(back.operation, EST_OPERATION_COUNT);
	assert_string_equal(back.label, "2.25.1");
	event_pack(&back, &again);
	assert_true(bytes_equal(buffer_view(&message), buffer_view(&again)));
}

TEST_MAIN(RUN(an_operation_that_needs_no_authority_is_refused),
	  RUN(an_authorization_without_its_flag_is_refused),
	  RUN(every_cut_of_a_request_is_refused_and_so_is_a_longer_one),
	  RUN(a_chain_longer_than_the_bound_is_refused), RUN(a_request_comes_back_as_it_was),
	  RUN(a_refusal_comes_back_with_its_words), RUN(a_refusal_for_no_reason_is_refused_as_such),
	  RUN(success_without_a_certificate_is_refused), RUN(every_cut_of_a_reply_is_refused),
	  RUN(a_certificate_comes_back_as_it_was), RUN(an_envelope_around_no_key_is_refused),
	  RUN(cmc_01_a_response_stands_alone), RUN(a_private_key_comes_back_as_it_was_and_is_wiped),
	  RUN(every_cut_of_an_event_is_refused),
	  RUN(co_15b_an_event_s_hostile_text_is_tamed_at_the_border),
	  RUN(an_event_comes_back_as_it_was))
