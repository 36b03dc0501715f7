/* CMC-02: what is in a PKIData, and what is not; and the PKIResponse byte for byte. */
#include "pki/cmc.h"

#include "assemble.h"

#define ID_CMC "06{ 2b060105050707"
#define EMPTY "30{}"

static struct error err;

static struct buffer parsed; /* what the views of the last one point into */

static bool parse(const char *text, struct cmc_request *ret)
{
	buffer_done(&parsed);
	parsed = from_text(text);
	err = (struct error){ 0 };
	return cmc_request_parse(buffer_view(&parsed), ret, &err);
}

static void refuse(const char *text, const char *why)
{
	struct cmc_request request;

	if (parse(text, &request))
		fail_msg("taken: %s", text);
	assert_int_equal(err.reason, REASON_CMS_MALFORMED);
	if (!strstr(err.detail, why))
		fail_msg("%s: %s", text, err.detail);
}

#define REQUESTS(parts) "30{" EMPTY "30{" parts "}" EMPTY EMPTY "}"
#define CONTROLS(parts)                                                                            \
	"30{"                                                                                      \
	"30{" parts "}" EMPTY EMPTY EMPTY "}"
#define PKCS10(id) "a0{ 02{" id "} 30{} }"
#define CONTROL(id, number, values) "30{ 02{" id "}" ID_CMC number "} 31{" values "} }"

TEST(cmc_02_body_part_identifiers_are_unique_and_not_zero)
{
	refuse(REQUESTS(PKCS10("00")), "is 0");
	refuse(REQUESTS(PKCS10("01") PKCS10("01")), "twice");
	refuse(REQUESTS(PKCS10("0100000000")), "four octets");
	refuse(REQUESTS(PKCS10("ff")), "four octets");
	refuse(REQUESTS(PKCS10("0001")), "four octets");
	refuse(REQUESTS(PKCS10("")), "four octets");
	refuse("30{ 30{" CONTROL("05", "05", "0500") "} 30{" PKCS10("05") "}" EMPTY EMPTY "}",
	       "twice");
	refuse("30{" EMPTY "30{ a1{ 30{ 020107 } } }"
	       "30{ 30{ 020107 30{} } }" EMPTY "}",
	       "twice");
	refuse("30{" EMPTY EMPTY EMPTY "30{ 30{ 020100 } } }", "is 0");
}

TEST(cmc_02_the_largest_identifier_is_taken)
{
	struct cmc_request request;

	EXPECT_OK(parse(REQUESTS(PKCS10("00ffffffff")), &request), err);
	assert_int_equal(request.part_count, 1);
	assert_int_equal(request.parts[0].id, UINT32_MAX);
	assert_int_equal(request.parts[0].kind, CMC_PKCS10);
	assert_int_equal(request.parts[0].der.len, 2);
	buffer_done(&parsed);
}

TEST(cmc_02_broken_sequences_are_refused)
{
	refuse("", "");
	refuse("30{}", "");
	refuse("30{" EMPTY EMPTY EMPTY "}", "malformed");
	refuse("30{" EMPTY EMPTY EMPTY EMPTY EMPTY "}", "does not end");
	refuse("30{" EMPTY EMPTY EMPTY EMPTY "} 00", "does not end");
	refuse(REQUESTS("a3{ 020101 }"), "no known form");
	refuse(REQUESTS("a0{ 020101 }"), "CertificationRequest");
	refuse(REQUESTS("a0{ 020101 30{} 00 }"), "CertificationRequest");
	refuse("3080" EMPTY EMPTY EMPTY EMPTY "0000", "");
}

TEST(cmc_02_every_cut_is_refused)
{
	CLEANUP(buffer_done)
	struct buffer der = from_text("30{ 30{" CONTROL("01", "05", "020163") "} 30{" PKCS10(
		"02") "} 30{ 30{ 020103 30{} } } 30{ 30{ 020104 } } }");
	struct cmc_request request;

	EXPECT_OK(cmc_request_parse(buffer_view(&der), &request, &err), err);
	assert_int_equal(request.part_count, 2);
	assert_int_equal(request.parts[1].kind, CMC_CONTENT);
	for (size_t len = 0; len < der.len; len++)
		assert_false(cmc_request_parse((struct bytes){ der.data, len }, &request, &err));
}

TEST(cmc_02_a_control_has_one_value_and_is_there_once)
{
	refuse(CONTROLS(CONTROL("01", "05", "")), "one value");
	refuse(CONTROLS(CONTROL("01", "05", "0500 0500")), "one value");
	refuse(CONTROLS(CONTROL("01", "05", "0500") CONTROL("02", "05", "0500")), "twice");
}

