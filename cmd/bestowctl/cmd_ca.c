#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "bestowctl/ask.h"
#include "bestowctl/command.h"
#include "bestowctl/exit_code.h"
#include "bestowctl/print.h"

static const struct column columns[] = {
	{ "NAME", "name", LOOK_TEXT },           { "STATE", "state", LOOK_TEXT },
	{ "KEY", "certificate.key", LOOK_TEXT }, { "ENDS", "certificate.not_after", LOOK_DATE },
	{ "PARENT", "parent", LOOK_TEXT },       { "TRUSTED", "trusted", LOOK_YES },
	{ "PROFILES", "profiles", LOOK_TEXT },   { "SUBJECT", "certificate.subject", LOOK_TEXT },
};

static const struct column fields[] = {
	{ "name", "name", LOOK_TEXT },
	{ "state", "state", LOOK_TEXT },
	{ "subject", "certificate.subject", LOOK_TEXT },
	{ "issuer", "certificate.issuer", LOOK_TEXT },
	{ "parent", "parent", LOOK_TEXT },
	{ "key", "certificate.key", LOOK_TEXT },
	{ "key is in", "key_store", LOOK_TEXT },
	{ "signs with", "signature", LOOK_TEXT },
	{ "path length", "certificate.path_len", LOOK_TEXT },
	{ "permitted", "certificate.name_constraints.permitted", LOOK_TEXT },
	{ "excluded", "certificate.name_constraints.excluded", LOOK_TEXT },
	{ "serial", "certificate.serial", LOOK_SERIAL },
	{ "begins", "certificate.not_before", LOOK_TIME },
	{ "ends", "certificate.not_after", LOOK_TIME },
	{ "SHA-256", "certificate.fingerprint", LOOK_FINGERPRINT },
	{ "trusted for EST", "trusted", LOOK_TEXT },
	{ "profiles", "profiles", LOOK_TEXT },
};

static void show_list(const struct invocation *invocation, const json_t *result)
{
	print_table(invocation, json_at(result, "cas"), columns, ARRAY_LEN(columns),
		    "no CA yet; bestowctl ca create makes one");
}

static void show_one(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	print_fields(json_at(result, "ca"), fields, ARRAY_LEN(fields));
	fflush(stdout);
}

static void show_pem(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	fputs(json_text_at(result, "pem"), stdout);
}

static void show_request(const struct invocation *invocation, const json_t *result)
{
	const char *name = json_text_at(result, "ca.name");

	fputs(json_text_at(result, "ca.csr"), stdout);
	fflush(stdout);
	print_hint(invocation,
		   "let the other CA sign this, with CA:TRUE and keyCertSign; then: bestowctl ca "
		   "certificate '%s' FILE",
		   name);
}

static void show_cancelled(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	print_text(json_text_at(result, "cancelled"));
	printf(" waits no more; its request is void\n");
}

/* -- somebody else's CA -- */

static const struct column signed_fields[] = {
	{ "subject", "certificate.subject", LOOK_TEXT },
	{ "issuer", "certificate.issuer", LOOK_TEXT },
	{ "key", "certificate.key", LOOK_TEXT },
	{ "path length", "certificate.path_len", LOOK_TEXT },
	{ "permitted", "certificate.name_constraints.permitted", LOOK_TEXT },
	{ "excluded", "certificate.name_constraints.excluded", LOOK_TEXT },
	{ "begins", "certificate.not_before", LOOK_TIME },
	{ "ends", "certificate.not_after", LOOK_TIME },
	{ "serial", "certificate.serial", LOOK_SERIAL },
	{ "SHA-256", "certificate.fingerprint", LOOK_FINGERPRINT },
};

/* What it says goes to the person, the certificate to the file or the standard output. */
static int hand_out(const struct invocation *invocation, const json_t *result)
{
	CLEANUP(buffer_done) struct buffer pem = { 0 };
	const char *out = own_text(invocation, "--out");

	buffer_append_text(&pem, json_text_at(result, "pem"));
	buffer_append_text(&pem, json_text_at(result, "chain"));
	if (invocation->global->json)
		print_json(result);
	else if (out)
		print_fields(result, signed_fields, ARRAY_LEN(signed_fields));
	return invocation->global->json && !out ? EXIT_DONE : out_save(out, pem.data, pem.len);
}

