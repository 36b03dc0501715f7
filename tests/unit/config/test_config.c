#include "test.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "config/config.h"

#define FILE_NAME "/etc/bestowd/bestowd.conf"

static struct error err;

/* The problems as they are printed; the text must be refused. */
static const char *problems_of(const char *text, char *into, size_t size)
{
	CLEANUP(config_problems_done) struct config_problems problems = { 0 };
	CLEANUP(buffer_done) struct buffer printed = { 0 };
	struct config *config = NULL;

	EXPECT_REFUSED(config_parse(CONFIG_BESTOWD, FILE_NAME, bytes_of_string(text), &config,
				    &problems, &err),
		       err, REASON_CONFIG);
	assert_null(config);
	config_problems_print(&problems, &printed);
	snprintf(into, size, "%s", buffer_cstring(&printed));
	return into;
}

static void expect_problem(const char *text, const char *expected)
{
	char problems[4096];

	if (!strstr(problems_of(text, problems, sizeof problems), expected))
		fail_msg("\"%s\" gives \"%s\"; wanted \"%s\"", text, problems, expected);
}

static struct config *parse(const char *text)
{
	CLEANUP(config_problems_done) struct config_problems problems = { 0 };
	struct config *config = NULL;

	EXPECT_OK(config_parse(CONFIG_BESTOWD, FILE_NAME, bytes_of_string(text), &config, &problems,
			       &err),
		  err);
	return config;
}

TEST(an_unknown_key_is_refused_and_the_nearest_named)
{
	expect_problem("[est]\nlisen = 0.0.0.0:8443\n", FILE_NAME
		       ":2:1: lisen: there is no such key in [est]; did you mean listen?");
	expect_problem("[node]\n  nonsense = 1\n",
		       FILE_NAME ":2:3: nonsense: there is no such key in [node]\n");
	expect_problem("[node]\nlisten = 0.0.0.0:1\n",
		       "it belongs to [est], [va], [admin], [metrics] and [listener NAME]");
	expect_problem("[listener a]\nlisten = 0.0.0.0:1\ntls_min = 1.3\n", "it belongs to [est]");
}

TEST(an_unknown_section_is_refused)
{
	expect_problem("[nod]\nedges = 1\n", "stands in [nod]");
	expect_problem("[listener]\nlisten = 0.0.0.0:1\n", "stands in [listener]");
	expect_problem("[listener  a]\nlisten = 0.0.0.0:1\n", "stands in [listener  a]");
	expect_problem("edges = 1\n", "stands before the first [section]");
}

TEST(every_problem_is_told_with_its_place)
{
	char problems[4096];

	problems_of("[node]\nedges = many\nworkers=0\nnonsense\n[est\n", problems, sizeof problems);
	assert_non_null(strstr(problems, FILE_NAME ":2:9: edges: \"many\" is not a number\n"));
	assert_non_null(strstr(problems, FILE_NAME ":3:9: workers: 0 is not from 1 to 256\n"));
	assert_non_null(strstr(problems, FILE_NAME ":4:1: neither [section] nor key = value\n"));
	assert_non_null(strstr(problems, FILE_NAME ":5:1: a section ends in ]\n"));
}

TEST(a_token_needs_a_label_and_a_pin)
{
	expect_problem("[token]\nmodule = /x.so\npin_file = pin\n", "module: needs label");
	expect_problem("[token]\nmodule = /x.so\nlabel = a\n", "module: needs pin_file");
	expect_problem("[token]\nlabel = a\n", "label: has no effect without module");
	expect_problem("[token]\nlabel = 123456789012345678901234567890123\n",
		       "a token's label has at most 32 octets");
	expect_problem("[token]\nsessions = 0\n", "sessions: 0 is not from 1 to 64");

	CLEANUP(config_freep)
	struct config *config =
		parse("[token]\nmodule = /x.so\nlabel = my token\npin_file = prompt\n");
	assert_string_equal(config->token.label, "my token");
	assert_string_equal(config->token.pin_file, SECRET_PROMPT);
	assert_int_equal(config->token.sessions, 4);
	assert_false(config->token.network);
}

