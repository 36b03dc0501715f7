#include "test.h"

#include "va/ocsp_path.h"

static bool decodes(const char *text, struct bytes expected)
{
	CLEANUP(buffer_done) struct buffer octets = { 0 };

	if (!ocsp_path_decode(text, &octets))
		return false;
	assert_true(bytes_equal(buffer_view(&octets), expected));
	return true;
}

TEST(oc_01_what_is_no_base64_is_refused)
{
	static const char *const bad[] = { "",     "/",      "=",   "M",   "M=",
					   "MA=a", "MA==/x", "M A", "MA%", "M\xc3\xa4" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(buffer_done) struct buffer octets = { 0 };
		if (ocsp_path_decode(bad[i], &octets))
			fail_msg("\"%s\" was decoded", bad[i]);
	}
}

TEST(oc_01_both_alphabets_with_padding_or_without)
{
	static const struct bytes octets = BYTES_LITERAL("\x30\xff\xef\xbe\xfb");

	assert_true(decodes("MP/vvvs=", octets));
	assert_true(decodes("MP/vvvs", octets));
	assert_true(decodes("MP_vvvs=", octets));
	assert_true(decodes("/MP_vvvs", octets));
	assert_true(decodes("//MP_vvvs", octets));
	assert_true(decodes("MD++Pn4", BYTES_LITERAL("\x30\x3f\xbe\x3e\x7e")));
	assert_true(decodes("MD--Pn4", BYTES_LITERAL("\x30\x3f\xbe\x3e\x7e")));
}

TEST_MAIN(RUN(oc_01_what_is_no_base64_is_refused),
	  RUN(oc_01_both_alphabets_with_padding_or_without))
