/* The file of bestow-ra: its sections, and what must fit together in them. */
#include "test.h"

#include <string.h>

#include "config/config.h"

#define FILE_NAME "/etc/bestow-ra/bestow-ra.conf"
#define EST "[est]\ncertificate = tls.crt\nprivate_key = tls.key\n"
#define UPSTREAM                                                                                   \
	"[upstream main]\nurl = https://pki.example\nanchors = a.pem\nuser = site\n"               \
	"passphrase_file = p\n"
#define PROFILE                                                                                    \
	"[profile x]\nupstream = main\nlabel = x\nallow = 192.0.2.1\nclient_anchors = d.pem\n"
#define WHOLE EST UPSTREAM PROFILE

static struct error err;

static void expect_problem(const char *text, const char *expected)
{
	CLEANUP(config_problems_done) struct config_problems problems = { 0 };
	CLEANUP(buffer_done) struct buffer printed = { 0 };
	struct config *config = NULL;

	EXPECT_REFUSED(
		config_parse(CONFIG_RA, FILE_NAME, bytes_of_string(text), &config, &problems, &err),
		err, REASON_CONFIG);
	config_problems_print(&problems, &printed);
	if (!strstr(buffer_cstring(&printed), expected))
		fail_msg("\"%s\" gives \"%s\"; wanted \"%s\"", text, buffer_cstring(&printed),
			 expected);
}

static struct config *parse(enum config_dialect dialect, const char *text)
{
	CLEANUP(config_problems_done) struct config_problems problems = { 0 };
	struct config *config = NULL;

	EXPECT_OK(config_parse(dialect, FILE_NAME, bytes_of_string(text), &config, &problems, &err),
		  err);
	return config;
}

TEST(a_key_of_bestowd_alone_is_unknown_here)
{
	expect_problem("[node]\nstate_dir = /x\n",
		       FILE_NAME ":2:1: state_dir: there is no such key");
	expect_problem("[va]\nurl = http://x\n",
		       "stands in [va]; there are [node], [est], "
		       "[metrics], [listener NAME], [upstream NAME] and [profile");
	expect_problem("[token]\nmodule = x\n", "stands in [token]");
}

TEST(a_misspelt_key_is_named)
{
	expect_problem("[upstream main]\nanchor = a.pem\n",
		       FILE_NAME ":2:1: anchor: there is no such key in [upstream main]; did you "
				 "mean anchors?");
	expect_problem("[profile x]\nrefresh = 1s\n", "it belongs to [upstream NAME]");
	expect_problem("[profile x y]\nlabel = x\n", "letters, digits, _ and - only");
	expect_problem("[profile x!]\nlabel = x\n", "letters, digits, _ and - only");
}

TEST(an_upstream_needs_who_it_is_and_who_asks)
{
	expect_problem(EST PROFILE
		       "[upstream main]\nurl = https://x\nuser = a\npassphrase_file = p\n",
		       "needs anchors");
	expect_problem(EST PROFILE "[upstream main]\nanchors = a\nuser = a\npassphrase_file = p\n",
		       "needs url");
	expect_problem(EST PROFILE "[upstream main]\nurl = https://x\nanchors = a\n",
		       "nobody lets a stranger speak");
	expect_problem(EST PROFILE
		       "[upstream main]\nurl = https://x\nanchors = a\ncertificate = c\n",
		       ":12:15: certificate: [upstream main] needs certificate and private_key, or "
		       "neither");
	expect_problem(EST PROFILE "[upstream main]\nurl = http://x\nanchors = a\nuser = a\n",
		       "url: ");
}

