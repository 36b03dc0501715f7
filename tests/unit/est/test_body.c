/* Bodies as clients really send them. The DER in them is any SEQUENCE: body_decode_csr() does not
 * read it. */
#include "est/body.h"

#include <string.h>

#include "test.h"

static const struct bytes der = { (const unsigned char *)"\x30\x82\x00\x03\xfb\xef\xbe", 7 };
#define ONE_LINE "MIIAA/vvvg=="

static const struct body_options lenient = { 0 }, strict = { .strict = true },
				 form = { .form_encoded = true };

static void expect_decoded(const char *text, const struct body_options *options)
{
	CLEANUP(buffer_done) struct buffer got = { 0 };
	struct error err;

	EXPECT_OK(body_decode_csr(bytes_of_string(text), options, &got, &err), err);
	assert_true(bytes_equal(buffer_view(&got), der));
}

static void expect_refused(struct bytes body, const struct body_options *options)
{
	CLEANUP(buffer_done) struct buffer got = { 0 };
	struct error err;

	EXPECT_REFUSED(body_decode_csr(body, options, &got, &err), err, REASON_CSR_BAD_ENCODING);
}

TEST(enc_02_white_space_does_not_matter)
{
	expect_decoded(ONE_LINE, &strict);
	expect_decoded(ONE_LINE "\n", &strict);
	expect_decoded("MIIA\r\nA/vv\r\nvg==\r\n", &strict);
	expect_decoded(" M I I A A / v v v g = = ", &strict);
}

TEST(enc_04_pem_and_der_are_taken_unless_strict)
{
	const char *pem = "-----BEGIN CERTIFICATE REQUEST-----\r\n" ONE_LINE
			  "\r\n-----END CERTIFICATE REQUEST-----\r\n";
	const char *older = "\xef\xbb\xbf-----BEGIN NEW CERTIFICATE REQUEST-----\n" ONE_LINE
			    "\n-----END NEW CERTIFICATE REQUEST-----\n";
	CLEANUP(buffer_done) struct buffer got = { 0 };
	struct error err;

	expect_decoded(pem, &lenient);
	expect_decoded(older, &lenient);
	expect_refused(bytes_of_string(pem), &strict);
	EXPECT_OK(body_decode_csr(der, &lenient, &got, &err), err);
	assert_true(bytes_equal(buffer_view(&got), der));
	expect_refused(der, &strict);
}

TEST(enc_04_a_form_type_turns_plus_into_a_space)
{
	CLEANUP(buffer_done) struct buffer got = { 0 };
	struct error err;

	expect_refused(BYTES_LITERAL("%2Fv7 "), &lenient);
	EXPECT_OK(body_decode_csr(BYTES_LITERAL("%2Fv7 "), &form, &got, &err), err);
	assert_true(bytes_equal(buffer_view(&got), BYTES_LITERAL("\xfe\xfe\xfe")));
	expect_refused(BYTES_LITERAL("%zzv7+"), &form);
}

TEST(enc_05_two_pem_objects_are_refused)
{
	const char *one = "-----BEGIN CERTIFICATE REQUEST-----\n" ONE_LINE
			  "\n-----END CERTIFICATE REQUEST-----\n";
	char two[400];

	snprintf(two, sizeof two, "%s%s", one, one);
	expect_refused(bytes_of_string(two), &lenient);
	expect_refused(
		BYTES_LITERAL("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"),
		&lenient);
}

TEST(b6_05_nothing_is_refused)
{
	expect_refused(BYTES_LITERAL(""), &lenient);
	expect_refused(BYTES_LITERAL(" \r\n"), &lenient);
	expect_refused(BYTES_LITERAL(ONE_LINE ONE_LINE), &lenient);
}

TEST_MAIN(RUN(enc_02_white_space_does_not_matter), RUN(enc_04_pem_and_der_are_taken_unless_strict),
	  RUN(enc_04_a_form_type_turns_plus_into_a_space), RUN(enc_05_two_pem_objects_are_refused),
	  RUN(b6_05_nothing_is_refused))
