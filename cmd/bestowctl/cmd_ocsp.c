#include <stdio.h>

#include "base/cleanup.h"
#include "bestowctl/command.h"
#include "bestowctl/print.h"

static void show(const struct invocation *invocation, const json_t *result)
{
	static const struct column fields[] = {
		{ "asked at", "url", LOOK_TEXT },
		{ "answers made since the start", "answers_made", LOOK_TEXT },
		{ "answers kept ready", "answers_kept", LOOK_TEXT },
	};
	static const struct column columns[] = {
		{ "CA", "ca", LOOK_TEXT },          { "RESPONDER", "serial", LOOK_SERIAL },
		{ "KEY", "key", LOOK_TEXT },        { "SINCE", "since", LOOK_TIME },
		{ "UNTIL", "until", LOOK_TIME },    { "REVOKED", "revoked", LOOK_YES },
		{ "ANSWERS", "answers", LOOK_YES },
	};

	print_fields(result, fields, ARRAY_LEN(fields));
	fflush(stdout);
	print_table(invocation, json_at(result, "responders"), columns, ARRAY_LEN(columns),
		    "no responder yet");
	if (json_is_null(json_at(result, "url")))
		print_hint(invocation, "nobody is told where to ask: set [va] url");
}

static const struct argument no_arguments[] = { { 0 } };

static const struct command commands[] = {
	{ "ocsp", "show", "ocsp.show", "Shows who answers OCSP for the CAs, and until when",
	  "ocsp show\n", no_arguments, show, NULL },
};
const struct command_table ocsp_commands = { commands, ARRAY_LEN(commands) };
