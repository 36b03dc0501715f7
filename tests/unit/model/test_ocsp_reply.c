#include "test.h"

#include "model/ocsp_reply.h"

static void pack(const struct ocsp_reply *reply, struct buffer *to)
{
	buffer_clear(to);
	ocsp_reply_pack(reply, to);
	assert_true(buffer_ok(to));
}

TEST(a_reply_that_is_cut_or_empty_is_refused)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	const struct ocsp_reply empty = { .is_keepable = true };
	const struct ocsp_reply sound = { .der = BYTES_LITERAL("der") };
	struct ocsp_reply reply;
	struct error err = { 0 };

	pack(&empty, &message);
	EXPECT_REFUSED(ocsp_reply_unpack(buffer_view(&message), &reply, &err), err,
		       REASON_PROTOCOL);
	pack(&sound, &message);
	for (size_t len = 0; len < message.len; len++)
		EXPECT_REFUSED(ocsp_reply_unpack((struct bytes){ message.data, len }, &reply, &err),
			       err, REASON_PROTOCOL);
	message.data[0] = 2; /* neither true nor false */
	EXPECT_REFUSED(ocsp_reply_unpack(buffer_view(&message), &reply, &err), err,
		       REASON_PROTOCOL);
	message.data[0] = 1;
	buffer_append_byte(&message, 0);
	EXPECT_REFUSED(ocsp_reply_unpack(buffer_view(&message), &reply, &err), err,
		       REASON_PROTOCOL);
}

TEST(a_reply_comes_out_as_it_went_in)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	const struct ocsp_reply sent = { .is_keepable = true,
					 .seen = UINT64_MAX,
					 .this_update = 1750000000,
					 .next_update = 1750003600,
					 .der = BYTES_LITERAL("an OCSPResponse") };
	struct ocsp_reply reply;
	struct error err = { 0 };

	pack(&sent, &message);
	EXPECT_OK(ocsp_reply_unpack(buffer_view(&message), &reply, &err), err);
	assert_true(reply.is_keepable);
	assert_true(reply.seen == sent.seen);
	assert_int_equal(reply.this_update, sent.this_update);
	assert_int_equal(reply.next_update, sent.next_update);
	assert_true(bytes_equal(reply.der, sent.der));
}

TEST_MAIN(RUN(a_reply_that_is_cut_or_empty_is_refused), RUN(a_reply_comes_out_as_it_went_in))
