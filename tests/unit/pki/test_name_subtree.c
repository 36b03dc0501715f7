#include "test.h"

#include <string.h>

#include "pki/name_subtree.h"

static struct error err;

static bool encode(const char *text, struct buffer *ret)
{
	const struct name_subtrees one = { &text, 1 }, none = { 0 };

	return name_constraints_encode(&one, &none, ret, &err);
}

static bool append(void *context, bool excluded, const char *text)
{
	buffer_printf(context, "%s%s ", excluded ? "-" : "+", text);
	return true;
}

static void expect_text(const char *text)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };
	CLEANUP(buffer_done) struct buffer read = { 0 };
	char wanted[200];

	snprintf(wanted, sizeof wanted, "+%s ", text);
	EXPECT_OK(encode(text, &value), err);
	assert_true(name_constraints_each(buffer_view(&value), append, &read));
	assert_string_equal(buffer_cstring(&read), wanted);
}

TEST(what_is_no_constraint_is_refused)
{
	static const char *const texts[] = {
		"corp.example",
		"dns:*.corp.example",
		"dns:.corp.example",
		"dns:corp..example",
		"dns:10.0.0.1",
		"ip:10.0.0.0/33",
		"ip:10.0.0.1/8",
		"ip:10.0.0.0/",
		"ip:10.0.0.0/8x",
		"ip:",
		"ip:10.0.0.0/-1",
		"ip:2001:db8::/129",
		"ip:2001:db8::1/64",
		"email:",
		"email:a@",
		"email:*.corp.example",
		"uri:https://a.b",
		"uri:",
		"dir:",
		"dir:nonsense",
		"URI:corp.example",
		"",
		"ip:1111111111111111111111111111111111111111111111111111111111/8",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		CLEANUP(buffer_done) struct buffer value = { 0 };

		err = (struct error){ 0 };
		if (encode(texts[i], &value))
			fail_msg("taken: %s", texts[i]);
		assert_int_equal(err.reason, REASON_NAME_INVALID);
	}
}

TEST(each_form_is_read_as_it_was_written)
{
	static const char *const texts[] = {
		"dns:corp.example",
		"dns:",
		"ip:10.0.0.0/8",
		"ip:0.0.0.0/0",
		"ip:192.0.2.1/32",
		"ip:2001:db8::/32",
		"ip:::/0",
		"email:corp.example",
		"email:.corp.example",
		"email:ca@corp.example",
		"uri:corp.example",
		"uri:.corp.example",
		"dir:O=Acme, C=DE",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		expect_text(texts[i]);
}

TEST(one_address_is_a_prefix_of_all_its_bits)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };
	CLEANUP(buffer_done) struct buffer read = { 0 };

	EXPECT_OK(encode("ip:192.0.2.1", &value), err);
	assert_true(name_constraints_each(buffer_view(&value), append, &read));
	assert_string_equal(buffer_cstring(&read), "+ip:192.0.2.1/32 ");
}

TEST(permitted_stands_before_excluded_and_none_is_no_extension)
{
	static const char *const permitted[] = { "dns:a.example", "ip:10.0.0.0/8" };
	static const char *const excluded[] = { "dns:b.a.example" };
	const struct name_subtrees in = { permitted, 2 }, out = { excluded, 1 }, none = { 0 };
	CLEANUP(buffer_done) struct buffer value = { 0 };
	CLEANUP(buffer_done) struct buffer read = { 0 };

	EXPECT_OK(name_constraints_encode(&none, &none, &value, &err), err);
	assert_int_equal(value.len, 0);
	EXPECT_OK(name_constraints_encode(&in, &out, &value, &err), err);
	assert_true(name_constraints_each(buffer_view(&value), append, &read));
	assert_string_equal(buffer_cstring(&read),
			    "+dns:a.example +ip:10.0.0.0/8 -dns:b.a.example ");
}

TEST(too_many_are_refused)
{
	const char *texts[NAME_SUBTREES_MAX + 1];
	const struct name_subtrees none = { 0 };
	CLEANUP(buffer_done) struct buffer value = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		texts[i] = "dns:a.example";
	const struct name_subtrees many = { texts, NAME_SUBTREES_MAX };
	const struct name_subtrees too_many = { texts, NAME_SUBTREES_MAX + 1 };
	EXPECT_OK(name_constraints_encode(&many, &none, &value, &err), err);
	buffer_clear(&value);
	EXPECT_REFUSED(name_constraints_encode(&none, &too_many, &value, &err), err,
		       REASON_NAME_INVALID);
}

TEST(malformed_values_are_not_read)
{
	static const struct bytes values[] = {
		BYTES_LITERAL(""),
		BYTES_LITERAL("\x30\x00"),
		BYTES_LITERAL("\x30\x02\xa0\x00"),
		BYTES_LITERAL("\x30\x05\xa0\x03\x30\x01\x82"),
		BYTES_LITERAL("\x30\x07\xa0\x05\x30\x03\x82\x01\x61\x00"),
		/* a mask with a hole, and one of five octets */
		BYTES_LITERAL("\x30\x0e\xa0\x0c\x30\x0a\x87\x08\x0a\x00\x00\x00\xff\x00\xff\x00"),
		BYTES_LITERAL("\x30\x0b\xa0\x09\x30\x07\x87\x05\x0a\x00\x00\x00\xff"),
		/* the minimum written out */
		BYTES_LITERAL("\x30\x0a\xa0\x08\x30\x06\x82\x01\x61\x80\x01\x00"),
	};

	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		if (name_constraints_each(values[i], NULL, NULL))
			fail_msg("read: %zu", i);
}

TEST_MAIN(RUN(what_is_no_constraint_is_refused), RUN(each_form_is_read_as_it_was_written),
	  RUN(one_address_is_a_prefix_of_all_its_bits),
	  RUN(permitted_stands_before_excluded_and_none_is_no_extension), RUN(too_many_are_refused),
	  RUN(malformed_values_are_not_read))