static int sign(const struct invocation *invocation)
{
	json_auto_t *result = NULL;
	int code = command_ask(invocation, "ca.sign", invocation->params, &result);

	if (code != EXIT_DONE)
		return code;
	if (json_is_false(json_at(result, "dry_run")))
		return hand_out(invocation, result);
	if (invocation->global->json)
		print_json(result);
	else /* serial and fingerprint will be others */
		print_fields(result, signed_fields, ARRAY_LEN(signed_fields) - 2);
	fflush(stdout);
	print_hint(invocation, "nothing was signed; the same without --dry-run does it");
	return EXIT_DONE;
}

/* -- a new CA is offered to EST authentication, because renewals fail without it -- */

static int trust(const struct invocation *invocation, const char *name)
{
	json_auto_t *params = json_pack("{s:s}", "ca", name);
	json_auto_t *result = NULL;
	int code = command_ask(invocation, "trust.add", params, &result);

	if (code == EXIT_DONE)
		fprintf(stderr, "CA %s is trusted for EST authentication\n", name);
	return code;
}

static int offer_trust(const struct invocation *invocation, const json_t *result)
{
	const char *name = json_text_at(result, "ca.name");

	if (json_is_true(json_at(result, "ca.trusted")) || own_flag(invocation, "--no-trust"))
		return EXIT_DONE;
	if (can_ask(invocation) &&
	    confirm("Add it to EST authentication, so that its certificates can renew?", true))
		return trust(invocation, name);
	print_hint(invocation,
		   "certificates of this CA cannot renew before it is in EST "
		   "authentication: bestowctl trust add --ca '%s'",
		   name);
	return EXIT_DONE;
}

static int make(const struct invocation *invocation)
{
	json_auto_t *result = NULL;

	if (own_flag(invocation, "--no-trust") && json_object_get(invocation->params, "trust"))
		return fail_usage("either --trust or --no-trust");

	int code =
		command_ask(invocation, invocation->command->request, invocation->params, &result);
	if (code != EXIT_DONE)
		return code;
	command_show(invocation, result);
	code = offer_trust(invocation, result);
	if (json_is_true(json_at(result, "ca.root")))
		print_hint(invocation,
			   "next, an issuing CA below it: bestowctl ca create issuing "
			   "--parent '%s' --subject 'CN=…,O=…' --trust",
			   json_text_at(result, "ca.name"));
	return code;
}

#define CONSTRAINT_ARGUMENTS                                                                       \
	{ "--permit",                                                                              \
	  "permitted",                                                                             \
	  ARGUMENT_TEXTS,                                                                          \
	  false,                                                                                   \
	  "NAME",                                                                                  \
	  "names that it may certify, all others of the kind not: dns:corp.example, "              \
	  "ip:10.0.0.0/8, email:corp.example, uri:corp.example, 'dir:O=Acme'" },                   \
	{                                                                                          \
		"--exclude", "excluded", ARGUMENT_TEXTS, false, "NAME",                            \
			"names that it may not certify; dns: alone stands for every DNS name"      \
	}
