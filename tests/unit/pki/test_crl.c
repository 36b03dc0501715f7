#include "test.h"

#include "openssl_x509v3.h"

#include "pki/crl_parse.h"
#include "pki/tbs.h"
#include "sample.h"

#define NOW 1800000000

static struct crl_head a_head(void)
{

	return (struct crl_head){
		.signature_algorithm = SIGN_ECDSA_SHA256,
		.issuer = BYTES_LITERAL("\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02"
					"DE"),
		.authority_key_id = BYTES_LITERAL("01234567890123456789"),
		.this_update = NOW,
		.next_update = NOW + 86400,
		.number = 0x1122334455,
		.base_number = -1,
	};
}

static X509_CRL *sign(const struct crl_head *head, struct bytes entries)
{
	CLEANUP(private_key_freep) struct private_key *key = sample_key(KEY_P256);
	CLEANUP(buffer_done) struct buffer tbs = { 0 };
	CLEANUP(buffer_done) struct buffer signature = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };

	EXPECT_OK(crl_tbs_encode(head, entries, &tbs, &err), err);
	EXPECT_OK(private_key_sign(key, SIGN_ECDSA_SHA256, buffer_view(&tbs), &signature, &err),
		  err);
	EXPECT_OK(tbs_sign_result(buffer_view(&tbs), SIGN_ECDSA_SHA256, buffer_view(&signature),
				  &der, &err),
		  err);
	const unsigned char *at = der.data;
	X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)der.len);
	assert_non_null(crl);
	assert_ptr_equal(at, der.data + der.len);
	/* what OpenSSL would write is what we wrote: it is DER */
	unsigned char *again = NULL;
	assert_int_equal(i2d_X509_CRL(crl, &again), der.len);
	assert_memory_equal(again, der.data, der.len);
	OPENSSL_free(again);
	return crl;
}

TEST(without_issuer_key_or_algorithm_there_is_no_crl)
{
	CLEANUP(buffer_done) struct buffer tbs = { 0 };
	struct crl_head head = a_head();
	struct error err = { 0 };

	head.authority_key_id.len = 0;
	EXPECT_REFUSED(crl_tbs_encode(&head, (struct bytes){ 0 }, &tbs, &err), err,
		       REASON_INTERNAL);
	head = a_head();
	head.signature_algorithm = SIGN_COUNT;
	EXPECT_REFUSED(crl_tbs_encode(&head, (struct bytes){ 0 }, &tbs, &err), err,
		       REASON_INTERNAL);
	head = a_head();
	head.next_update = INT64_C(1) << 50;
	EXPECT_REFUSED(crl_tbs_encode(&head, (struct bytes){ 0 }, &tbs, &err), err,
		       REASON_NO_MEMORY);
}

TEST(cr_06_an_empty_list_is_left_out)
{
	struct crl_head head = a_head();
	X509_CRL *crl = sign(&head, (struct bytes){ 0 });

	assert_null(X509_CRL_get_REVOKED(crl));
	assert_int_equal(X509_CRL_get_version(crl), 1);
	ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	uint64_t value = 0;
	assert_int_equal(ASN1_INTEGER_get_uint64(&value, number), 1);
	assert_int_equal(value, 0x1122334455);
	ASN1_INTEGER_free(number);
	assert_int_equal(X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1), -1);
	X509_CRL_free(crl);
}

TEST(cr_06_entries_say_why_and_since_when)
{
	CLEANUP(buffer_done) struct buffer entries = { 0 };
	struct crl_head head = a_head();
	const struct crl_entry lines[] = {
		{ BYTES_LITERAL("\x11"), NOW - 10, CRL_REASON_UNSPECIFIED, 0 },
		{ BYTES_LITERAL("\x22"), NOW - 20, 1, NOW - 100 },
		{ BYTES_LITERAL("\x33"), NOW - 30, 0, -1000000000 },
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		crl_entry_encode(&lines[i], &entries);
	X509_CRL *crl = sign(&head, buffer_view(&entries));
	STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(crl);
	assert_int_equal(sk_X509_REVOKED_num(revoked), 3);
	assert_int_equal(X509_REVOKED_get_ext_count(sk_X509_REVOKED_value(revoked, 0)), 0);
	ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(sk_X509_REVOKED_value(revoked, 1),
							   NID_crl_reason, NULL, NULL);
	assert_int_equal(ASN1_ENUMERATED_get(reason), 1);
	ASN1_ENUMERATED_free(reason);
	ASN1_GENERALIZEDTIME *since = X509_REVOKED_get_ext_d2i(sk_X509_REVOKED_value(revoked, 2),
							       NID_invalidity_date, NULL, NULL);
	assert_string_equal((const char *)ASN1_STRING_get0_data(since), "19380424221320Z");
	ASN1_GENERALIZEDTIME_free(since);
	X509_CRL_free(crl);
}

TEST(a_delta_says_so_critically_and_a_full_one_where_deltas_are)
{
	struct crl_head head = a_head();

	head.base_number = 7;
	X509_CRL *crl = sign(&head, (struct bytes){ 0 });
	int at = X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1);
	assert_true(at >= 0);
	assert_int_equal(X509_EXTENSION_get_critical(X509_CRL_get_ext(crl, at)), 1);
	X509_CRL_free(crl);

	head = a_head();
	head.freshest_uri = "http://pki.example/crl/x-delta.crl";
	crl = sign(&head, (struct bytes){ 0 });
	CRL_DIST_POINTS *points = X509_CRL_get_ext_d2i(crl, NID_freshest_crl, NULL, NULL);
	assert_int_equal(sk_DIST_POINT_num(points), 1);
	CRL_DIST_POINTS_free(points);
	X509_CRL_free(crl);
}

