#include <stdio.h>

#include "base/cleanup.h"
#include "bestowctl/command.h"
#include "bestowctl/print.h"

static const struct column fields[] = {
	{ "version", "version", LOOK_TEXT },
	{ "EST URL", "est_url", LOOK_TEXT },
	{ "default profile", "default_profile", LOOK_TEXT },
	{ "TLS subject", "tls.subject", LOOK_TEXT },
	{ "TLS names", "tls.san", LOOK_SANS },
	{ "TLS issuer", "tls.issuer", LOOK_TEXT },
	{ "TLS key", "tls.key", LOOK_TEXT },
	{ "TLS ends", "tls.not_after", LOOK_TIME },
	{ "TLS SHA-256", "tls.fingerprint", LOOK_FINGERPRINT },
	{ "token is ready", "token.ready", LOOK_YES },
	{ "console", "console.url", LOOK_TEXT },
	{ "its own SHA-256", "console.self_made.fingerprint", LOOK_FINGERPRINT },
};

static void show_node(const struct invocation *invocation, const json_t *result)
{
	print_fields(result, fields, ARRAY_LEN(fields));
	fflush(stdout);
	if (json_is_null(json_at(result, "tls")))
		print_hint(invocation, "no TLS certificate was made here: bestowctl node "
				       "certificate --ca CA --host NAME");
}

static void show_certificate(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	printf("the node serves %s until %.10s\n", json_text_at(result, "certificate.san"),
	       json_text_at(result, "certificate.not_after"));
}

static const struct column token_fields[] = {
	{ "ready", "ready", LOOK_YES },
	{ "why not", "detail", LOOK_TEXT },
	{ "manufacturer", "manufacturer", LOOK_TEXT },
	{ "model", "model", LOOK_TEXT },
	{ "serial", "serial", LOOK_TEXT },
};

static const struct column token_keys[] = {
	{ "LABEL", "label", LOOK_TEXT },
	{ "TYPE", "type", LOOK_TEXT },
	{ "CA", "ca", LOOK_TEXT },
	{ "ID", "id", LOOK_TEXT },
};

static void show_token(const struct invocation *invocation, const json_t *result)
{
	print_fields(json_at(result, "token"), token_fields, ARRAY_LEN(token_fields));
	print_table(invocation, json_at(result, "token.keys"), token_keys, ARRAY_LEN(token_keys),
		    "no keys are seen");
	fflush(stdout);
}

static void show_backup(const struct invocation *invocation, const json_t *result)
{
	printf("the store is copied to %s\n", json_text_at(result, "path"));
	fflush(stdout);
	print_hint(invocation, "the CA keys and the passphrase file are not in it; "
			       "docs/guide/backup.md tells what else to keep, and how to restore");
}

static const struct argument certificate_arguments[] = {
	{ "--ca", "ca", ARGUMENT_TEXT, true, "CA", "who signs it" },
	{ "--host", "hosts", ARGUMENT_TEXTS, true, "NAME",
	  "a host name or address that devices call the node by" },
	{ "--validity", "validity", ARGUMENT_TEXT, false, "TIME", "such as 1y (the default)" },
	{ "--key", "key", ARGUMENT_TEXT, false, "KEY",
	  "rsa-2048, rsa-3072, rsa-4096, p256 (the default) or p384" },
	{ 0 },
};
static const struct argument backup_arguments[] = {
	{ "FILE", "path", ARGUMENT_PATH, true, NULL, "a new file; the node's user writes it" },
	{ 0 },
};

static const struct command commands[] = {
	{ "node", "certificate", "node.certificate", "Gives the node its TLS certificate",
	  "node certificate --ca issuing --host pki.acme.example --host 192.0.2.10\n",
	  certificate_arguments, show_certificate, NULL },
	{ "node", "show", "node.show", "Shows the node and its TLS certificate", "node show\n",
	  NULL, show_node, NULL },
	{ "node", "token", "node.token", "Shows the token and the keys in it", "node token\n", NULL,
	  show_token, NULL },
	{ "backup", NULL, "node.backup", "Copies the running store to a file",
	  "backup /var/backups/bestowd/2027-01-31.db\n", backup_arguments, show_backup, NULL },
};
const struct command_table node_commands = { commands, ARRAY_LEN(commands) };