TEST(cmc_02_controls_are_known_by_their_number)
{
	struct cmc_request request;

	EXPECT_OK(parse(CONTROLS(CONTROL("01", "05", "020163")), &request), err);
	assert_int_equal(request.controls[0].type, CMC_TRANSACTION_ID);
	assert_true(bytes_equal(request.controls[0].value, BYTES_LITERAL("\x02\x01\x63")));
	assert_ptr_equal(cmc_control_find(&request, CMC_TRANSACTION_ID), &request.controls[0]);
	assert_null(cmc_control_find(&request, CMC_SENDER_NONCE));
	EXPECT_OK(
		parse(CONTROLS(CONTROL("01", "63", "0500") CONTROL("02", "63", "0500")), &request),
		err);
	assert_int_equal(request.controls[1].type, CMC_CONTROL_UNKNOWN);
	for (enum cmc_control_type type = 0; type < CMC_CONTROL_UNKNOWN; type++)
		assert_true(cmc_control_oid(type).len == 8);
	assert_int_equal(cmc_control_oid(CMC_CONTROL_UNKNOWN).len, 0);
	buffer_done(&parsed);
}

TEST(cmc_02_lists_are_bounded)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };

	buffer_append_text(&text, "30{ 30{} 30{");
	for (int i = 1; i <= CMC_PARTS_MAX + 1; i++)
		buffer_printf(&text, "a0{ 0201%02x 30{} }", i);
	buffer_append_text(&text, "} 30{} 30{} }");
	refuse(buffer_cstring(&text), "more than 8");
	buffer_clear(&text);
	buffer_append_text(&text, "30{ 30{");
	for (int i = 1; i <= CMC_CONTROLS_MAX + 1; i++)
		buffer_printf(&text, "30{ 0201%02x 06{ 2a03 } 31{ 0500 } }", i);
	buffer_append_text(&text, "} 30{} 30{} 30{} }");
	refuse(buffer_cstring(&text), "more than 32");
	buffer_done(&parsed);
}

/* -- values -- */

static bool parse_revocation(const char *text, struct cmc_revocation *ret)
{
	CLEANUP(buffer_done) struct buffer der = from_text(text);

	return cmc_revocation_parse(buffer_view(&der), ret, &err);
}

TEST(cmc_03_malformed_revocations_are_refused)
{
	static const char *const refused[] = {
		"",
		"30{}",
		"30{ 30{} 020101 }",
		"30{ 30{} 02{} 0a0101 }",
		"30{ 30{} 020101 0a020101 }",
		"30{ 30{} 020101 0a0101 020101 }",
		"30{ 30{} 020101 0a0101 } 00",
		"30{ 30{} 020101 0a0101 180f 32303236303130313030303030302b }",
		"30{ 30{} 02{ 01 0000000000 0000000000 0000000000 0000000000 } 0a0101 }",
	};
	struct cmc_revocation revocation;

	EXPECT_OK(parse_revocation("30{ 30{} 020101 0a0101 }", &revocation), err);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (parse_revocation(refused[i], &revocation))
			fail_msg("taken: %s", refused[i]);
}

TEST(cmc_03_a_revocation_with_everything)
{
	CLEANUP(buffer_done)
	struct buffer der = from_text("30{ 30{} 02020085 0a0104"
				      "18{ 32303236303130313030303030305a } 040161 0c0163 }");
	struct cmc_revocation revocation;

	EXPECT_OK(cmc_revocation_parse(buffer_view(&der), &revocation, &err), err);
	assert_int_equal(revocation.reason, 4);
	assert_int_equal(revocation.invalidity_date, 1767225600);
	assert_true(bytes_equal(revocation.certificate.serial, BYTES_LITERAL("\x00\x85")));
	assert_int_equal(revocation.certificate.issuer.len, 2);
}

TEST(cmc_03_get_cert_names_a_directory_name)
{
	CLEANUP(buffer_done) struct buffer dns = from_text("30{ 820161 020101 }");
	CLEANUP(buffer_done) struct buffer good = from_text("30{ a4{ 30{} } 020105 }");
	struct cmc_certificate certificate;

	EXPECT_REFUSED(cmc_get_cert_parse(buffer_view(&dns), &certificate, &err), err,
		       REASON_CMS_MALFORMED);
	EXPECT_OK(cmc_get_cert_parse(buffer_view(&good), &certificate, &err), err);
	assert_true(bytes_equal(certificate.serial, BYTES_LITERAL("\x05")));
}

