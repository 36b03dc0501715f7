#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "bestowctl/ask.h"
#include "bestowctl/command.h"
#include "bestowctl/exit_code.h"
#include "bestowctl/print.h"

static const struct column columns[] = {
	{ "NAME", "name", LOOK_TEXT },
	{ "STATE", "certificate.state", LOOK_TEXT },
	{ "PROFILES", "profiles", LOOK_TEXT },
	{ "ENDS", "certificate.not_after", LOOK_DATE },
	{ "SUBJECT", "certificate.subject", LOOK_TEXT },
	{ "SERIAL", "certificate.serial", LOOK_SERIAL },
};

static const struct column former_columns[] = {
	{ "FORMER", "certificate.serial", LOOK_SERIAL },
	{ "HOLDS UNTIL", "until", LOOK_TIME },
};

static void show_list(const struct invocation *invocation, const json_t *result)
{
	print_table(invocation, json_at(result, "ras"), columns, ARRAY_LEN(columns),
		    "no RA certificate yet; bestowctl ra enroll makes one");
}

static void show_one(const struct invocation *invocation, const json_t *result)
{
	print_fields(json_at(result, "ra"), columns, ARRAY_LEN(columns));
	if (json_array_size(json_at(result, "ra.former")) > 0)
		print_table(invocation, json_at(result, "ra.former"), former_columns,
			    ARRAY_LEN(former_columns), "");
}

static void show_revoked(const struct invocation *invocation, const json_t *result)
{
	bool former = json_is_true(json_at(result, "former"));

	(void)invocation;
	printf(former ? "RA certificate %s has no former one that holds: %s\n"
		      : "RA certificate %s is revoked: %s\n",
	       json_text_at(result, "revoked"), json_text_at(result, "reason"));
}

/* -- enrolling -- */

static int write_certificate(const struct invocation *invocation, const json_t *result)
{
	CLEANUP(buffer_done) struct buffer pem = { 0 };

	buffer_append_text(&pem, json_text_at(result, "pem"));
	buffer_append_text(&pem, json_text_at(result, "chain"));
	return out_save(own_text(invocation, "--out"), pem.data, pem.len);
}

static int write_p12(struct out *out, const json_t *result)
{
	CLEANUP(buffer_wipe) struct buffer p12 = { 0 };
	struct error err = { 0 };

	if (!base64_decode(bytes_of_string(json_text_at(result, "p12")), &p12, &err))
		return fail(&err);
	return out_write(out, p12.data, p12.len);
}

/* --json alone prints the whole answer, PEM and PKCS#12 in it. */
static int hand_out(const struct invocation *invocation, const json_t *result, struct out *p12)
{
	int code = EXIT_DONE;

	if (p12->path)
		code = write_p12(p12, result);
	else if (!invocation->global->json || own_text(invocation, "--out"))
		code = write_certificate(invocation, result);
	if (invocation->global->json)
		print_json(result);
	else
		print_warnings(json_at(result, "warnings"));
	if (code == EXIT_DONE && p12->path)
		fprintf(stderr, "RA certificate and key are in %s\n", p12->path);
	return code;
}

static int check_ways(const struct invocation *invocation)
{
	bool with_csr = json_object_get(invocation->params, "csr") != NULL;
	bool with_p12 = own_text(invocation, "--p12") != NULL;

	if (with_csr == with_p12)
		return fail_usage("either --csr FILE, or --p12 FILE with --p12-passphrase-file");
	return EXIT_DONE;
}

static int obtain(const struct invocation *invocation, const char *request, json_t **ret_result)
{
	CLEANUP(out_done) struct out p12 = { 0 };
	int code = check_ways(invocation);

	if (code == EXIT_DONE)
		code = out_reserve(own_text(invocation, "--p12"), &p12);
	if (code == EXIT_DONE)
		code = command_ask(invocation, request, invocation->params, ret_result);
	return code == EXIT_DONE ? hand_out(invocation, *ret_result, &p12) : code;
}

static int enroll(const struct invocation *invocation)
{
	json_auto_t *result = NULL;

	return obtain(invocation, "ra.enroll", &result);
}

static int rotate(const struct invocation *invocation)
{
	json_auto_t *result = NULL;
	int code = obtain(invocation, "ra.rotate", &result);
	const char *until = json_text_at(result, "old.until");

	if (code == EXIT_DONE && until[0])
		fprintf(stderr,
			"the old certificate holds until %s; sooner revoked by: bestowctl ra "
			"revoke %s --former\n",
			until, json_text_at(result, "name"));
	else if (code == EXIT_DONE)
		fprintf(stderr, "the old certificate holds no longer\n");
	return code;
}