static const struct argument create_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "the CA's name in the account" },
	{ "--subject", "subject", ARGUMENT_TEXT, true, "NAME", "such as 'CN=Acme Root,O=Acme'" },
	{ "--key", "key", ARGUMENT_TEXT, false, "KEY",
	  "rsa-2048, rsa-3072, rsa-4096, p256 (the default), p384, p521 or ed25519" },
	{ "--key-store", "key_store", ARGUMENT_TEXT, false, "PLACE",
	  "where the key is made and stays: file (the default), or token" },
	{ "--signature", "signature", ARGUMENT_TEXT, false, "ALGORITHM",
	  "what it signs with, as rsa-pss-sha256; without, as such keys usually do" },
	{ "--parent", "parent", ARGUMENT_TEXT, false, "CA", "who signs it; without, it is a root" },
	{ "--validity", "validity", ARGUMENT_TEXT, false, "TIME",
	  "such as 10y (the default, cut where the parent ends)" },
	{ "--path-len", "path_len", ARGUMENT_NUMBER, false, "N",
	  "CAs that may stand below it; 0 for one with a parent" },
	CONSTRAINT_ARGUMENTS,
	{ "--trust", "trust", ARGUMENT_FLAG, false, NULL, "add it to EST authentication" },
	{ "--no-trust", NULL, ARGUMENT_FLAG, false, NULL, "do not, and do not ask" },
	{ 0 },
};
static const struct argument import_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "the CA's name in the account" },
	{ "FILE", "file", ARGUMENT_FILE, false, NULL,
	  "PKCS#12, or PEM with key and certificates up to the root; with --token-key PEM "
	  "certificates, the CA's own first" },
	{ "--passphrase-file", "passphrase", ARGUMENT_SECRET, false, "FILE",
	  "of the file's key; - reads standard input" },
	{ "--token-key", "token_key", ARGUMENT_TEXT, false, "KEY",
	  "the key is in the token: its label, or id:HEX; without FILE so are the certificates" },
	{ "--trust", "trust", ARGUMENT_FLAG, false, NULL, "add it to EST authentication" },
	{ "--no-trust", NULL, ARGUMENT_FLAG, false, NULL, "do not, and do not ask" },
	{ 0 },
};
static const struct argument set_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "the CA" },
	{ "--signature", "signature", ARGUMENT_TEXT, true, "ALGORITHM",
	  "rsa-sha256, rsa-pss-sha256, ecdsa-sha384 … or auto" },
	{ 0 },
};
static const struct argument name_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "the CA" },
	{ 0 },
};
static const struct argument export_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "the CA" },
	{ "--chain", "chain", ARGUMENT_FLAG, false, NULL, "with all above it, up to the root" },
	{ "--request", "request", ARGUMENT_FLAG, false, NULL,
	  "the request instead, where one waits for its certificate" },
	{ 0 },
};
static const struct argument request_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "the CA's name in the account" },
	{ "--subject", "subject", ARGUMENT_TEXT, false, "NAME",
	  "such as 'CN=Acme Issuing G1,O=Acme'" },
	{ "--key", "key", ARGUMENT_TEXT, false, "KEY",
	  "rsa-2048, rsa-3072, rsa-4096, p256 (the default) or p384" },
	{ "--key-store", "key_store", ARGUMENT_TEXT, false, "PLACE",
	  "where the key is made and stays: file (the default), or token" },
	{ "--path-len", "path_len", ARGUMENT_NUMBER, false, "N",
	  "CAs that may stand below it; 0 is asked for where nothing is said" },
	CONSTRAINT_ARGUMENTS,
	{ "--renew", "renew", ARGUMENT_FLAG, false, NULL,
	  "for the key that the CA has, with nothing changed" },
	{ 0 },
};
static const struct argument certificate_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "the CA that waits" },
	{ "FILE", "file", ARGUMENT_FILE, true, NULL,
	  "its certificate and those above it: PEM, DER or PKCS#7, in any order" },
	{ "--trust", "trust", ARGUMENT_FLAG, false, NULL, "add it to EST authentication" },
	{ "--no-trust", NULL, ARGUMENT_FLAG, false, NULL, "do not, and do not ask" },
	{ 0 },
};
static const struct argument sign_arguments[] = {
	{ "CA", "name", ARGUMENT_TEXT, true, NULL, "who signs" },
	{ "FILE", "csr", ARGUMENT_FILE, true, NULL,
	  "the other CA's request; its name, key and key identifier are taken" },
	{ "--path-len", "path_len", ARGUMENT_NUMBER, false, "N",
	  "CAs that may stand below it; 0 is the default" },
	CONSTRAINT_ARGUMENTS,
	{ "--validity", "validity", ARGUMENT_TEXT, false, "TIME",
	  "such as 5y (the default, cut where the signing CA ends)" },
	{ "--key-id", "key_id", ARGUMENT_TEXT, false, "HEX",
	  "the subjectKeyIdentifier by which its certificates know it; else as the request asks" },
	{ "--dry-run", "dry_run", ARGUMENT_FLAG, false, NULL,
	  "show what it will say, and sign nothing" },
	{ "--out", NULL, ARGUMENT_TEXT, false, "FILE", "the certificate and its chain as PEM" },
	{ 0 },
};
static const struct argument renew_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "the CA" },
	{ "--validity", "validity", ARGUMENT_TEXT, false, "TIME",
	  "as long as the old one was, cut where the parent ends" },
	{ 0 },
};
static const struct argument state_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "the CA" },
	{ "--confirm", "confirm", ARGUMENT_TEXT, false, "NAME",
	  "the CA's name once more, where active profiles issue from it" },
	{ 0 },
};

