/* The URLs of RFC 7030 3.2.2, and those that look like them. */
#include "est/path.h"

#include "test.h"

#define LABEL_MAX 129

TEST(http_01_an_operation_with_and_without_a_label)
{
	struct est_path path;
	struct error err;

	EXPECT_OK(est_path_parse("/.well-known/est/cacerts", "", &path, &err), err);
	assert_string_equal(path.label, "");
	assert_int_equal(path.operation, EST_CACERTS);
	EXPECT_OK(est_path_parse("/.well-known/est/1.2.3/simpleenroll", "", &path, &err), err);
	assert_string_equal(path.label, "1.2.3");
	assert_int_equal(path.operation, EST_SIMPLEENROLL);
}

TEST(http_02_labels_of_several_segments_a_prefix_and_one_trailing_slash)
{
	struct est_path path;
	struct error err;

	EXPECT_OK(est_path_parse("/pki/.well-known/est/a/b/csrattrs/", "/pki", &path, &err), err);
	assert_string_equal(path.label, "a/b");
	assert_int_equal(path.operation, EST_CSRATTRS);
	EXPECT_OK(est_path_parse("/.well-known/est/a/cacerts", "/pki", &path, &err), err);
}

TEST(http_03_what_is_no_est_url_is_not_found)
{
	struct est_path path;
	struct error err;

	EXPECT_REFUSED(est_path_parse("/", "", &path, &err), err, REASON_UNKNOWN_OPERATION);
	EXPECT_REFUSED(est_path_parse("/.well-known/est", "", &path, &err), err,
		       REASON_UNKNOWN_OPERATION);
	EXPECT_REFUSED(est_path_parse("/.well-known/est/", "", &path, &err), err,
		       REASON_UNKNOWN_OPERATION);
	EXPECT_REFUSED(est_path_parse("/.well-known/est/a/CACERTS", "", &path, &err), err,
		       REASON_UNKNOWN_OPERATION);
	EXPECT_REFUSED(est_path_parse("//", "", &path, &err), err, REASON_UNKNOWN_OPERATION);
}

TEST(traps_11_a_url_that_ended_with_a_slash)
{
	static const struct {
		const char *text, *label;
	} rows[] = {
		{ "//.well-known/est/cacerts", "" },
		{ "/.well-known/est//cacerts", "" },
		{ "/.well-known//est/cacerts", "" },
		{ "/.well-known/est/a//cacerts", "a" },
		{ "/.well-known/est/a/cacerts//", "a" },
		{ "/a//.well-known/est/cacerts", "a" },
		{ "///a///b///.well-known///est///cacerts///", "a/b" },
		{ "/pki//.well-known/est/a/cacerts", "a" },
	};
	struct est_path path;
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		EXPECT_OK(est_path_parse(rows[i].text, "/pki", &path, &err), err);
		assert_string_equal(path.label, rows[i].label);
		assert_int_equal(path.operation, EST_CACERTS);
	}
}

TEST(traps_strongswan_appends_the_fixed_part_to_its_url)
{
	struct est_path path;
	struct error err;

	EXPECT_OK(est_path_parse("/demo/.well-known/est/cacerts", "", &path, &err), err);
	assert_string_equal(path.label, "demo");
	EXPECT_OK(est_path_parse("/.well-known/est/a/b/.well-known/est/simpleenroll", "", &path,
				 &err),
		  err);
	assert_string_equal(path.label, "a/b");
	assert_int_equal(path.operation, EST_SIMPLEENROLL);
	EXPECT_REFUSED(est_path_parse("/demo/.well-known/est/a/cacerts", "", &path, &err), err,
		       REASON_UNKNOWN_OPERATION);
}

TEST(ht_22_a_label_is_bounded)
{
	char url[700];
	struct est_path path;
	struct error err;

	snprintf(url, sizeof url, "/.well-known/est/%0*d/cacerts", LABEL_MAX, 1);
	EXPECT_OK(est_path_parse(url, "", &path, &err), err);
	snprintf(url, sizeof url, "/.well-known/est/%0*d/cacerts", LABEL_MAX + 1, 1);
	EXPECT_REFUSED(est_path_parse(url, "", &path, &err), err, REASON_UNKNOWN_LABEL);
	snprintf(url, sizeof url, "/.well-known/est/%0*d/cacerts", 600, 1);
	EXPECT_REFUSED(est_path_parse(url, "", &path, &err), err, REASON_UNKNOWN_LABEL);
	snprintf(url, sizeof url, "/.well-known/est/%0*d/cacerts", 350, 1);
	EXPECT_REFUSED(est_path_parse(url, "", &path, &err), err, REASON_UNKNOWN_LABEL);
}

TEST_MAIN(RUN(http_01_an_operation_with_and_without_a_label),
	  RUN(http_02_labels_of_several_segments_a_prefix_and_one_trailing_slash),
	  RUN(http_03_what_is_no_est_url_is_not_found), RUN(traps_11_a_url_that_ended_with_a_slash),
	  RUN(traps_strongswan_appends_the_fixed_part_to_its_url), RUN(ht_22_a_label_is_bounded))
