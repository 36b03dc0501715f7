#include "test.h"

#include <string.h>

#include "model/fetch.h"

static struct error err;

TEST(a_fetch_of_another_form_is_refused)
{
	struct fetch fetch = { .profile_id = 7, .has_key = true, .key_hash = { 1, 2, 3 } }, read;
	CLEANUP(buffer_done) struct buffer message = { 0 };

	fetch_pack(&fetch, &message);
	for (size_t len = 0; len < message.len; len++)
		EXPECT_REFUSED(fetch_unpack((struct bytes){ message.data, len }, &read, &err), err,
			       REASON_PROTOCOL);
	buffer_append_byte(&message, 0);
	EXPECT_REFUSED(fetch_unpack(buffer_view(&message), &read, &err), err, REASON_PROTOCOL);
}

TEST(a_fetch_arrives_as_it_was_sent_with_a_key_and_without)
{
	for (int with_key = 0; with_key < 2; with_key++) {
		struct fetch fetch = { .profile_id = 7, .has_key = with_key, .peer = { { 9 } } };
		struct fetch read = { 0 };
		CLEANUP(buffer_done) struct buffer message = { 0 };

		memset(fetch.key_hash, with_key ? 0x5a : 0, sizeof fetch.key_hash);
		fetch_pack(&fetch, &message);
		EXPECT_OK(fetch_unpack(buffer_view(&message), &read, &err), err);
		assert_int_equal(read.profile_id, 7);
		assert_int_equal(read.has_key, with_key);
		assert_memory_equal(&read.peer, &fetch.peer, sizeof read.peer);
		assert_memory_equal(read.key_hash, fetch.key_hash, sizeof read.key_hash);
	}
}

TEST_MAIN(RUN(a_fetch_of_another_form_is_refused),
	  RUN(a_fetch_arrives_as_it_was_sent_with_a_key_and_without))
