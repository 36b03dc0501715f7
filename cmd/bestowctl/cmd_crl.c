#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "bestowctl/ask.h"
#include "bestowctl/command.h"
#include "bestowctl/exit_code.h"
#include "bestowctl/print.h"

static const struct column columns[] = {
	{ "CA", "ca", LOOK_TEXT },
	{ "KIND", "kind", LOOK_TEXT },
	{ "NUMBER", "number", LOOK_TEXT },
	{ "ENTRIES", "entries", LOOK_TEXT },
	{ "THIS UPDATE", "this_update", LOOK_TIME },
	{ "NEXT UPDATE", "next_update", LOOK_TIME },
	{ "OVERDUE", "overdue", LOOK_YES },
	{ "URL", "url", LOOK_TEXT },
};

static void show_list(const struct invocation *invocation, const json_t *result)
{
	print_table(invocation, json_at(result, "crls"), columns, ARRAY_LEN(columns),
		    "no CRL was made yet");
}

static void show_issued(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	print_fields(json_at(result, "crl"), columns, ARRAY_LEN(columns));
}

static void show_imported(const struct invocation *invocation, const json_t *result)
{
	json_int_t unknown = json_integer_value(json_at(result, "unknown_count"));

	printf("%" JSON_INTEGER_FORMAT " certificates are revoked by it, %" JSON_INTEGER_FORMAT
	       " were, %" JSON_INTEGER_FORMAT " are not known\n",
	       json_integer_value(json_at(result, "revoked")),
	       json_integer_value(json_at(result, "known")), unknown);
	fflush(stdout);
	if (unknown > 0)
		print_hint(invocation, "what cert adopt takes in is revoked when the CRL is "
				       "imported again");
}

static int export(const struct invocation *invocation)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	json_auto_t *result = NULL;
	struct error err = { 0 };
	int code = command_ask(invocation, "crl.export", invocation->params, &result);

	if (code != EXIT_DONE)
		return code;
	if (invocation->global->json) {
		print_json(result);
		return EXIT_DONE;
	}
	if (!base64_decode(bytes_of_string(json_text_at(result, "der")), &der, &err))
		return fail(&err);
	return out_save(own_text(invocation, "--out"), der.data, der.len);
}

static const struct argument no_arguments[] = { { 0 } };
static const struct argument issue_arguments[] = {
	{ "CA", "ca", ARGUMENT_TEXT, true, NULL, "whose list of revoked certificates" },
	{ 0 },
};
static const struct argument export_arguments[] = {
	{ "CA", "ca", ARGUMENT_TEXT, true, NULL, "whose list of revoked certificates" },
	{ "--delta", "delta", ARGUMENT_FLAG, false, NULL, "the delta instead of the full one" },
	{ "--out", NULL, ARGUMENT_TEXT, false, "FILE", "instead of standard output" },
	{ 0 },
};
static const struct argument import_arguments[] = {
	{ "FILE", "file", ARGUMENT_FILE, true, NULL, "a CRL of one of the CAs: DER or PEM" },
	{ 0 },
};

static const struct command commands[] = {
	{ "crl", "list", "crl.list", "Lists the CRLs in force and where they are fetched",
	  "crl list\n", no_arguments, show_list, NULL },
	{ "crl", "issue", "crl.issue", "Makes a CRL now instead of on schedule",
	  "crl issue \"Devices CA\"\n", issue_arguments, show_issued, NULL },
	{ "crl", "export", NULL, "Prints the CRL in force, as DER",
	  "crl export \"Devices CA\" --out devices.crl\n", export_arguments, NULL, export },
	{ "crl", "import", "crl.import", "Revokes again what a CRL of a CA lists",
	  "crl import last.crl\n", import_arguments, show_imported, NULL },
};
const struct command_table crl_commands = { commands, ARRAY_LEN(commands) };