TEST(a_credential_is_a_file_that_systemd_names)
{
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	expect_problem("[node]\nkey_passphrase_file = credential:ca-pass\n",
		       "key_passphrase_file: there are no credentials");
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "/run/credentials/bestowd", 1), 0);
	expect_problem("[node]\nkey_passphrase_file = credential:../shadow\n",
		       "is no credential's name");
	expect_problem("[node]\nkey_passphrase_file = credential:\n", "is no credential's name");

	CLEANUP(config_freep)
	struct config *config = parse("[node]\nkey_passphrase_file = credential:ca-pass\n");
	assert_string_equal(config->node.key_passphrase_file, "/run/credentials/bestowd/ca-pass");
	(void)unsetenv("CREDENTIALS_DIRECTORY");
}

TEST(a_key_set_twice_is_refused)
{
	expect_problem("[node]\nedges = 1\n\nedges = 2\n", ":4:9: edges: is already set in line 2");
}

TEST(lines_that_inih_would_read_otherwise_are_refused)
{
	char text[400] = "[node]\nuser = ";

	expect_problem("[node]\nuser: root\n", "neither [section] nor key = value");
	expect_problem("[node]\nuser:x = root\n", "letters, digits and _");
	memset(text + strlen(text), 'a', 300);
	expect_problem(text, ":2:1: the line is too long");
	expect_problem("[node]\n= 3\n", "a value without a key");
	expect_problem("[node] x\n", "text after the section");
}

TEST(an_indented_line_does_not_continue_the_one_before)
{
	CLEANUP(config_freep)
	struct config *config = parse("\xef\xbb\xbf[node]\nuser = a\n   edges = 3\n");

	assert_string_equal(config->node.user, "a");
	assert_int_equal(config->node.edges, 3);
}

TEST(a_nul_in_the_file_is_refused)
{
	static const char text[] = "[node]\nuser = a\0b\n";
	CLEANUP(config_problems_done) struct config_problems problems = { 0 };
	struct config *config;

	EXPECT_REFUSED(config_parse(CONFIG_BESTOWD, FILE_NAME, BYTES_LITERAL(text), &config,
				    &problems, &err),
		       err, REASON_CONFIG);
}

TEST(values_out_of_their_type_are_refused)
{
	static const char *const lines[] = {
		"[node]\nedges = -1",
		"[node]\nedges = 1.5",
		"[node]\nedges = 99999999999999999999",
		"[node]\nworkers = auto",
		"[node]\nlog_level = loud",
		"[node]\nrequire_lockdown = true",
		"[node]\nuser = a b",
		"[node]\nuser = ../x",
		"[node]\nstate_dir =",
		"[node]\nest_url = http://h",
		"[node]\nest_url = https://",
		"[node]\nest_url = https://h/",
		"[node]\nest_url = https://h h",
		"[est]\ntls_min = 1.1",
		"[est]\nbase_path = pki",
		"[est]\nbase_path = /",
		"[est]\nbase_path = /pki/",
		"[est]\nbase_path = /a//b",
		"[est]\nbase_path = /a/../b",
		"[est]\nbase_path = /a%20b",
		"[est]\nhead_max = 8q",
		"[est]\nhead_max = 1",
		"[est]\nbody_max = 2m",
		"[est]\nbody_max = 18446744073709551615m",
		"[est]\nhandshake_timeout = 0",
		"[est]\nidle_timeout = 2d",
		"[est]\nrequest_timeout = soon",
		"[est]\nconnections_max = 0",
		"[listener a/b]\nlisten = 0.0.0.0:1",
		"[listener a]\nproxy_protocol = no",
	};
	char problems[4096];

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		problems_of(lines[i], problems, sizeof problems);
}

TEST(addresses_to_listen_on_are_strict)
{
	static const char *const values[] = {
		"8443",          ":8443",      "0.0.0.0",       "0.0.0.0:",    "0.0.0.0:0",
		"0.0.0.0:65536", "0.0.0.0:-1", "0.0.0.0:8443x", "localhost:1", "::1:8443",
		"[::1]8443",     "[::1]",      "[0.0.0.0]:1",   "[::1:8443",   "[fe80::1%eth0]:1",
		"010.0.0.1:1",   "",
	};
	char text[128];

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		snprintf(text, sizeof text, "[est]\nlisten = %s\n", values[i]);
		expect_problem(text, "is not address:port");
	}
	expect_problem("[est]\nlisten = 0.0.0.0:1\nlisten = 0.0.0.0:1\n", "listed twice");
	expect_problem("[listener b]\nlisten = [::1]:1\nlisten=[0:0:0:0:0:0:0:1]:1\n",
		       "[::1]:1 is listed twice");
}

