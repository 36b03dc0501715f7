#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "bestowctl/ask.h"
#include "bestowctl/cmd_profile_test.h"
#include "bestowctl/command.h"
#include "bestowctl/exit_code.h"
#include "bestowctl/print.h"

static const struct column columns[] = {
	{ "NAME", "profile.name", LOOK_TEXT },
	{ "STATE", "profile.state", LOOK_TEXT },
	{ "CA", "profile.ca", LOOK_TEXT },
	{ "AUTH", "profile.auth", LOOK_TEXT },
	{ "VALIDITY", "profile.validity", LOOK_TEXT },
	{ "VERSION", "profile.version", LOOK_TEXT },
	{ "DEFAULT", "default", LOOK_YES },
	{ "URL", "urls", LOOK_TEXT },
};

static void show_list(const struct invocation *invocation, const json_t *result)
{
	print_table(invocation, json_at(result, "profiles"), columns, ARRAY_LEN(columns),
		    "no profile yet; bestowctl profile create makes one");
}

static void print_urls(const json_t *result)
{
	const json_t *urls = json_at(result, "urls");

	for (size_t i = 0; i < json_array_size(urls); i++)
		printf("URL  %s\n", json_string_value(json_array_get(urls, i)));
}

/* -- one profile: as the assignments that profile set takes -- */

static void print_settings(const char *path, const json_t *value)
{
	char inner[160];
	const char *name;
	json_t *member;

	if (!json_is_object(value)) {
		char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

		printf("  %s=", path);
		print_text(json_is_string(value) ? json_string_value(value) : text ? text : "");
		putchar('\n');
		free(text);
		return;
	}
	json_object_foreach((json_t *)value, name, member)
	{
		snprintf(inner, sizeof inner, "%s%s%s", path, *path ? "." : "", name);
		print_settings(inner, member);
	}
}

/* What nobody sets, or is told above. */
static bool is_setting(const char *name)
{
	static const char *const others[] = { "id",   "account_id", "ca_id", "oid",
					      "name", "version",    "state" };

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (strcmp(others[i], name) == 0)
			return false;
	return true;
}

static void show_one(const struct invocation *invocation, const json_t *result)
{
	const char *name;
	json_t *value;

	(void)invocation;
	printf("profile %s: %s, version %" JSON_INTEGER_FORMAT "%s\n",
	       json_text_at(result, "profile.name"), json_text_at(result, "profile.state"),
	       json_integer_value(json_at(result, "profile.version")),
	       json_is_true(json_at(result, "default")) ? ", the default" : "");
	printf("OID  %s\n", json_text_at(result, "profile.oid"));
	print_urls(result);
	json_object_foreach((json_t *)json_at(result, "profile"), name, value) if (is_setting(name))
		print_settings(name, value);
	fflush(stdout);
	print_warnings(json_at(result, "warnings"));
}

/* -- what changed -- */

static void print_value(const json_t *value)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

	print_text(json_is_string(value) ? json_string_value(value) : text ? text : "");
	free(text);
}

static void print_changes(const json_t *changes)
{
	for (size_t i = 0; i < json_array_size(changes); i++) {
		const json_t *change = json_array_get(changes, i);

		printf("  %s: ", json_text_at(change, "field"));
		print_value(json_at(change, "before"));
		fputs(" -> ", stdout);
		print_value(json_at(change, "after"));
		putchar('\n');
	}
}

static void print_outcome(const json_t *result, const char *words)
{
	printf("profile %s %s\n", json_text_at(result, "profile.name"), words);
	print_changes(json_at(result, "changes"));
	printf("OID  %s\n", json_text_at(result, "profile.oid"));
	print_urls(result);
	fflush(stdout);
	print_warnings(json_at(result, "warnings"));
}

static void show_created(const struct invocation *invocation, const json_t *result)
{
	const char *name = json_text_at(result, "profile.name");

	print_outcome(result, "made");
	if (strcmp(json_text_at(result, "profile.auth"), "tls-certificate") != 0)
		print_hint(invocation, "next: bestowctl profile passphrase '%s' --generate", name);
	else
		print_hint(invocation, "next: bestowctl trust add FILE, with the CA that issued "
				       "the devices' first certificates");
}

