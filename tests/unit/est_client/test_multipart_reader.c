#include "test.h"

#include <string.h>

#include "est_client/multipart_reader.h"

static struct error err;
static struct multipart parts;

static bool parse(const char *type, const char *body)
{
	return multipart_parse(type, bytes_of_string(body), &parts, &err);
}

TEST(what_is_no_multipart_is_refused)
{
	static const struct {
		const char *type, *body;
	} cases[] = {
		{ "", "--a\r\n\r\nx\r\n--a--\r\n" },
		{ "text/plain; boundary=a", "--a\r\n\r\nx\r\n--a--\r\n" },
		{ "multipart/mixed", "--a\r\n\r\nx\r\n--a--\r\n" },
		{ "multipart/mixed; boundary=", "--\r\n\r\nx\r\n----\r\n" },
		{ "multipart/mixed; boundary=a", "" },
		{ "multipart/mixed; boundary=a", "--b\r\n\r\nx\r\n--b--\r\n" },
		{ "multipart/mixed; boundary=a", "--a--\r\n" },
		{ "multipart/mixed; boundary=a", "--a\r\n\r\nx\r\n" },
		{ "multipart/mixed; boundary=a", "--a\r\n\r\nx\r\n--a"
						 "\r\n" },
		{ "multipart/mixed; boundary=a", "--a\n\n--a\n\n--a\n\n--a\n\n--a\n\n--a--\n" },
		{ "multipart/mixed; boundary="
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  "--a" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		EXPECT_REFUSED(parse(cases[i].type, cases[i].body), err, REASON_SERVER_ANSWER);
}

TEST(skg_02_two_parts_with_either_line_end)
{
	static const char *const types[] = { "multipart/mixed; boundary=\"a b\"",
					     "Multipart/Mixed;charset=x;Boundary=\"a b\"" };
	static const char *const bodies[] = {
		"preamble\r\n--a b\r\nContent-Type: application/pkcs8\r\nX: y\r\n\r\nTUlJ\r\n--a "
		"b\r\n"
		"content-type:Application/PKCS7-mime; smime-type=certs-only\r\n\r\nAAAA\r\n--a "
		"b--\r\nepilogue",
		"--a b\nContent-Type: application/pkcs8\n\nTUlJ\n--a b  \n"
		"CONTENT-TYPE: application/pkcs7-mime\n\nAAAA\n--a b--",
	};

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		EXPECT_OK(parse(types[i], bodies[i]), err);
		assert_int_equal(parts.count, 2);
		assert_string_equal(parts.parts[0].content_type, "application/pkcs8");
		assert_int_equal(strncmp(parts.parts[1].content_type, "application/pkcs7-mime", 22),
				 0);
		assert_memory_equal(parts.parts[0].body.data, "TUlJ", 4);
		assert_memory_equal(parts.parts[1].body.data, "AAAA", 4);
		assert_true(parts.parts[1].body.len <= 6);
	}
}

TEST_MAIN(RUN(what_is_no_multipart_is_refused), RUN(skg_02_two_parts_with_either_line_end))