TEST(proxies_and_their_protocol_come_together)
{
	expect_problem("[est]\nproxy_protocol = yes\n", "needs trusted_proxies");
	expect_problem("[est]\ntrusted_proxies = 192.0.2.1\n", "has no effect without");
	expect_problem("[est]\nproxy_protocol = yes\ntrusted_proxies = 192.0.2.0/24\n",
		       "trusted_proxies: ");
}

TEST(a_field_that_names_clients_needs_proxies_to_believe_and_no_second_witness)
{
	expect_problem("[est]\nforwarded_header = x-forwarded-for\n",
		       ":2:20: forwarded_header: needs trusted_proxies");
	expect_problem("[va]\nlisten = 0.0.0.0:1\nforwarded_header = forwarded\n",
		       ":3:20: forwarded_header: needs trusted_proxies");
	expect_problem("[est]\nforwarded_header = none\ntrusted_proxies = 192.0.2.1\n",
		       ":3:19: trusted_proxies: has no effect without");
	expect_problem("[admin]\nlisten = 0.0.0.0:1\nforwarded_header = forwarded\n"
		       "proxy_protocol = yes\ntrusted_proxies = 192.0.2.1\n",
		       ":3:20: forwarded_header: cannot stand beside proxy_protocol");
	expect_problem("[est]\nforwarded_header = x-real-ip\n", ":2:20: forwarded_header: ");
}

TEST(every_listener_may_have_a_field_that_names_clients)
{
	CLEANUP(config_freep)
	struct config *config = parse("[est]\nforwarded_header = x-forwarded-for\n"
				      "trusted_proxies = 192.0.2.1\n"
				      "[va]\nlisten = 0.0.0.0:1\nforwarded_header = forwarded\n"
				      "trusted_proxies = 192.0.2.2\n"
				      "[admin]\nlisten = 0.0.0.0:2\nforwarded_header = none\n"
				      "[listener a]\nlisten = 0.0.0.0:3\n");
	static const enum config_forwarded headers[] = {
		CONFIG_FORWARDED_X_FORWARDED_FOR,
		CONFIG_FORWARDED_RFC7239,
		CONFIG_FORWARDED_NONE,
		CONFIG_FORWARDED_NONE,
	};

	assert_int_equal(config->listener_count, ARRAY_LEN(headers));
	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		assert_int_equal(config->listeners[i].forwarded_header, headers[i]);
}

TEST(certificate_and_key_come_together)
{
	expect_problem("[est]\ncertificate = tls.crt\n", "private_key must be one");
	expect_problem("[est]\nprivate_key = tls.key\n", "certificate must be one");
}

TEST(an_empty_file_is_a_sound_configuration)
{
	CLEANUP(config_freep) struct config *config = parse("");
	const struct config_listener *listener = &config->listeners[0];

	assert_string_equal(config->node.state_dir, "/var/lib/bestowd");
	assert_int_equal(config->node.edges, 0);
	assert_int_equal(config->node.workers, 4);
	assert_true(config->node.require_lockdown);
	assert_null(config->node.user);
	assert_null(config->est.certificate);
	assert_int_equal(config->est.tls_min, 12);
	assert_int_equal(config->est.head_max, 8192);
	assert_int_equal(config->est.handshake_ms, 10000);
	assert_int_equal(config->listener_count, 1);
	assert_int_equal(listener->listen_count, 2);
	assert_true(listener->listens_by_default);
	assert_string_equal(listener->listens[0].text, "0.0.0.0:8443");
	assert_string_equal(listener->listens[1].text, "[::]:8443");
}

