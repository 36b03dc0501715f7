#include "test.h"

#include "base/pack.h"
#include "model/api_request.h"

static const struct api_request sample = {
	.kind = CREDENTIAL_TOKEN,
	.credential = { (const unsigned char *)"est_1", 5 },
	.peer = { { 1, 2, 3 } },
	.request = { (const unsigned char *)"{}", 2 },
};

TEST(what_is_cut_or_too_long_is_refused)
{
	struct buffer message = { 0 };
	struct api_request ret;
	struct error err = { 0 };

	api_request_pack(&sample, &message);
	for (size_t len = 0; len < message.len; len++) {
		assert_false(api_request_unpack((struct bytes){ message.data, len }, &ret, &err));
		assert_int_equal(err.reason, REASON_PROTOCOL);
	}
	buffer_append_byte(&message, 0);
	assert_false(api_request_unpack(buffer_view(&message), &ret, &err));
	buffer_done(&message);
}

TEST(an_unknown_kind_of_credential_is_refused)
{
	struct api_request odd = sample, ret;
	struct buffer message = { 0 };
	static const unsigned char much[CREDENTIAL_MAX + 1];

	odd.kind = CREDENTIAL_COUNT;
	api_request_pack(&odd, &message);
	assert_false(api_request_unpack(buffer_view(&message), &ret, NULL));
	buffer_clear(&message);
	odd = sample;
	odd.credential = (struct bytes){ much, sizeof much };
	api_request_pack(&odd, &message);
	assert_false(api_request_unpack(buffer_view(&message), &ret, NULL));
	buffer_done(&message);
}

TEST(what_was_packed_comes_out)
{
	struct buffer message = { 0 };
	struct api_request ret;
	struct error err = { 0 };

	api_request_pack(&sample, &message);
	EXPECT_OK(api_request_unpack(buffer_view(&message), &ret, &err), err);
	assert_int_equal(ret.kind, CREDENTIAL_TOKEN);
	assert_true(bytes_equal(ret.credential, sample.credential));
	assert_true(bytes_equal(ret.request, sample.request));
	assert_int_equal(address_compare(&ret.peer, &sample.peer), 0);
	buffer_done(&message);
}

TEST_MAIN(RUN(what_is_cut_or_too_long_is_refused), RUN(an_unknown_kind_of_credential_is_refused),
	  RUN(what_was_packed_comes_out))