static void show_changed(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	print_outcome(result, "saved");
}

static void show_default(const struct invocation *invocation, const json_t *result)
{
	const char *name = json_string_value(json_at(result, "default"));

	(void)invocation;
	if (name)
		printf("/.well-known/est/ without a label is profile %s\n", name);
	else
		puts("/.well-known/est/ without a label is no profile");
}

/* -- from a file -- */

/* What profile show --json tells of a profile and nobody sets, so that a profile goes from one node
 * to another by way of a file. */
static json_t *settings_of(json_t *file)
{
	static const char *const given[] = {
		"id", "account_id", "ca_id", "oid", "version", "state"
	};
	json_t *whole = json_object_get(file, "profile");
	json_t *settings = json_copy(json_is_object(whole) ? whole : file);

	for (size_t i = 0; i < ARRAY_LEN(given); i++)
		json_object_del(settings, given[i]);
	return settings;
}

/* The file's members, with those of --set and path=value laid over them. */
static int merge_file(const struct invocation *invocation)
{
	const char *path = own_text(invocation, "--from-file");
	json_error_t at;

	if (!path)
		return EXIT_DONE;
	json_auto_t *file = strcmp(path, "-") == 0
				    ? json_loadf(stdin, JSON_REJECT_DUPLICATES, &at)
				    : json_load_file(path, JSON_REJECT_DUPLICATES, &at);
	if (!json_is_object(file))
		return fail_usage("%s: no JSON object (line %d: %s)", path, at.line, at.text);

	json_auto_t *settings = settings_of(file);
	json_t *patch = json_object_get(invocation->params, "patch");
	if ((patch && json_object_update_recursive(settings, patch) != 0) ||
	    json_object_set(invocation->params, "patch", settings) != 0)
		return fail_usage("out of memory");
	return EXIT_DONE;
}

static int save(const struct invocation *invocation)
{
	json_auto_t *result = NULL;
	int code = merge_file(invocation);

	if (code == EXIT_DONE)
		code = command_ask(invocation, invocation->command->request, invocation->params,
				   &result);
	if (code == EXIT_DONE)
		command_show(invocation, result);
	return code;
}

/* -- passphrase -- */

static void talk_about_passphrase(const struct invocation *invocation, const json_t *result,
				  const char *path)
{
	const char *ends = json_string_value(json_at(result, "previous_ends"));

	if (invocation->global->json)
		return;
	if (path)
		fprintf(stderr, "the passphrase of profile %s is in %s; it is shown nowhere else\n",
			json_text_at(result, "profile"), path);
	if (ends)
		fprintf(stderr, "the one before holds until %s\n", ends);
	print_warnings(json_at(result, "warnings"));
}

static int hand_out(const struct invocation *invocation, json_t *result, struct out *out)
{
	const char *text = json_string_value(json_at(result, "passphrase"));
	int code = EXIT_DONE;

	if (text && (out->path || !invocation->global->json)) {
		code = out_write(out, text, strlen(text));
		if (code == EXIT_DONE)
			code = out_write(out, "\n", 1);
		json_object_set_new(result, "passphrase", json_null());
	}
	if (invocation->global->json)
		print_json(result);
	return code;
}

static int passphrase(const struct invocation *invocation)
{
	CLEANUP(out_done) struct out out = { 0 };
	json_auto_t *result = NULL;
	int code = out_reserve(own_text(invocation, "--out"), &out);

	if (code == EXIT_DONE)
		code = command_ask(invocation, invocation->command->request, invocation->params,
				   &result);
	if (code != EXIT_DONE)
		return code;
	code = hand_out(invocation, result, &out);
	talk_about_passphrase(invocation, result, out.path);
	return code;
}