TEST(a_profile_needs_what_lets_devices_in)
{
	expect_problem(EST UPSTREAM "[profile x]\nupstream = main\nlabel = x\nclient_anchors = d\n",
		       "needs allow");
	expect_problem(EST UPSTREAM "[profile x]\nupstream = other\nlabel = x\nallow = 192.0.2.1\n",
		       "needs upstream, the name of an [upstream NAME]");
	expect_problem(EST UPSTREAM "[profile x]\nupstream = main\nlabel = x\nallow = 192.0.2.1\n",
		       "needs client_anchors");
	expect_problem(WHOLE "auth = either\n", "needs passphrase_file");
	expect_problem(EST UPSTREAM
		       "[profile x]\nupstream = main\nallow = 192.0.2.1\nclient_anchors = d\n",
		       "needs a label, or default = yes");
	expect_problem(WHOLE "[profile y]\nupstream = main\nlabel = x\nallow = 192.0.2.1\n"
			     "client_anchors = d\n",
		       "has a label that is listed twice");
	expect_problem(WHOLE "label = a b\n", "' ' in a label");
	expect_problem(EST UPSTREAM, "there is no [profile NAME]");
	expect_problem(UPSTREAM PROFILE, "a proxy makes no identity");
}

TEST(ra_06_a_proxy_does_not_ask_itself)
{
	expect_problem(EST "listen = 127.0.0.1:8443\n" PROFILE
			   "[upstream main]\nurl = https://127.0.0.1:8443\nanchors = a\nuser = a\n"
			   "passphrase_file = p\n",
		       "https://127.0.0.1:8443 is this proxy's own address");
}

TEST(its_listeners_take_a_field_that_names_clients_as_a_nodes_do)
{
	expect_problem(WHOLE "[metrics]\nlisten = 127.0.0.1:1\nforwarded_header = forwarded\n",
		       ":16:20: forwarded_header: needs trusted_proxies");
	CLEANUP(config_freep)
	struct config *config =
		parse(CONFIG_RA, EST "forwarded_header = x-forwarded-for\n"
				     "trusted_proxies = 192.0.2.1\n" UPSTREAM PROFILE);
	assert_int_equal(config->listeners[0].forwarded_header, CONFIG_FORWARDED_X_FORWARDED_FOR);
}

TEST(defaults_are_each_sections_own)
{
	CLEANUP(config_freep)
	struct config *config = parse(CONFIG_RA, WHOLE "[profile y]\nupstream = main\n"
						       "default = yes\nallow = 192.0.2.1\n"
						       "auth = passphrase\npassphrase_file = /p\n");

	assert_int_equal(config->upstream_count, 1);
	assert_int_equal(config->profile_count, 2);
	assert_string_equal(config->upstreams[0].anchors, "/etc/bestow-ra/a.pem");
	assert_int_equal(config->upstreams[0].timeout_ms, 20000);
	assert_int_equal(config->node.workers, 16);
	assert_int_equal(config->profiles[0].auth, CONFIG_AUTH_CERTIFICATE);
	assert_int_equal(config->profiles[1].auth, CONFIG_AUTH_PASSPHRASE);
	assert_false(config->profiles[0].is_default);
	assert_true(config->profiles[1].is_default);
	assert_null(config->node.state_dir);
}

TEST(what_is_printed_says_the_same_again)
{
	CLEANUP(config_freep) struct config *config = parse(CONFIG_RA, WHOLE);
	CLEANUP(buffer_done) struct buffer printed = { 0 };

	config_print(config, &printed);
	CLEANUP(config_freep) struct config *again = parse(CONFIG_RA, buffer_cstring(&printed));
	assert_string_equal(again->profiles[0].labels.texts[0], "x");
	assert_string_equal(again->upstreams[0].url, "https://pki.example");
}

TEST(bestowd_knows_no_upstream)
{
	CLEANUP(config_problems_done) struct config_problems problems = { 0 };
	struct config *config = NULL;

	EXPECT_REFUSED(config_parse(CONFIG_BESTOWD, FILE_NAME, BYTES_LITERAL(UPSTREAM), &config,
				    &problems, &err),
		       err, REASON_CONFIG);
}

TEST_MAIN(RUN(a_key_of_bestowd_alone_is_unknown_here), RUN(a_misspelt_key_is_named),
	  RUN(an_upstream_needs_who_it_is_and_who_asks), RUN(a_profile_needs_what_lets_devices_in),
	  RUN(ra_06_a_proxy_does_not_ask_itself),
	  RUN(its_listeners_take_a_field_that_names_clients_as_a_nodes_do),
	  RUN(defaults_are_each_sections_own), RUN(what_is_printed_says_the_same_again),
	  RUN(bestowd_knows_no_upstream))