/* -- reading -- */

static struct buffer a_signed_list(struct bytes entries)
{
	CLEANUP(private_key_freep) struct private_key *key = sample_key(KEY_P256);
	CLEANUP(buffer_done) struct buffer tbs = { 0 };
	CLEANUP(buffer_done) struct buffer signature = { 0 };
	struct crl_head head = a_head();
	struct buffer der = { 0 };
	struct error err = { 0 };

	EXPECT_OK(crl_tbs_encode(&head, entries, &tbs, &err), err);
	EXPECT_OK(private_key_sign(key, SIGN_ECDSA_SHA256, buffer_view(&tbs), &signature, &err),
		  err);
	EXPECT_OK(tbs_sign_result(buffer_view(&tbs), SIGN_ECDSA_SHA256, buffer_view(&signature),
				  &der, &err),
		  err);
	return der;
}

static void refuse_entry(struct bytes entry, const char *words)
{
	struct crl_entry read;
	struct error err = { 0 };

	EXPECT_REFUSED(crl_list_next(&entry, &read, &err), err, REASON_IMPORT_MALFORMED);
	assert_non_null(strstr(err.detail, words));
}

#define DATE                                                                                       \
	"\x17\x0d"                                                                                 \
	"261101000000Z"

TEST(ft_11_entries_that_are_not_understood_are_refused)
{
	refuse_entry(BYTES_LITERAL("\x30\x00"), "malformed CRL entry");
	refuse_entry(BYTES_LITERAL("\x30\x11\x02\x00" DATE), "serial");
	refuse_entry(BYTES_LITERAL("\x30\x13\x02\x01\x05" DATE "\x05"), "malformed");
	/* reason 7, which is not used, and 11, which there is not */
	refuse_entry(BYTES_LITERAL("\x30\x20\x02\x01\x05" DATE
				   "\x30\x0c\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x07"),
		     "reasonCode");
	refuse_entry(BYTES_LITERAL("\x30\x20\x02\x01\x05" DATE
				   "\x30\x0c\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x0b"),
		     "reasonCode");
	/* certificateIssuer, critical: another CA's certificate */
	refuse_entry(BYTES_LITERAL("\x30\x22\x02\x01\x05" DATE
				   "\x30\x0e\x30\x0c\x06\x03\x55\x1d\x1d\x01\x01\xff\x04\x02"
				   "\x30\x00"),
		     "critical");
}

TEST(ft_11_what_was_written_is_read)
{
	const struct crl_entry entries[] = {
		{ BYTES_LITERAL("\x01\x02"), NOW - 5, CRL_REASON_UNSPECIFIED, 0 },
		{ BYTES_LITERAL("\x7f"), NOW - 6, 1, NOW - 100 },
		{ BYTES_LITERAL("\x00\x80"), NOW - 7, 6, 0 },
	};
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct crl_list list = { 0 };
	struct crl_entry read = { 0 };
	struct error err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(entries); i++)
		crl_entry_encode(&entries[i], &text);
	CLEANUP(buffer_done) struct buffer der = a_signed_list(buffer_view(&text));
	EXPECT_OK(crl_list_parse(buffer_view(&der), &list, &err), err);
	assert_int_equal(list.this_update, NOW);
	assert_int_equal(list.algorithm, SIGN_ECDSA_SHA256);
	for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
		EXPECT_OK(crl_list_next(&list.entries, &read, &err), err);
		assert_true(bytes_equal(read.serial, entries[i].serial));
		assert_int_equal(read.date, entries[i].date);
		assert_int_equal(read.reason, entries[i].reason);
		assert_int_equal(read.invalidity_date, entries[i].invalidity_date);
	}
	assert_int_equal(list.entries.len, 0);
}

TEST(ft_11_a_list_that_is_cut_or_continued_is_refused)
{
	CLEANUP(buffer_done) struct buffer der = a_signed_list((struct bytes){ 0 });
	struct crl_list list;
	struct error err = { 0 };

	EXPECT_OK(crl_list_parse(buffer_view(&der), &list, &err), err);
	assert_int_equal(list.entries.len, 0);
	for (size_t len = 0; len < der.len; len++) {
		unsigned char *cut = malloc(len + 1);

		memcpy(cut, der.data, len);
		EXPECT_REFUSED(crl_list_parse((struct bytes){ cut, len }, &list, &err), err,
			       REASON_IMPORT_MALFORMED);
		free(cut);
	}
	buffer_append_byte(&der, 0);
	EXPECT_REFUSED(crl_list_parse(buffer_view(&der), &list, &err), err,
		       REASON_IMPORT_MALFORMED);
}

TEST_MAIN(RUN(without_issuer_key_or_algorithm_there_is_no_crl),
	  RUN(cr_06_an_empty_list_is_left_out), RUN(cr_06_entries_say_why_and_since_when),
	  RUN(a_delta_says_so_critically_and_a_full_one_where_deltas_are),
	  RUN(ft_11_entries_that_are_not_understood_are_refused),
	  RUN(ft_11_what_was_written_is_read),
	  RUN(ft_11_a_list_that_is_cut_or_continued_is_refused))
