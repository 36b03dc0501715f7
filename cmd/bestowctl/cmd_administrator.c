#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "bestowctl/command.h"
#include "bestowctl/print.h"

static const struct column columns[] = {
	{ "NAME", "name", LOOK_TEXT },
	{ "ROLES", "roles_text", LOOK_TEXT },
	{ "PASSWORD", "has_password", LOOK_YES },
	{ "TOTP", "has_totp", LOOK_YES },
	{ "CERTIFICATE", "certificate.of", LOOK_TEXT },
	{ "LOCKED", "locked", LOOK_YES },
	{ "CREATED", "created", LOOK_TIME },
};

/* "owner on the node, auditor on acme": a table has no room for objects. */
static void add_roles_text(json_t *administrator)
{
	json_t *roles = json_object_get(administrator, "roles"), *role;
	json_auto_t *texts = json_array();
	size_t i;

	json_array_foreach(roles, i, role)
	{
		const char *account = json_string_value(json_object_get(role, "account"));

		json_array_append_new(texts, json_sprintf("%s on %s", json_text_at(role, "role"),
							  account ? account : "the node"));
	}
	json_object_set(administrator, "roles_text", texts);
}

/* The browser warns of a certificate that nobody vouches for: this is how to know it. */
static void show_fingerprint(const struct invocation *invocation, const json_t *fingerprint)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };

	if (!json_is_string(fingerprint))
		return;
	print_fingerprint(&text, fingerprint);
	print_hint(invocation,
		   "the node has no certificate yet, so the browser warns; the one that it shows "
		   "must have SHA-256 %s",
		   buffer_cstring(&text) ? buffer_cstring(&text) : "");
}

static void show_link(const struct invocation *invocation, const json_t *result)
{
	const char *url = json_string_value(json_at(result, "link.url"));

	printf("%s\n", url ? url : json_text_at(result, "link.code"));
	fflush(stdout);
	print_hint(invocation, "%s signs in with this %s once, until %s",
		   json_text_at(result, "administrator.name"), url ? "link" : "code",
		   json_text_at(result, "link.ends"));
	show_fingerprint(invocation, json_at(result, "link.fingerprint"));
	if (!url)
		print_hint(invocation,
			   "there is no console: give the node's configuration an [admin] listen");
}

static void show_list(const struct invocation *invocation, const json_t *result)
{
	json_t *list = json_object_get(result, "administrators"), *administrator;
	size_t i;

	json_array_foreach(list, i, administrator) add_roles_text(administrator);
	print_table(invocation, list, columns, ARRAY_LEN(columns),
		    "nobody yet; bestowctl administrator create NAME --role owner makes one");
}

/* Programs that used them need new ones. */
static void show_ended_tokens(const struct invocation *invocation, const json_t *result)
{
	json_int_t ended = json_integer_value(json_object_get(result, "tokens_ended"));

	if (ended > 0)
		print_hint(invocation,
			   "%lld of their API tokens ended with it; bestowctl audit "
			   "list names them",
			   (long long)ended);
}

static void show_one(const struct invocation *invocation, const json_t *result)
{
	json_t *administrator = json_object_get(result, "administrator");

	add_roles_text(administrator);
	print_fields(administrator, columns, ARRAY_LEN(columns));
	show_ended_tokens(invocation, result);
}

static void show_removed(const struct invocation *invocation, const json_t *result)
{
	printf("administrator %s removed\n", json_text_at(result, "removed"));
	show_ended_tokens(invocation, result);
}

#define ROLE_HELP "auditor, ra-operator, administrator or owner; on --account, or the node"

static const struct argument create_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "who signs in" },
	{ "--role", "role", ARGUMENT_TEXT, true, "ROLE", ROLE_HELP },
	{ "--lasts", "lasts", ARGUMENT_TEXT, false, "DURATION", "of the link; 1d without it" },
	{ 0 },
};
static const struct argument grant_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "who is to have it" },
	{ "--role", "role", ARGUMENT_TEXT, true, "ROLE", ROLE_HELP },
	{ 0 },
};
static const struct argument link_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "who has lost the password" },
	{ "--lasts", "lasts", ARGUMENT_TEXT, false, "DURATION", "of the link; 1d without it" },
	{ 0 },
};
static const struct argument name_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "whom" },
	{ 0 },
};

static const struct argument certificate_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "who must sign in with it" },
	{ "FILE", "certificate", ARGUMENT_FILE, true, NULL, "the certificate, PEM or DER" },
	{ "--key", "key", ARGUMENT_FLAG, false, NULL,
	  "any certificate for its key will do, so that it can be renewed" },
	{ 0 },
};

static const struct command commands[] = {
	{ "administrator", "create", "administrator.create",
	  "Makes somebody who may use the console, and a link to sign in with once",
	  "administrator create olga --role owner\n"
	  "--account acme administrator create adam --role auditor\n",
	  create_arguments, show_link, NULL },
	{ "administrator", "list", "administrator.list", "Lists who may use the console",
	  "administrator list\n", NULL, show_list, NULL },
	{ "administrator", "grant", "administrator.grant", "Gives a role, or another one",
	  "--account acme administrator grant adam --role administrator\n", grant_arguments,
	  show_one, NULL },
	{ "administrator", "withdraw", "administrator.withdraw", "Takes a role away",
	  "--account acme administrator withdraw adam\n", name_arguments, show_one, NULL },
	{ "administrator", "link", "administrator.link",
	  "Makes a new link; the old password and second factor end", "administrator link olga\n",
	  link_arguments, show_link, NULL },
	{ "administrator", "cert", "administrator.certificate",
	  "Lets somebody sign in with a certificate only, beside the password",
	  "administrator cert olga olga.pem --key\n", certificate_arguments, show_one, NULL },
	{ "administrator", "no-cert", "administrator.no-certificate",
	  "Lets them sign in without one again", "administrator no-cert olga\n", name_arguments,
	  show_one, NULL },
	{ "administrator", "lock", "administrator.lock", "Lets somebody in no more, at once",
	  "administrator lock adam\n", name_arguments, show_one, NULL },
	{ "administrator", "unlock", "administrator.unlock", "Lets them in again",
	  "administrator unlock adam\n", name_arguments, show_one, NULL },
	{ "administrator", "remove", "administrator.remove", "Removes somebody",
	  "administrator remove adam\n", name_arguments, show_removed, NULL },
};
const struct command_table administrator_commands = { commands, ARRAY_LEN(commands) };