static const struct argument enroll_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "the RA certificate's name" },
	{ "--ca", "ca", ARGUMENT_TEXT, true, "CA", "who signs it" },
	{ "--profile", "profiles", ARGUMENT_TEXTS, false, "PROFILE", "a profile it may speak for" },
	{ "--all-profiles", "all_profiles", ARGUMENT_FLAG, false, NULL, "all of the account's" },
	{ "--csr", "csr", ARGUMENT_FILE, false, "FILE", "for a key that you keep" },
	{ "--out", NULL, ARGUMENT_TEXT, false, "FILE", "the certificate and its chain as PEM" },
	{ "--p12", NULL, ARGUMENT_TEXT, false, "FILE", "a new key and certificate as PKCS#12" },
	{ "--p12-passphrase-file", "passphrase", ARGUMENT_SECRET, false, "FILE",
	  "of the PKCS#12; - reads standard input" },
	{ "--key", "key", ARGUMENT_TEXT, false, "KEY",
	  "for --p12: p256 (the default), rsa-3072 …" },
	{ "--subject", "subject", ARGUMENT_TEXT, false, "NAME",
	  "instead of the CSR's, or of CN=NAME" },
	{ "--validity", "validity", ARGUMENT_TEXT, false, "TIME", "such as 1y (the default)" },
	{ 0 },
};
static const struct argument rotate_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "the RA certificate" },
	{ "--csr", "csr", ARGUMENT_FILE, false, "FILE", "for a new key that you keep" },
	{ "--out", NULL, ARGUMENT_TEXT, false, "FILE", "the certificate and its chain as PEM" },
	{ "--p12", NULL, ARGUMENT_TEXT, false, "FILE", "a new key and certificate as PKCS#12" },
	{ "--p12-passphrase-file", "passphrase", ARGUMENT_SECRET, false, "FILE",
	  "of the PKCS#12; - reads standard input" },
	{ "--key", "key", ARGUMENT_TEXT, false, "KEY",
	  "for --p12: p256 (the default), rsa-3072 …" },
	{ "--overlap", "overlap", ARGUMENT_TEXT, false, "TIME",
	  "how long the old one holds: 7d (the default) … 0" },
	{ "--validity", "validity", ARGUMENT_TEXT, false, "TIME", "else as long as the old one's" },
	{ "--ca", "ca", ARGUMENT_TEXT, false, "CA", "else the old one's" },
	{ 0 },
};
static const struct argument name_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "the RA certificate" },
	{ 0 },
};
static const struct argument admit_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "a name for the RA certificate" },
	{ "--serial", "serial", ARGUMENT_TEXT, true, "SERIAL",
	  "of a certificate that a profile of template ra made" },
	{ "--ca", "ca", ARGUMENT_TEXT, false, "CA", "whose it is" },
	{ "--profile", "profiles", ARGUMENT_TEXTS, false, "PROFILE", "a profile it may speak for" },
	{ "--all-profiles", "all_profiles", ARGUMENT_FLAG, false, NULL, "all of the account's" },
	{ 0 },
};
static const struct argument set_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "the RA certificate" },
	{ "--profile", "profiles", ARGUMENT_TEXTS, false, "PROFILE",
	  "a profile it may speak for; those not named it may not" },
	{ "--all-profiles", "all_profiles", ARGUMENT_FLAG, false, NULL, "all of the account's" },
	{ 0 },
};
static const struct argument revoke_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "the RA certificate" },
	{ "--reason", "reason", ARGUMENT_TEXT, false, "REASON",
	  "keyCompromise, superseded, cessationOfOperation …" },
	{ "--former", "former", ARGUMENT_FLAG, false, NULL,
	  "only what it was rotated from and still holds" },
	{ 0 },
};

static const struct command commands[] = {
	{ "ra", "enroll", NULL, "Makes an RA certificate, with which a proxy speaks for devices",
	  "ra enroll plant3 --ca issuing --profile sensors --csr plant3.csr --out plant3.pem\n"
	  "ra enroll plant4 --ca issuing --all-profiles --p12 plant4.p12 --p12-passphrase-file "
	  "pass\n",
	  enroll_arguments, NULL, enroll },
	{ "ra", "rotate", NULL,
	  "Makes one's successor: the same name, subject and scope, with a new key",
	  "ra rotate plant3 --csr plant3-2.csr --out plant3-2.pem\n"
	  "ra rotate plant4 --p12 plant4-2.p12 --p12-passphrase-file pass --overlap 1d\n",
	  rotate_arguments, NULL, rotate },
	{ "ra", "admit", "ra.admit", "Lets an RA certificate that a profile made speak for devices",
	  "ra admit plant5 --serial 3f9a01 --profile sensors\n", admit_arguments, show_one, NULL },
	{ "ra", "list", "ra.list", "Lists the RA certificates", "ra list\n", NULL, show_list,
	  NULL },
	{ "ra", "show", "ra.show", "Shows one", "ra show plant3\n", name_arguments, show_one,
	  NULL },
	{ "ra", "set", "ra.set", "Changes what it may speak for",
	  "ra set plant3 --profile sensors --profile gateways\n", set_arguments, show_one, NULL },
	{ "ra", "revoke", "ra.revoke", "Revokes one", "ra revoke plant3 --reason keyCompromise\n",
	  revoke_arguments, show_revoked, NULL },
};
const struct command_table ra_commands = { commands, ARRAY_LEN(commands) };
