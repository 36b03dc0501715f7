#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "bestowctl/ask.h"
#include "bestowctl/certificate_commands.h"
#include "bestowctl/command.h"
#include "bestowctl/exit_code.h"
#include "bestowctl/print.h"

static const struct column columns[] = {
	{ "SERIAL", "serial", LOOK_SERIAL }, { "STATE", "state", LOOK_TEXT },
	{ "PROFILE", "profile", LOOK_TEXT }, { "CA", "ca", LOOK_TEXT },
	{ "ENDS", "not_after", LOOK_DATE },  { "VIA", "issued_via", LOOK_TEXT },
	{ "SUBJECT", "subject", LOOK_TEXT },
};

static const struct column fields[] = {
	{ "serial", "serial", LOOK_SERIAL },
	{ "state", "state", LOOK_TEXT },
	{ "revoked", "revocation.at", LOOK_TIME },
	{ "reason", "revocation.reason", LOOK_TEXT },
	{ "invalid since", "revocation.invalidity_date", LOOK_TIME },
	{ "purpose", "purpose", LOOK_TEXT },
	{ "subject", "subject", LOOK_TEXT },
	{ "names", "x509.san", LOOK_SANS },
	{ "key", "x509.key", LOOK_TEXT },
	{ "CA", "ca", LOOK_TEXT },
	{ "issuer", "x509.issuer", LOOK_TEXT },
	{ "profile", "profile", LOOK_TEXT },
	{ "profile version", "profile_version", LOOK_TEXT },
	{ "begins", "not_before", LOOK_TIME },
	{ "ends", "not_after", LOOK_TIME },
	{ "SHA-256", "x509.fingerprint", LOOK_FINGERPRINT },
	{ "issued", "created", LOOK_TIME },
	{ "via", "issued_via", LOOK_TEXT },
	{ "asked by", "requested_by", LOOK_TEXT },
	{ "from", "peer", LOOK_TEXT },
	{ "request", "request_id", LOOK_TEXT },
};

static void show_list(const struct invocation *invocation, const json_t *result)
{
	const json_t *next = json_at(result, "next_cursor");

	print_table(invocation, json_at(result, "certificates"), columns, ARRAY_LEN(columns),
		    "no certificate");
	fflush(stdout);
	if (json_is_integer(next))
		print_hint(invocation, "there are more: --cursor %" JSON_INTEGER_FORMAT,
			   json_integer_value(next));
}

static void show_one(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	print_fields(json_at(result, "certificate"), fields, ARRAY_LEN(fields));
}

static void show_revoked(const struct invocation *invocation, const json_t *result)
{
	printf("certificate %s %s, %s, since ", json_text_at(result, "certificate.serial"),
	       json_is_true(json_at(result, "already")) ? "was revoked already" : "is revoked",
	       json_text_at(result, "certificate.revocation.reason"));
	puts(json_text_at(result, "certificate.revocation.at"));
	fflush(stdout);
	print_hint(invocation, "it cannot renew from now on");
}

static void show_held(const struct invocation *invocation, const json_t *result)
{
	printf("certificate %s is on hold\n", json_text_at(result, "certificate.serial"));
	fflush(stdout);
	print_hint(invocation, "cert release ends the hold, cert revoke makes it last");
}

static void show_released(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	printf("certificate %s is good again\n", json_text_at(result, "certificate.serial"));
}

static int write_der(const struct invocation *invocation, const json_t *result)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };

	if (!base64_decode(bytes_of_string(json_text_at(result, "der")), &der, &err))
		return fail(&err);
	return out_save(own_text(invocation, "--out"), der.data, der.len);
}

static int export(const struct invocation *invocation)
{
	json_auto_t *result = NULL;
	int code;

	if (own_flag(invocation, "--der") && json_object_get(invocation->params, "chain"))
		return fail_usage("either --der or --chain: DER holds one certificate");
	code = command_ask(invocation, "cert.export", invocation->params, &result);
	if (code != EXIT_DONE)
		return code;
	if (invocation->global->json) {
		print_json(result);
		return EXIT_DONE;
	}
	if (own_flag(invocation, "--der"))
		return write_der(invocation, result);

	const char *pem = json_text_at(result, "pem");
	return out_save(own_text(invocation, "--out"), pem, strlen(pem));
}

