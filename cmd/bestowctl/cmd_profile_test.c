#include "bestowctl/cmd_profile_test.h"

#include <stdio.h>
#include <string.h>

#include "bestowctl/ask.h"
#include "bestowctl/exit_code.h"
#include "bestowctl/print.h"

static const struct column fields[] = {
	{ "subject", "subject", LOOK_TEXT },
	{ "issuer", "issuer", LOOK_TEXT },
	{ "key", "key", LOOK_TEXT },
	{ "key's SHA-256", "key_fingerprint", LOOK_FINGERPRINT },
	{ "signature", "signature", LOOK_TEXT },
	{ "begins", "not_before", LOOK_TIME },
	{ "ends", "not_after", LOOK_TIME },
};

static const struct outcome {
	const char *name, *words;
	enum reason reason; /* for the exit code; that of a refusal is the refusal's */
} outcomes[] = {
	{ "issued", "would be issued", REASON_NONE },
	{ "repeated", "would get the same certificate again", REASON_NONE },
	{ "waits", "would wait for an operator's approval", REASON_PENDING_APPROVAL },
	{ "refused", "would be refused", REASON_NONE },
};

static const struct outcome *find_outcome(const json_t *result)
{
	const char *name = json_text_at(result, "outcome");

	for (size_t i = 0; i < ARRAY_LEN(outcomes); i++)
		if (strcmp(outcomes[i].name, name) == 0)
			return &outcomes[i];
	return &outcomes[ARRAY_LEN(outcomes) - 1];
}

static void print_refusal(const json_t *refusal)
{
	if (!json_is_object(refusal))
		return;
	printf("rule %s: ", json_text_at(refusal, "rule"));
	print_text(json_text_at(refusal, "words"));
	fputs(": ", stdout);
	print_text(json_text_at(refusal, "detail"));
	printf(" [%s]\n  %s\n", json_text_at(refusal, "code"), json_text_at(refusal, "remedy"));
}

static void print_assumptions(const json_t *assumptions)
{
	for (size_t i = 0; i < json_array_size(assumptions); i++)
		printf("assuming: %s\n", json_string_value(json_array_get(assumptions, i)));
}

static void print_trace(const json_t *trace)
{
	puts("rules:");
	for (size_t i = 0; i < json_array_size(trace); i++) {
		const json_t *step = json_array_get(trace, i);

		printf("  %-18s %-8s ", json_text_at(step, "rule"), json_text_at(step, "outcome"));
		print_text(json_text_at(step, "words"));
		putchar('\n');
	}
}

void profile_test_show(const struct invocation *invocation, const json_t *result)
{
	const json_t *certificate = json_at(result, "certificate");

	printf("%s by profile %s (version %" JSON_INTEGER_FORMAT ") as %s%s, asked by ",
	       find_outcome(result)->words, json_text_at(result, "profile"),
	       json_integer_value(json_at(result, "profile_version")),
	       json_text_at(result, "operation"),
	       json_is_true(json_at(result, "renewal")) ? ", a renewal" : "");
	print_text(json_text_at(result, "requested_by"));
	putchar('\n');
	print_refusal(json_at(result, "refusal"));
	if (json_is_object(certificate)) {
		print_fields(certificate, fields, ARRAY_LEN(fields));
		print_extensions(json_at(certificate, "extensions"));
	}
	print_assumptions(json_at(result, "assumptions"));
	if (own_flag(invocation, "--trace"))
		print_trace(json_at(result, "trace"));
	fflush(stdout);
	if (*json_text_at(result, "request_id"))
		print_hint(invocation, "it is known: bestowctl request show %s",
			   json_text_at(result, "request_id"));
	if (!own_flag(invocation, "--trace"))
		print_hint(invocation, "--trace shows what every rule said");
}

int profile_test_run(const struct invocation *invocation)
{
	json_auto_t *result = NULL;
	int code =
		command_ask(invocation, invocation->command->request, invocation->params, &result);

	if (code != EXIT_DONE)
		return code;
	command_show(invocation, result);

	const char *refusal = json_text_at(result, "refusal.code");
	enum reason reason = *refusal ? reason_by_code(refusal) : find_outcome(result)->reason;
	return (int)exit_code_of(reason == REASON_COUNT ? REASON_INTERNAL : reason);
}

const struct argument profile_test_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "the profile" },
	{ "--csr", "csr", ARGUMENT_FILE, true, "FILE", "the device's request, PEM or DER" },
	{ "--client-cert", "client_cert", ARGUMENT_FILE, false, "FILE",
	  "the certificate that it authenticates with; no key" },
	{ "--chain", "chain", ARGUMENT_FILE, false, "FILE", "what it sends above that one" },
	{ "--passphrase", "passphrase", ARGUMENT_FLAG, false, NULL, "it sends the right one" },
	{ "--address", "address", ARGUMENT_TEXT, false, "A", "where it asks from" },
	{ "--renew", "renew", ARGUMENT_FLAG, false, NULL, "by simplereenroll" },
	{ "--at", "at", ARGUMENT_TEXT, false, "TIME", "then, instead of now" },
	{ "--trace", NULL, ARGUMENT_FLAG, false, NULL, "with what every rule said" },
	{ 0 },
};