static const struct argument create_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "the profile's name" },
	{ "--template", "template", ARGUMENT_TEXT, true, "T",
	  "client-authentication, generic-device, ldevid, tls-server or ra" },
	{ "--ca", "ca", ARGUMENT_TEXT, true, "CA", "the CA that issues" },
	{ "--auth", "auth", ARGUMENT_TEXT, false, "M",
	  "tls-certificate, passphrase, either, device-code, certificate-and-code" },
	{ "--alias", "aliases", ARGUMENT_TEXTS, false, "LABEL",
	  "a short name for the URL beside the OID" },
	{ "--oid", "oid", ARGUMENT_TEXT, false, "OID", "instead of the one that would be given" },
	{ "--set", "patch", ARGUMENT_PATCH, false, "PATH=VALUE",
	  "a setting, such as validity=90d" },
	{ "--from-file", NULL, ARGUMENT_TEXT, false, "FILE", "settings as JSON" },
	{ 0 },
};
static const struct argument set_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "the profile" },
	{ "PATH=VALUE", "patch", ARGUMENT_PATCH, false, NULL, "a setting, as profile show has it" },
	{ "--ca", "ca", ARGUMENT_TEXT, false, "CA", "the CA that issues from now on" },
	{ "--auth", "auth", ARGUMENT_TEXT, false, "M", "tls-certificate, passphrase or either" },
	{ "--alias", "aliases", ARGUMENT_TEXTS, false, "LABEL", "replaces the aliases" },
	{ "--version-is", "version", ARGUMENT_NUMBER, false, "N",
	  "only if nobody has changed it since" },
	{ "--from-file", NULL, ARGUMENT_TEXT, false, "FILE", "settings as JSON" },
	{ 0 },
};
static const struct argument name_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "the profile" },
	{ 0 },
};
static const struct argument default_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, false, NULL, "the profile" },
	{ "--none", "none", ARGUMENT_FLAG, false, NULL, "no profile answers without a label" },
	{ 0 },
};
static const struct argument passphrase_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "the profile" },
	{ "--generate", "generate", ARGUMENT_FLAG, false, NULL, "130 random bits, shown once" },
	{ "--passphrase-file", "passphrase", ARGUMENT_SECRET, false, "FILE",
	  "one that you chose; - reads standard input" },
	{ "--overlap", "overlap", ARGUMENT_TEXT, false, "TIME",
	  "how long the one before still holds; without, it ends now" },
	{ "--out", NULL, ARGUMENT_TEXT, false, "FILE", "write it here, mode 0600" },
	{ 0 },
};

static const struct command commands[] = {
	{ "profile", "create", "profile.create", "Makes a certificate profile and its EST URL",
	  "profile create sensors --template client-authentication --ca issuing --auth passphrase\n"
	  "profile create gateways --template generic-device --ca issuing --alias gw --set "
	  "validity=90d\n",
	  create_arguments, show_created, save },
	{ "profile", "list", "profile.list", "Lists the profiles", "profile list\n", NULL,
	  show_list, NULL },
	{ "profile", "show", "profile.show", "Shows a profile, its URLs and what to mind",
	  "profile show sensors\n", name_arguments, show_one, NULL },
	{ "profile", "set", "profile.set", "Changes a profile's settings",
	  "profile set sensors validity=90d renewal.opens_before=30d\n", set_arguments,
	  show_changed, save },
	{ "profile", "suspend", "profile.suspend", "Lets a profile answer nobody",
	  "profile suspend sensors\n", name_arguments, show_changed, NULL },
	{ "profile", "resume", "profile.resume", "Lets a profile answer again",
	  "profile resume sensors\n", name_arguments, show_changed, NULL },
	{ "profile", "default", "profile.default", "Names the profile behind URLs without a label",
	  "profile default sensors\nprofile default --none\n", default_arguments, show_default,
	  NULL },
	{ "profile", "test", "profile.test", "Says what a request would get, and why",
	  "profile test sensors --csr dev.csr --passphrase\n"
	  "profile test gateways --csr new.csr --client-cert old.pem --renew --at 2027-01-31\n",
	  profile_test_arguments, profile_test_show, profile_test_run },
	{ "profile", "passphrase", "profile.passphrase", "Sets or rotates a profile's passphrase",
	  "profile passphrase sensors --generate --out sensors.pass\n"
	  "profile passphrase sensors --generate --overlap 7d\n",
	  passphrase_arguments, NULL, passphrase },
};
const struct command_table profile_commands = { commands, ARRAY_LEN(commands) };