TEST(values_are_taken_as_written)
{
	CLEANUP(config_freep)
	struct config *config = parse("# the node\n"
				      "[node]\n"
				      "state_dir = state ; beside the file\n"
				      "edges = 4\n"
				      "log_format = json\n"
				      "require_lockdown = no\n"
				      "[listener inner]\n"
				      "listen = [2001:db8::1]:443\n"
				      "proxy_protocol = yes\n"
				      "trusted_proxies = 192.0.2.1, cidr 198.51.100.0/24\n"
				      "trusted_proxies = 2001:db8::/32\n"
				      "[est]\n"
				      "listen = 192.0.2.7:8443\r\n"
				      "certificate = /etc/tls.crt\n"
				      "private_key = tls.key\n"
				      "tls_min = 1.3\n"
				      "base_path = /pki\n"
				      "body_max = 128k\n"
				      "idle_timeout = 2m\n");
	const struct config_listener *inner = &config->listeners[1];
	const struct sockaddr_in *v4 =
		(const struct sockaddr_in *)&config->listeners[0].listens[0].address;
	struct address inside;

	assert_string_equal(config->node.state_dir, "/etc/bestowd/state");
	assert_int_equal(config->node.edges, 4);
	assert_int_equal(config->node.log_format, LOG_FORMAT_JSON);
	assert_false(config->node.require_lockdown);
	assert_string_equal(config->est.certificate, "/etc/tls.crt");
	assert_string_equal(config->est.private_key, "/etc/bestowd/tls.key");
	assert_int_equal(config->est.tls_min, 13);
	assert_string_equal(config->est.base_path, "/pki");
	assert_int_equal(config->est.body_max, 131072);
	assert_int_equal(config->est.idle_ms, 120000);
	assert_int_equal(config->listener_count, 2);
	assert_int_equal(config->listeners[0].listen_count, 1);
	assert_false(config->listeners[0].listens_by_default);
	assert_int_equal(v4->sin_family, AF_INET);
	assert_int_equal(ntohs(v4->sin_port), 8443);
	assert_int_equal(ntohl(v4->sin_addr.s_addr), 0xc0000207);
	assert_string_equal(inner->name, "inner");
	assert_int_equal(inner->listens[0].address.ss_family, AF_INET6);
	assert_int_equal(inner->trusted_proxies.count, 3);
	EXPECT_OK(address_parse("198.51.100.77", &inside, &err), err);
	assert_true(address_set_holds(&inner->trusted_proxies, &inside));
}

TEST(every_section_is_printed)
{
	static const char *const lines[] = {
		"[va]\n",    "listen = 127.0.0.1:2  ; ", "crl_validity = 7d  ; default\n",
		"[admin]\n", "listen = 127.0.0.1:3  ; ", "[metrics]\nlisten = 127.0.0.1:4  ; ",
		"[token]\n", "sessions = 2  ; ",
	};
	CLEANUP(config_freep)
	struct config *config = parse("[va]\nlisten = 127.0.0.1:2\n[admin]\nlisten = 127.0.0.1:3\n"
				      "[metrics]\nlisten = 127.0.0.1:4\n[token]\nsessions = 2\n");
	CLEANUP(buffer_done) struct buffer text = { 0 };

	config_print(config, &text);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (!strstr(buffer_cstring(&text), lines[i]))
			fail_msg("there is no \"%s\" in\n%s", lines[i], buffer_cstring(&text));
	CLEANUP(config_freep) struct config *again = parse(buffer_cstring(&text));
	assert_int_equal(again->listener_count, config->listener_count);
	assert_int_equal(again->token.sessions, 2);
}

TEST(what_is_printed_reads_back_as_the_same)
{
	CLEANUP(config_freep)
	struct config *config = parse("[node]\nedges = 4\n[listener b]\nlisten = 127.0.0.1:1\n");
	CLEANUP(buffer_done) struct buffer first = { 0 };
	CLEANUP(buffer_done) struct buffer second = { 0 };

	config_print(config, &first);
	assert_non_null(strstr(buffer_cstring(&first), "edges = 4  ; " FILE_NAME ":2\n"));
	assert_non_null(strstr(buffer_cstring(&first), "workers = 4  ; default\n"));
	CLEANUP(config_freep) struct config *again = parse(buffer_cstring(&first));
	assert_int_equal(again->node.edges, 4);
	config_print(again, &second);
	CLEANUP(config_freep) struct config *third = parse(buffer_cstring(&second));
	assert_string_equal(third->listeners[1].listens[0].text, "127.0.0.1:1");
	assert_int_equal(third->setting_count, again->setting_count);
}

/* -- files -- */

