#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "bestowctl/ask.h"
#include "bestowctl/command.h"
#include "bestowctl/exit_code.h"
#include "bestowctl/print.h"

static const struct column columns[] = {
	{ "ID", "id", LOOK_TEXT },
	{ "CA", "ca", LOOK_TEXT },
	{ "ENDS", "certificate.not_after", LOOK_DATE },
	{ "SUBJECT", "certificate.subject", LOOK_TEXT },
	{ "SHA-256", "certificate.fingerprint", LOOK_FINGERPRINT },
};

static void show_list(const struct invocation *invocation, const json_t *result)
{
	print_table(invocation, json_at(result, "anchors"), columns, ARRAY_LEN(columns),
		    "no CA is trusted: nobody can authenticate by certificate, and renewals fail");
}

static void show_removed(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	printf("%s is not trusted any more\n", json_text_at(result, "removed.certificate.subject"));
}

/* -- adding: shown first, then saved -- */

static void print_item(FILE *to, const json_t *item)
{
	const char *text = json_text_at(item, "certificate.fingerprint");
	const char *why = json_text_at(item, "why");

	fprintf(to, "%s: %s\n", json_text_at(item, "outcome"),
		json_text_at(item, "certificate.subject"));
	fprintf(to, "  SHA-256 ");
	for (size_t i = 0; text[i]; i++)
		fprintf(to, "%s%c", i && i % 2 == 0 ? ":" : "", text[i]);
	fprintf(to, "\n  ends %.10s%s%s\n", json_text_at(item, "certificate.not_after"),
		*why ? "; " : "", why);
}

static size_t print_items(FILE *to, const json_t *items, const char *counted)
{
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i);

		print_item(to, item);
		count += strcmp(json_text_at(item, "outcome"), counted) == 0;
	}
	return count;
}

/* 0 to go on. */
static int agree(const struct invocation *invocation, const json_t *preview)
{
	char question[80];
	size_t count = print_items(stderr, json_at(preview, "items"), "new");

	if (own_flag(invocation, "--yes") || count == 0)
		return EXIT_DONE;
	if (!can_ask(invocation))
		return fail_usage("nothing was saved; compare the fingerprints and say --yes");
	snprintf(question, sizeof question, "Trust %zu of these to vouch for EST clients?", count);
	if (confirm(question, false))
		return EXIT_DONE;
	fputs("nothing was saved\n", stderr);
	return EXIT_FAILED;
}

static size_t count_refused(const json_t *items)
{
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(items); i++)
		count += strcmp(json_text_at(json_array_get(items, i), "outcome"), "refused") == 0;
	return count;
}

static void show_added(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	print_items(stdout, json_at(result, "items"), "added");
}

static int save(const struct invocation *invocation)
{
	json_auto_t *result = NULL;
	int code = command_ask(invocation, "trust.add", invocation->params, &result);

	if (code != EXIT_DONE)
		return code;
	command_show(invocation, result);
	return count_refused(json_at(result, "items")) ? EXIT_REFUSED : EXIT_DONE;
}

static int add(const struct invocation *invocation)
{
	json_auto_t *preview = NULL;
	int code;

	if (json_object_get(invocation->params, "ca"))
		return save(invocation);
	if (!json_object_get(invocation->params, "file"))
		return fail_usage("name a FILE, or one of the account's CAs with --ca");
	code = command_ask(invocation, "trust.preview", invocation->params, &preview);
	if (code == EXIT_DONE)
		code = agree(invocation, preview);
	return code == EXIT_DONE ? save(invocation) : code;
}

static const struct argument add_arguments[] = {
	{ "FILE", "file", ARGUMENT_FILE, false, NULL,
	  "certificates as PEM, PKCS#7 or DER; - reads standard input" },
	{ "--ca", "ca", ARGUMENT_TEXT, false, "CA", "one of the account's own instead" },
	{ "--yes", NULL, ARGUMENT_FLAG, false, NULL, "the fingerprints were compared" },
	{ 0 },
};
static const struct argument remove_arguments[] = {
	{ "ID", "id", ARGUMENT_NUMBER, true, NULL, "as trust list shows it" },
	{ "--confirm", "confirm", ARGUMENT_TEXT, false, "last",
	  "where devices would be locked out" },
	{ 0 },
};

static const struct command commands[] = {
	{ "trust", "add", NULL, "Adds CAs that may vouch for EST clients",
	  "trust add acme-devices.p7b\ntrust add --ca issuing\n", add_arguments, show_added, add },
	{ "trust", "list", "trust.list", "Lists the CAs of EST authentication", "trust list\n",
	  NULL, show_list, NULL },
	{ "trust", "remove", "trust.remove", "Removes one of them", "trust remove 3\n",
	  remove_arguments, show_removed, NULL },
};
const struct command_table trust_commands = { commands, ARRAY_LEN(commands) };
