#include "test.h"

#include <string.h>

#include "est_client/url.h"

static struct error err;
static struct est_url url;

TEST(only_https_without_user_query_and_fragment)
{
	static const char *const refused[] = {
		"http://h/.well-known/est",
		"ftp://h/",
		"h/.well-known/est",
		"https://",
		"https:///x",
		"https://u@h/x",
		"https://u:p@h/x",
		"https://h/x?y",
		"https://h/x#y",
		"https://h:0/x",
		"https://h:65536/x",
		"https://h:/x",
		"https://h:12x/x",
		"https://h h/x",
		"https://h/x\r\ny",
		"https://[::1/x",
		"https://[::g]/x",
		"https://[::1]x/x",
		"https://h\\@evil/x",
		"",
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		EXPECT_REFUSED(est_url_parse(refused[i], &url, &err), err, REASON_INVALID);
}

TEST(a_url_is_read_and_written)
{
	static const struct {
		const char *text, *host, *again;
		unsigned int port;
	} cases[] = {
		{ "https://h.example/.well-known/est/demo/", "h.example",
		  "https://h.example/.well-known/est/demo/cacerts", 443 },
		{ "HTTPS://h.example:8443/est", "h.example", "https://h.example:8443/est/cacerts",
		  8443 },
		{ "https://[::1]:8443", "::1", "https://[::1]:8443/cacerts", 8443 },
		{ "https://192.0.2.1:443/a", "192.0.2.1", "https://192.0.2.1/a/cacerts", 443 },
	};
	char text[EST_URL_MAX];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		EXPECT_OK(est_url_parse(cases[i].text, &url, &err), err);
		assert_string_equal(url.host, cases[i].host);
		assert_int_equal(url.port, cases[i].port);
		EXPECT_OK(est_url_text(&url, "cacerts", text, sizeof text, &err), err);
		assert_string_equal(text, cases[i].again);
	}
}

TEST(a_url_that_is_too_long_is_refused)
{
	char text[2 * EST_URL_MAX];

	memset(text, 'a', sizeof text);
	memcpy(text, "https://h/", 10);
	text[sizeof text - 1] = '\0';
	EXPECT_REFUSED(est_url_parse(text, &url, &err), err, REASON_INVALID);
}

/* CB-04 (a), HTTP-10 */
TEST(cb_04_a_redirect_never_leaves_its_origin)
{
	static const char *const refused[] = {
		"https://evil.example/x",
		"https://h.example:8444/x",
		"https://h.example/x",
		"http://h.example:8443/x",
		"//evil.example/x",
		"",
		"x",
		"/x?y",
		"https://h.example.evil:8443/",
		"https://u@h.example:8443/x",
		"/x\r\nHost: y",
		"javascript:x",
	};
	struct est_url from, to;

	EXPECT_OK(est_url_parse("https://h.example:8443/a", &from, &err), err);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		EXPECT_REFUSED(est_url_follow(&from, refused[i], &to, &err), err,
			       REASON_REDIRECT_REFUSED);
	EXPECT_OK(est_url_follow(&from, "/b/c", &to, &err), err);
	assert_string_equal(to.path, "/b/c");
	EXPECT_OK(est_url_follow(&from, "https://H.EXAMPLE:8443/d", &to, &err), err);
	assert_string_equal(to.path, "/d");
}

TEST_MAIN(RUN(only_https_without_user_query_and_fragment), RUN(a_url_is_read_and_written),
	  RUN(a_url_that_is_too_long_is_refused), RUN(cb_04_a_redirect_never_leaves_its_origin))
