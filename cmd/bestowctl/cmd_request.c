#include <stdio.h>
#include <string.h>

#include "bestowctl/command.h"
#include "bestowctl/print.h"

static const struct column columns[] = {
	{ "ID", "request_id", LOOK_TEXT },         { "STATE", "state", LOOK_TEXT },
	{ "PROFILE", "profile", LOOK_TEXT },       { "SINCE", "created", LOOK_TIME },
	{ "ASKED BY", "requested_by", LOOK_TEXT }, { "FROM", "peer", LOOK_TEXT },
	{ "SUBJECT", "subject", LOOK_TEXT },
};

static const struct column fields[] = {
	{ "request", "request_id", LOOK_TEXT },
	{ "state", "state", LOOK_TEXT },
	{ "profile", "profile", LOOK_TEXT },
	{ "profile version", "profile_version", LOOK_TEXT },
	{ "operation", "operation", LOOK_TEXT },
	{ "renewal", "renewal", LOOK_YES },
	{ "asked by", "requested_by", LOOK_TEXT },
	{ "from", "peer", LOOK_TEXT },
	{ "since", "created", LOOK_TIME },
	{ "last asked", "last_seen", LOOK_TIME },
	{ "times asked", "polls", LOOK_TEXT },
	{ "kept until", "ends", LOOK_TIME },
	{ "decided", "decided", LOOK_TIME },
	{ "decided by", "decided_by", LOOK_TEXT },
	{ "reason", "remark", LOOK_TEXT },
	{ "subject", "certificate.subject", LOOK_TEXT },
	{ "issuer", "certificate.issuer", LOOK_TEXT },
	{ "key", "certificate.key", LOOK_TEXT },
	{ "key's SHA-256", "key_fingerprint", LOOK_FINGERPRINT },
	{ "signature", "certificate.signature", LOOK_TEXT },
	{ "would end", "certificate.not_after", LOOK_TIME },
};

static void show_list(const struct invocation *invocation, const json_t *result)
{
	const json_t *next = json_at(result, "next_cursor");

	print_table(invocation, json_at(result, "requests"), columns, ARRAY_LEN(columns),
		    "no request waits; profiles hold them by approval.hold");
	fflush(stdout);
	if (json_is_integer(next))
		print_hint(invocation, "there are more: --cursor %" JSON_INTEGER_FORMAT,
			   json_integer_value(next));
}

static void show_one(const struct invocation *invocation, const json_t *result)
{
	const json_t *request = json_at(result, "request");

	print_fields(request, fields, ARRAY_LEN(fields));
	print_extensions(json_at(request, "certificate.extensions"));
	fflush(stdout);
	if (strcmp(json_text_at(request, "state"), "pending") == 0)
		print_hint(invocation,
			   "next: bestowctl request approve %s, or reject it with --reason",
			   json_text_at(request, "request_id"));
}

static void show_approved(const struct invocation *invocation, const json_t *result)
{
	printf("request %s is approved: ", json_text_at(result, "request.request_id"));
	print_text(json_text_at(result, "request.subject"));
	putchar('\n');
	fflush(stdout);
	print_hint(invocation, "the client gets its certificate when it asks again, until %s",
		   json_text_at(result, "request.ends"));
}

static void show_rejected(const struct invocation *invocation, const json_t *result)
{
	printf("request %s is rejected\n", json_text_at(result, "request.request_id"));
	fflush(stdout);
	print_hint(invocation, "the client reads why when it asks again, until %s",
		   json_text_at(result, "request.ends"));
}

static const struct argument list_arguments[] = {
	{ "--profile", "profile", ARGUMENT_TEXT, false, "PROFILE", "held by this profile" },
	{ "--state", "state", ARGUMENT_TEXT, false, "STATE",
	  "pending, approved, rejected or issued" },
	{ "--limit", "limit", ARGUMENT_NUMBER, false, "N", "at most this many; 50" },
	{ "--cursor", "cursor", ARGUMENT_NUMBER, false, "N", "go on behind an earlier list" },
	{ 0 },
};
static const struct argument id_arguments[] = {
	{ "ID", "id", ARGUMENT_TEXT, true, NULL, "as request list has it, or how it begins" },
	{ 0 },
};
static const struct argument reject_arguments[] = {
	{ "ID", "id", ARGUMENT_TEXT, true, NULL, "as request list has it, or how it begins" },
	{ "--reason", "reason", ARGUMENT_TEXT, false, "TEXT", "what the client reads" },
	{ 0 },
};

static const struct command commands[] = {
	{ "request", "list", "request.list", "Lists requests that wait for approval, newest first",
	  "request list --state pending\n", list_arguments, show_list, NULL },
	{ "request", "show", "request.show", "Shows a request and what would be issued",
	  "request show 4f3a91c2\n", id_arguments, show_one, NULL },
	{ "request", "approve", "request.approve", "Lets the client fetch its certificate",
	  "request approve 4f3a91c2\n", id_arguments, show_approved, NULL },
	{ "request", "reject", "request.reject", "Refuses a request for good",
	  "request reject 4f3a91c2 --reason \"not on the delivery note\"\n", reject_arguments,
	  show_rejected, NULL },
};
const struct command_table request_commands = { commands, ARRAY_LEN(commands) };
