/* PROXY headers in every cut; what each means is in tests/wire/test_proxy.py. */
#include "test.h"

#include <string.h>

#include "http/proxy.h"

static const struct bytes headers[] = {
	BYTES_LITERAL("PROXY TCP4 198.51.100.7 192.0.2.1 4096 8192\r\n"),
	BYTES_LITERAL("PROXY UNKNOWN\r\n"),
	BYTES_LITERAL(
		"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc6\x33\x64\x07\xc0\0\x02\x01\x10\0\x20\0"),
	BYTES_LITERAL("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"),
};

TEST(ip_16_a_header_cut_short_is_never_taken_for_a_whole)
{
	struct proxy_header header;
	struct refusal refusal;
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		for (size_t have = 0; have < headers[i].len; have++)
			assert_int_equal(proxy_parse((struct bytes){ headers[i].data, have },
						     &header, &len, &refusal),
					 PARSE_MORE);
}

TEST(a_header_ends_where_it_ends)
{
	struct refusal refusal;

	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		CLEANUP(buffer_done) struct buffer text = { 0 };
		struct proxy_header header;
		size_t len = 0;

		buffer_append(&text, headers[i]);
		buffer_append(&text, BYTES_LITERAL("\x16\x03\x01\r\n"));
		assert_int_equal(proxy_parse(buffer_view(&text), &header, &len, &refusal),
				 PARSE_DONE);
		assert_int_equal(len, headers[i].len);
		assert_int_equal(header.has_peer, i % 2 == 0);
	}
}

TEST(ip_16_a_changed_octet_of_the_signature_is_refused)
{
	unsigned char changed[16];
	struct proxy_header header;
	struct refusal refusal;
	size_t len;

	for (size_t i = 0; i < 12; i++) {
		memcpy(changed, headers[3].data, sizeof changed);
		changed[i] ^= 0x40;
		assert_int_equal(
			proxy_parse((struct bytes){ changed, i + 1 }, &header, &len, &refusal),
			PARSE_REFUSED);
	}
}

TEST(ip_16_lengths_are_bounded_before_the_octets_come)
{
	struct proxy_header header;
	struct refusal refusal;
	size_t len;

	assert_int_equal(proxy_parse(BYTES_LITERAL("\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff"), &header,
				     &len, &refusal),
			 PARSE_REFUSED);
	assert_int_equal(proxy_parse(BYTES_LITERAL("\r\n\r\n\0\r\nQUIT\n\x20\0\x08\x00"), &header,
				     &len, &refusal),
			 PARSE_REFUSED);
	assert_int_equal(proxy_parse(BYTES_LITERAL("\r\n\r\n\0\r\nQUIT\n\x20\0\x07\xf0"), &header,
				     &len, &refusal),
			 PARSE_MORE);
}

TEST_MAIN(RUN(ip_16_a_header_cut_short_is_never_taken_for_a_whole),
	  RUN(a_header_ends_where_it_ends), RUN(ip_16_a_changed_octet_of_the_signature_is_refused),
	  RUN(ip_16_lengths_are_bounded_before_the_octets_come))