static bool parse_crl_query(const char *text, struct cmc_crl_query *ret)
{
	buffer_done(&parsed);
	parsed = from_text(text);
	return cmc_get_crl_parse(buffer_view(&parsed), ret, &err);
}

TEST(cmc_03_malformed_questions_for_crls_are_refused)
{
	static const char *const refused[] = {
		"",
		"30{}",
		"30{ 0500 }",
		"30{ 30{} } 00",
		"30{ 30{} 820161 820161 }",
		"30{ 30{} 18{ 32303236 } }",
		"30{ 30{} 03020106 18{ 32303236303130313030303030305a } }",
		"30{ 30{} 03020106 03020106 }",
	};
	struct cmc_crl_query query;

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (parse_crl_query(refused[i], &query))
			fail_msg("taken: %s", refused[i]);
	buffer_done(&parsed);
}

TEST(cmc_03_a_question_for_a_crl)
{
	struct cmc_crl_query query;

	EXPECT_OK(parse_crl_query("30{ 30{} }", &query), err);
	assert_false(query.has_place);
	assert_int_equal(query.time, 0);
	EXPECT_OK(parse_crl_query("30{ 30{} a4{ 30{} } }", &query), err);
	assert_true(query.has_place);
	assert_int_equal(query.uri.len, 0);
	EXPECT_OK(
		parse_crl_query("30{ 30{} 8601 61 18{ 32303236303130313030303030305a } 03020106 }",
				&query),
		err);
	assert_true(bytes_equal(query.uri, BYTES_LITERAL("a")));
	assert_int_equal(query.time, 1767225600);
	buffer_done(&parsed);
}

TEST(cmc_03_a_token_is_one_request)
{
	static const char *const refused[] = {
		"",
		"0500",
		"04{}",
		"04{ 30{} }",
		"04{" PKCS10("00") "}",
		"04{" PKCS10("01") "00 }",
		"04{" PKCS10("01") PKCS10("02") "}",
		"04{" PKCS10("01") "} 00",
		"04{ a0{ 020101 0500 } }",
	};
	struct cmc_part part;

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		CLEANUP(buffer_done) struct buffer value = from_text(refused[i]);

		EXPECT_REFUSED(cmc_query_pending_parse(buffer_view(&value), &part, &err), err,
			       REASON_CMC_CONTROL);
	}
	CLEANUP(buffer_done) struct buffer value = from_text("04{" PKCS10("05") "}");
	EXPECT_OK(cmc_query_pending_parse(buffer_view(&value), &part, &err), err);
	assert_int_equal(part.kind, CMC_PKCS10);
	assert_true(bytes_equal(part.der, BYTES_LITERAL("\x30\x00")));
	assert_int_equal(part.whole.len, 7);
}

TEST(cmc_03_a_token_may_be_as_long_as_a_request)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct cmc_request request;

	buffer_append_text(&text, "30{ 30{"
				  "30{ 020101" ID_CMC "15} 31{ 04{");
	for (size_t i = 0; i < CMC_TOKEN_MAX - 4; i++)
		buffer_append_text(&text, "00");
	buffer_append_text(&text, "} } } }" EMPTY EMPTY EMPTY "}");
	EXPECT_OK(parse(buffer_cstring(&text), &request), err);
	assert_int_equal(request.controls[0].value.len, CMC_TOKEN_MAX);
	buffer_clear(&text);
	buffer_append_text(&text, "30{ 30{"
				  "30{ 020101" ID_CMC "15} 31{ 04{");
	for (size_t i = 0; i < CMC_TOKEN_MAX - 3; i++)
		buffer_append_text(&text, "00");
	buffer_append_text(&text, "} } } }" EMPTY EMPTY EMPTY "}");
	refuse(buffer_cstring(&text), "at most 40960");
	buffer_done(&parsed);
}

TEST(cmc_03_a_batch_lists_each_part_once)
{
	static const char *const refused[] = {
		"",
		"30{}",
		"30{ 020100 }",
		"30{ 020101 020101 }",
		"30{ 020101 0500 }",
		"30{ 020101 020100 }",
		"30{ 020101 } 00",
		"30{ 020101 020102 020103 020104 020105 020106 020107 020108 020109 }",
	};
	struct cmc_part_list list;

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		CLEANUP(buffer_done) struct buffer value = from_text(refused[i]);

		EXPECT_REFUSED(cmc_part_list_parse(buffer_view(&value), &list, &err), err,
			       REASON_CMS_MALFORMED);
	}
	CLEANUP(buffer_done) struct buffer value = from_text("30{ 020103 020500ffffffff }");
	EXPECT_OK(cmc_part_list_parse(buffer_view(&value), &list, &err), err);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.ids[1], UINT32_MAX);
}