struct folder {
	char path[64], file[96], extra_folder[96], extra[128];
};

static void write_file(const char *path, const char *text)
{
	EXPECT_OK(file_save(path, bytes_of_string(text), 0600, &err), err);
}

static void make_folder(struct folder *folder)
{
	snprintf(folder->path, sizeof folder->path, "/tmp/test-config-XXXXXX");
	assert_non_null(mkdtemp(folder->path));
	snprintf(folder->file, sizeof folder->file, "%s/bestowd.conf", folder->path);
	snprintf(folder->extra_folder, sizeof folder->extra_folder, "%s/conf.d", folder->path);
	snprintf(folder->extra, sizeof folder->extra, "%s/10-x.conf", folder->extra_folder);
	assert_int_equal(mkdir(folder->extra_folder, 0700), 0);
}

static void remove_folder(struct folder *folder)
{
	unlink(folder->extra);
	rmdir(folder->extra_folder);
	unlink(folder->file);
	rmdir(folder->path);
}

TEST(a_missing_file_is_refused_with_its_name)
{
	CLEANUP(config_problems_done) struct config_problems problems = { 0 };
	struct config *config;

	EXPECT_REFUSED(
		config_load(CONFIG_BESTOWD, "/nonexistent/bestowd.conf", &config, &problems, &err),
		err, REASON_CONFIG);
	assert_non_null(strstr(err.detail, "/nonexistent/bestowd.conf"));
}

TEST(a_file_of_conf_d_overrides_the_main_one)
{
	CLEANUP(remove_folder) struct folder folder;
	CLEANUP(config_problems_done) struct config_problems problems = { 0 };
	CLEANUP(config_freep) struct config *config = NULL;
	char state_dir[128];

	make_folder(&folder);
	write_file(folder.file, "[node]\nedges = 2\nstate_dir = s\n[est]\nlisten = 127.0.0.1:1\n");
	write_file(folder.extra, "[node]\nedges = 3\n[est]\nlisten = 127.0.0.1:2\n");
	EXPECT_OK(config_load(CONFIG_BESTOWD, folder.file, &config, &problems, &err), err);
	snprintf(state_dir, sizeof state_dir, "%s/s", folder.path);
	assert_int_equal(config->node.edges, 3);
	assert_string_equal(config->node.state_dir, state_dir);
	assert_int_equal(config->listeners[0].listen_count, 2);
}

TEST(a_problem_in_conf_d_names_that_file)
{
	CLEANUP(remove_folder) struct folder folder;
	CLEANUP(config_problems_done) struct config_problems problems = { 0 };
	struct config *config = NULL;

	make_folder(&folder);
	write_file(folder.file, "[node]\nedges = 2\n");
	write_file(folder.extra, "[node]\nedges = none\n");
	EXPECT_REFUSED(config_load(CONFIG_BESTOWD, folder.file, &config, &problems, &err), err,
		       REASON_CONFIG);
	assert_non_null(strstr(err.detail, "10-x.conf:2: edges: "));
}

TEST_MAIN(RUN(an_unknown_key_is_refused_and_the_nearest_named), RUN(an_unknown_section_is_refused),
	  RUN(every_problem_is_told_with_its_place), RUN(a_token_needs_a_label_and_a_pin),
	  RUN(a_credential_is_a_file_that_systemd_names), RUN(a_key_set_twice_is_refused),
	  RUN(lines_that_inih_would_read_otherwise_are_refused),
	  RUN(an_indented_line_does_not_continue_the_one_before), RUN(a_nul_in_the_file_is_refused),
	  RUN(values_out_of_their_type_are_refused), RUN(addresses_to_listen_on_are_strict),
	  RUN(proxies_and_their_protocol_come_together),
	  RUN(a_field_that_names_clients_needs_proxies_to_believe_and_no_second_witness),
	  RUN(every_listener_may_have_a_field_that_names_clients),
	  RUN(certificate_and_key_come_together), RUN(an_empty_file_is_a_sound_configuration),
	  RUN(values_are_taken_as_written), RUN(every_section_is_printed),
	  RUN(what_is_printed_reads_back_as_the_same), RUN(a_missing_file_is_refused_with_its_name),
	  RUN(a_file_of_conf_d_overrides_the_main_one), RUN(a_problem_in_conf_d_names_that_file))
