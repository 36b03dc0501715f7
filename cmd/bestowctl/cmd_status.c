#include <stdio.h>

#include "base/cleanup.h"
#include "bestowctl/command.h"
#include "bestowctl/print.h"

static void show_account(const struct invocation *invocation, const json_t *account)
{
	static const struct column fields[] = {
		{ "  valid certificates", "certificates.valid", LOOK_TEXT },
		{ "  expired", "certificates.expired", LOOK_TEXT },
		{ "  revoked", "certificates.revoked", LOOK_TEXT },
		{ "  profiles", "profiles", LOOK_TEXT },
		{ "  active of these", "active_profiles", LOOK_TEXT },
		{ "  CAs", "cas", LOOK_TEXT },
		{ "  trusted for EST", "trusted_cas", LOOK_TEXT },
		{ "  allowed ranges", "allowed_ranges", LOOK_TEXT },
		{ "  requests that wait", "waiting_requests", LOOK_TEXT },
	};

	printf("\naccount %s\n", json_text_at(account, "name"));
	print_fields(account, fields, ARRAY_LEN(fields));
	fflush(stdout);
	print_warnings(json_at(account, "warnings"));
	if (json_integer_value(json_at(account, "waiting_requests")) > 0)
		print_hint(invocation, "next: bestowctl request list --state pending");
}

static void show(const struct invocation *invocation, const json_t *result)
{
	const json_t *accounts = json_at(result, "accounts");

	printf("Bestow %s at %s\n", json_text_at(result, "version"),
	       json_text_at(result, "est_url"));
	for (size_t i = 0; i < json_array_size(accounts); i++)
		show_account(invocation, json_array_get(accounts, i));
	fflush(stdout);
	if (json_array_size(accounts) == 0)
		print_hint(invocation, "begin with: bestowctl account create default");
	else if (!json_is_true(json_at(result, "tls")))
		print_hint(invocation, "devices cannot connect before the node has a certificate: "
				       "bestowctl node certificate --ca CA --host NAME");
}

static const struct command commands[] = {
	{ "status", NULL, "status", "How the node stands, and what is missing", "status\n", NULL,
	  show, NULL },
};
const struct command_table status_commands = { commands, ARRAY_LEN(commands) };