TEST(cmc_03_an_ra_s_witness_names_parts_of_this_message)
{
	static const struct {
		const char *value;
		bool names;
	} rows[] = {
		{ "", false },
		{ "30{ 020100 }", false },
		{ "30{ 020100 30{} }", false },
		{ "30{ 020100 30{ 020106 } }", false },
		{ "30{ 020105 30{ 020107 } }", false },
		{ "30{ 020100 30{ 020100 020107 } }", false },
		{ "30{ 020100 30{ 020106 020107 } }", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(buffer_done) struct buffer value = from_text(rows[i].value);

		if (cmc_witness_names(buffer_view(&value), 7) != rows[i].names)
			fail_msg("%s", rows[i].value);
	}
}

/* -- the response -- */

TEST(cmc_04_a_response_as_it_is_written)
{
	CLEANUP(buffer_done)
	struct buffer wanted = from_text(
		"30{ 30{" CONTROL("01", "05", "020163")
			CONTROL("02", "19", "30{ 020100 30{ 02{ 00ffffffff } } }") CONTROL(
				"03", "19", "30{ 020102 30{ 020100 } 0c{ 61 } 020107 }")
				CONTROL("04", "19",
					"30{ 020103 30{ 020109 } 30{ 04{ 746f6b656e }"
					"18{ 32303236303130313030303030305a } } }")
					CONTROL("05", "19", "30{ 020103 30{ 020108 } }") CONTROL(
						"07", "1d",
						"30{ 020106 }") "} 30{ 30{ 020106 30{} } } 30{} }");
	CLEANUP(buffer_done) struct buffer got = { 0 };
	struct cmc_response response = { 0 };

	cmc_response_control(&response, CMC_TRANSACTION_ID, BYTES_LITERAL("\x02\x01\x63"));
	cmc_response_status(&response,
			    &(struct cmc_status){ .code = CMC_SUCCESS, .part = UINT32_MAX });
	cmc_response_status(&response, &(struct cmc_status){ .code = CMC_FAILED,
							     .part = CMC_WHOLE_REQUEST,
							     .fail_info = CMC_BAD_IDENTITY,
							     .text = "a" });
	cmc_response_status(&response, &(struct cmc_status){ .code = CMC_PENDING,
							     .part = 9,
							     .token = BYTES_LITERAL("token"),
							     .ask_at = 1767225600 });
	/* a token is for what waits, and not every answer has one */
	cmc_response_status(&response, &(struct cmc_status){ .code = CMC_PENDING, .part = 8 });
	struct cmc_part_list list = {
		.ids = { cmc_response_message(&response, BYTES_LITERAL("\x30\x00")) }, .count = 1
	};
	cmc_response_batch(&response, &list);
	EXPECT_OK(cmc_response_encode(&response, &got, &err), err);
	cmc_response_done(&response);
	assert_int_equal(got.len, wanted.len);
	assert_memory_equal(got.data, wanted.data, wanted.len);
}

TEST_MAIN(RUN(cmc_02_body_part_identifiers_are_unique_and_not_zero),
	  RUN(cmc_02_the_largest_identifier_is_taken), RUN(cmc_02_broken_sequences_are_refused),
	  RUN(cmc_02_every_cut_is_refused), RUN(cmc_02_a_control_has_one_value_and_is_there_once),
	  RUN(cmc_02_controls_are_known_by_their_number), RUN(cmc_02_lists_are_bounded),
	  RUN(cmc_03_malformed_revocations_are_refused), RUN(cmc_03_a_revocation_with_everything),
	  RUN(cmc_03_get_cert_names_a_directory_name),
	  RUN(cmc_03_malformed_questions_for_crls_are_refused), RUN(cmc_03_a_question_for_a_crl),
	  RUN(cmc_03_a_token_is_one_request), RUN(cmc_03_a_token_may_be_as_long_as_a_request),
	  RUN(cmc_03_a_batch_lists_each_part_once),
	  RUN(cmc_03_an_ra_s_witness_names_parts_of_this_message),
	  RUN(cmc_04_a_response_as_it_is_written))