static const struct command commands[] = {
	{ "ca", "create", "ca.create", "Makes a CA: a root, or one below another",
	  "ca create root --subject 'CN=Acme Root,O=Acme' --key p384 --validity 20y --no-trust\n"
	  "ca create issuing --parent root --subject 'CN=Acme Issuing G1,O=Acme' --trust\n"
	  "ca create plant3 --parent root --subject 'CN=Acme Plant 3,O=Acme' "
	  "--permit dns:plant3.acme.example --permit ip:10.3.0.0/16 --trust\n",
	  create_arguments, show_one, make },
	{ "ca", "import", "ca.import", "Loads a CA with its key",
	  "ca import issuing issuing.p12 --passphrase-file issuing.pass --trust\n"
	  "ca import root root.pem --token-key 'Acme Root' --no-trust\n",
	  import_arguments, show_one, make },
	{ "ca", "list", "ca.list", "Lists the CAs", "ca list\n", NULL, show_list, NULL },
	{ "ca", "set", "ca.set", "Says what a CA signs with, where no profile says otherwise",
	  "ca set issuing --signature rsa-pss-sha384\n", set_arguments, show_one, NULL },
	{ "ca", "show", "ca.show", "Shows a CA", "ca show issuing\n", name_arguments, show_one,
	  NULL },
	{ "ca", "export", "ca.export", "Prints a CA's certificate as PEM",
	  "ca export issuing --chain > chain.pem\n", export_arguments, show_pem, NULL },
	{ "ca", "request", "ca.request",
	  "Makes a CA's key and the request for a CA elsewhere to sign",
	  "ca request issuing --subject 'CN=Acme Issuing G1,O=Acme' --key p384 > issuing.csr\n"
	  "ca request issuing --renew > issuing.csr\n",
	  request_arguments, show_request, NULL },
	{ "ca", "certificate", "ca.certificate",
	  "Takes in the certificate that was made of a request",
	  "ca certificate issuing issuing-and-root.pem --trust\n", certificate_arguments, show_one,
	  make },
	{ "ca", "cancel", "ca.cancel", "Takes a request back", "ca cancel issuing\n",
	  name_arguments, show_cancelled, NULL },
	{ "ca", "sign", "ca.sign", "Signs somebody else's CA",
	  "ca sign root partner.csr --permit dns:partner.example --validity 3y --dry-run\n"
	  "ca sign root partner.csr --permit dns:partner.example --validity 3y --out partner.pem\n",
	  sign_arguments, NULL, sign },
	{ "ca", "renew", "ca.renew", "Gives a CA a new certificate for the key that it has",
	  "ca renew issuing --validity 10y\n", renew_arguments, show_one, NULL },
	{ "ca", "retire", "ca.retire", "Lets a CA issue nothing more; what it issued stays",
	  "ca retire issuing-2025\n", state_arguments, show_one, NULL },
	{ "ca", "disable", "ca.disable", "Switches a CA off", "ca disable issuing-2025\n",
	  state_arguments, show_one, NULL },
	{ "ca", "activate", "ca.activate", "Lets a CA issue again", "ca activate issuing\n",
	  name_arguments, show_one, NULL },
};
const struct command_table ca_commands = { commands, ARRAY_LEN(commands) };
