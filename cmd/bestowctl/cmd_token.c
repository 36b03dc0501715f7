#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "bestowctl/ask.h"
#include "bestowctl/command.h"
#include "bestowctl/exit_code.h"
#include "bestowctl/print.h"

static const struct column columns[] = {
	{ "NAME", "name", LOOK_TEXT },           { "ACCOUNT", "account", LOOK_TEXT },
	{ "ROLE", "role", LOOK_TEXT },           { "ENDS", "ends", LOOK_TIME },
	{ "LAST USED", "last_used", LOOK_TIME }, { "MADE BY", "created_by", LOOK_TEXT },
};

static void show_list(const struct invocation *invocation, const json_t *result)
{
	print_table(invocation, json_at(result, "tokens"), columns, ARRAY_LEN(columns),
		    "no token yet; bestowctl token create NAME --role ROLE makes one");
}

static void show_revoked(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	printf("token %s revoked\n", json_text_at(result, "revoked"));
}

static int create(const struct invocation *invocation)
{
	const char *path = own_text(invocation, "--out");
	json_auto_t *result = NULL;
	CLEANUP(out_done) struct out out = { 0 };
	int code = out_reserve(path, &out);

	if (code == EXIT_DONE)
		code = command_ask(invocation, "token.create", invocation->params, &result);
	if (code != EXIT_DONE)
		return code;
	const char *secret = json_text_at(result, "secret");
	if (path) {
		code = out_write(&out, secret, strlen(secret));
		json_object_set_new(result, "secret", json_null());
	}
	if (invocation->global->json)
		print_json(result);
	else if (!path)
		printf("%s\n", secret);
	fflush(stdout);
	if (code == EXIT_DONE && path)
		print_hint(invocation, "the token is in %s; it is shown nowhere else", path);
	return code;
}

static const struct argument create_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "what it is for" },
	{ "--role", "role", ARGUMENT_TEXT, true, "ROLE",
	  "auditor, ra-operator, administrator or owner; on --account, or the node" },
	{ "--lasts", "lasts", ARGUMENT_TEXT, false, "DURATION", "1y without it" },
	{ "--out", NULL, ARGUMENT_TEXT, false, "FILE", "instead of standard output; mode 0600" },
	{ 0 },
};
static const struct argument name_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "which" },
	{ 0 },
};

static const struct command commands[] = {
	{ "token", "create", NULL, "Makes an API token, shown once",
	  "token create ci --role auditor --out ci.token\n"
	  "--account acme token create revoker --role ra-operator --lasts 90d\n",
	  create_arguments, NULL, create },
	{ "token", "list", "token.list", "Lists the tokens", "token list\n", NULL, show_list,
	  NULL },
	{ "token", "revoke", "token.revoke", "Ends a token at once", "token revoke ci\n",
	  name_arguments, show_revoked, NULL },
};
const struct command_table token_commands = { commands, ARRAY_LEN(commands) };