static const struct argument list_arguments[] = {
	{ "--state", "state", ARGUMENT_TEXT, false, "STATE",
	  "valid, expired, issued, revoked, intent or abandoned" },
	{ "--profile", "profile", ARGUMENT_TEXT, false, "PROFILE", "issued by this profile" },
	{ "--ca", "ca", ARGUMENT_TEXT, false, "CA", "issued by this CA" },
	{ "--expires-before", "expires_before", ARGUMENT_TEXT, false, "DATE",
	  "such as 2027-01-31" },
	{ "--subject", "subject", ARGUMENT_TEXT, false, "TEXT", "part of the subject" },
	{ "--text", "text", ARGUMENT_TEXT, false, "WORDS",
	  "how words of the subject or the subjectAltNames begin: quick however many there are" },
	{ "--subject-begins", "subject_begins", ARGUMENT_TEXT, false, "TEXT",
	  "its beginning, like CN=sensor: quick however many there are" },
	{ "--san", "san", ARGUMENT_TEXT, false, "TEXT", "part of a subjectAltName" },
	{ "--serial", "serial", ARGUMENT_TEXT, false, "HEX", "how the serial begins" },
	{ "--limit", "limit", ARGUMENT_NUMBER, false, "N", "at most this many; 50" },
	{ "--cursor", "cursor", ARGUMENT_NUMBER, false, "N", "go on behind an earlier list" },
	{ 0 },
};
static const struct argument show_arguments[] = {
	{ "SERIAL", "serial", ARGUMENT_TEXT, true, NULL, "hexadecimal, or how it begins" },
	{ "--ca", "ca", ARGUMENT_TEXT, false, "CA", "where two CAs gave the same" },
	{ 0 },
};
static const struct argument export_arguments[] = {
	{ "SERIAL", "serial", ARGUMENT_TEXT, true, NULL, "hexadecimal, or how it begins" },
	{ "--ca", "ca", ARGUMENT_TEXT, false, "CA", "where two CAs gave the same" },
	{ "--chain", "chain", ARGUMENT_FLAG, false, NULL, "with the CAs above it" },
	{ "--der", NULL, ARGUMENT_FLAG, false, NULL, "DER instead of PEM" },
	{ "--out", NULL, ARGUMENT_TEXT, false, "FILE", "instead of standard output" },
	{ 0 },
};
static const struct argument revoke_arguments[] = {
	{ "SERIAL", "serial", ARGUMENT_TEXT, true, NULL, "the whole serial, hexadecimal" },
	{ "--reason", "reason", ARGUMENT_TEXT, false, "REASON",
	  "keyCompromise, superseded, cessationOfOperation …" },
	{ "--invalidity-date", "invalidity_date", ARGUMENT_TEXT, false, "DATE",
	  "since when the key is not to be believed" },
	{ "--ca", "ca", ARGUMENT_TEXT, false, "CA", "where two CAs gave the same" },
	{ "--confirm", "confirm", ARGUMENT_TEXT, false, "ca", "for a CA's own certificate" },
	{ 0 },
};

static const struct argument hold_arguments[] = {
	{ "SERIAL", "serial", ARGUMENT_TEXT, true, NULL, "the whole serial, hexadecimal" },
	{ "--ca", "ca", ARGUMENT_TEXT, false, "CA", "where two CAs gave the same" },
	{ "--confirm", "confirm", ARGUMENT_TEXT, false, "ca", "for a CA's own certificate" },
	{ 0 },
};
static const struct argument release_arguments[] = {
	{ "SERIAL", "serial", ARGUMENT_TEXT, true, NULL, "the whole serial, hexadecimal" },
	{ "--ca", "ca", ARGUMENT_TEXT, false, "CA", "where two CAs gave the same" },
	{ 0 },
};

static const struct argument unknown_arguments[] = {
	{ "--limit", "limit", ARGUMENT_NUMBER, false, "N", "at most this many; 50" },
	{ "--cursor", "cursor", ARGUMENT_NUMBER, false, "N", "go on behind an earlier list" },
	{ 0 },
};
static const struct argument adopt_arguments[] = {
	{ "SERIAL", "serial", ARGUMENT_TEXT, false, NULL,
	  "one that cert unknown lists: the whole serial, hexadecimal" },
	{ "--file", NULL, ARGUMENT_TEXT, false, "FILE",
	  "those in a file, PEM or DER; - reads standard input" },
	{ "--all", "all", ARGUMENT_FLAG, false, NULL,
	  "all that came to the profile and are lost by a restoration" },
	{ "--profile", "profile", ARGUMENT_TEXT, true, "PROFILE",
	  "that they count as issued by, and renew at" },
	{ 0 },
};

static const struct command commands[] = {
	{ "cert", "list", "cert.list", "Lists certificates, newest first",
	  "cert list --state valid --profile sensors\ncert list --expires-before 2027-01-31\n",
	  list_arguments, show_list, NULL },
	{ "cert", "show", "cert.show", "Shows a certificate and how it came about",
	  "cert show 5d3f9a01\n", show_arguments, show_one, NULL },
	{ "cert", "export", NULL, "Prints a certificate",
	  "cert export 5d3f9a01 > device.pem\ncert export 5d3f9a01 --der --out device.crt\n",
	  export_arguments, NULL, export },
	{ "cert", "revoke", "cert.revoke", "Revokes a certificate for good",
	  "cert revoke 5d3f9a0177c2… --reason keyCompromise\n", revoke_arguments, show_revoked,
	  NULL },
	{ "cert", "hold", "cert.hold", "Revokes a certificate until it is released",
	  "cert hold 5d3f9a0177c2…\n", hold_arguments, show_held, NULL },
	{ "cert", "release", "cert.release", "Ends a hold", "cert release 5d3f9a0177c2…\n",
	  release_arguments, show_released, NULL },
	{ "cert", "unknown", "cert.unknown",
	  "Lists what the CAs have signed and the store does not know", "cert unknown\n",
	  unknown_arguments, show_unknown, NULL },
	{ "cert", "adopt", NULL, "Takes in what a CA has signed and the store does not know",
	  "cert adopt 015d3f9a0177c2… --profile sensors\n"
	  "cert adopt --file lost.pem --profile sensors\n"
	  "cert adopt --all --profile sensors\n",
	  adopt_arguments, NULL, certificate_adopt },
};
const struct command_table certificate_commands = { commands, ARRAY_LEN(commands) };
