#include "test.h"

#include <string.h>

#include "model/publication.h"

#define NAME "0123456789abcdef0123456789abcdef01234567"

TEST(paths_that_name_nothing)
{
	static const char *const paths[] = {
		"",
		"/",
		"/crl/",
		"/crl/" NAME,
		"/crl/" NAME ".crl/",
		"/crl/" NAME ".CRL",
		"/crl/" NAME "0.crl",
		"/crl/0123.crl",
		"/crl//" NAME ".crl",
		"/ca/" NAME ".crl",
		"/crl/" NAME ".cer",
		"crl/" NAME ".crl",
		"/crl/" NAME "-delta.crl.crl",
		"/crl/0123456789ABCDEF0123456789abcdef01234567.crl",
	};
	char name[PUBLICATION_NAME_MAX + 1];
	enum publication_kind kind;

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		assert_false(publication_path_parse(paths[i], &kind, name));
}

TEST(paths_that_do)
{
	char name[PUBLICATION_NAME_MAX + 1];
	enum publication_kind kind;

	assert_true(publication_path_parse("/crl/" NAME ".crl", &kind, name));
	assert_int_equal(kind, PUBLICATION_CRL);
	assert_string_equal(name, NAME);
	assert_true(publication_path_parse("/crl/" NAME "-delta.crl", &kind, name));
	assert_int_equal(kind, PUBLICATION_DELTA);
	assert_true(publication_path_parse("/ca/" NAME ".cer", &kind, name));
	assert_int_equal(kind, PUBLICATION_CA);
}

static void pack(struct buffer *to)
{
	const struct publication publication = { .kind = PUBLICATION_DELTA,
						 .name = NAME,
						 .number = 12,
						 .this_update = 34,
						 .next_update = 56,
						 .body = BYTES_LITERAL("octets") };

	publication_pack(&publication, to);
}

TEST(what_was_cut_or_lengthened_is_no_publication)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	struct publication back;
	struct error err;

	pack(&message);
	for (size_t len = 0; len < message.len; len++)
		EXPECT_REFUSED(publication_unpack((struct bytes){ message.data, len }, &back, &err),
			       err, REASON_PROTOCOL);
	buffer_append_byte(&message, 0);
	EXPECT_REFUSED(publication_unpack(buffer_view(&message), &back, &err), err,
		       REASON_PROTOCOL);
	message.len--;
	message.data[0] = PUBLICATION_KINDS;
	EXPECT_REFUSED(publication_unpack(buffer_view(&message), &back, &err), err,
		       REASON_PROTOCOL);
}

TEST(a_publication_comes_back_as_it_went)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	struct publication back;
	struct error err;

	pack(&message);
	EXPECT_OK(publication_unpack(buffer_view(&message), &back, &err), err);
	assert_int_equal(back.kind, PUBLICATION_DELTA);
	assert_string_equal(back.name, NAME);
	assert_int_equal(back.number, 12);
	assert_int_equal(back.this_update, 34);
	assert_int_equal(back.next_update, 56);
	assert_true(bytes_equal(back.body, BYTES_LITERAL("octets")));
}

TEST_MAIN(RUN(paths_that_name_nothing), RUN(paths_that_do),
	  RUN(what_was_cut_or_lengthened_is_no_publication),
	  RUN(a_publication_comes_back_as_it_went))
