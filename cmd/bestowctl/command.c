#include "bestowctl/command.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "bestowctl/ask.h"
#include "bestowctl/client.h"
#include "bestowctl/exit_code.h"
#include "bestowctl/print.h"

/* clang-format off: one a line, so that two that are added do not meet */
const struct command_table *const command_tables[] = {
	&status_commands,      &account_commands,       &ca_commands,     &profile_commands,
	&trust_commands,       &allow_commands,         &device_commands, &ra_commands,
	&certificate_commands, &request_commands,       &crl_commands,    &ocsp_commands,
	&rollover_commands,    &key_commands,           &node_commands,   &event_commands,
	&audit_commands,       &administrator_commands, &token_commands,  &completion_commands,
};
/* clang-format on */
const size_t command_table_count = ARRAY_LEN(command_tables);

static bool is_verb(const char *of_command, const char *verb)
{
	if (!of_command || !verb)
		return of_command == verb;
	return strcmp(of_command, verb) == 0;
}

const struct command *command_find(const char *noun, const char *verb)
{
	for (size_t t = 0; t < command_table_count; t++)
		for (size_t i = 0; i < command_tables[t]->count; i++) {
			const struct command *command = &command_tables[t]->commands[i];

			if (strcmp(command->noun, noun) == 0 && is_verb(command->verb, verb))
				return command;
		}
	return NULL;
}

bool command_noun_is_known(const char *noun)
{
	for (size_t t = 0; t < command_table_count; t++)
		for (size_t i = 0; i < command_tables[t]->count; i++)
			if (strcmp(command_tables[t]->commands[i].noun, noun) == 0)
				return true;
	return false;
}

const char *own_text(const struct invocation *invocation, const char *name)
{
	return json_string_value(json_object_get(invocation->own, name));
}

bool own_flag(const struct invocation *invocation, const char *name)
{
	return json_is_true(json_object_get(invocation->own, name));
}

static int refuse(const struct invocation *invocation, const struct answer *answer)
{
	struct error err = { 0 };

	answer_to_error(answer, &err);
	if (!invocation->global->json)
		return fail(&err);
	print_json(answer->refusal);
	return (int)exit_code_of(err.reason);
}

int command_ask(const struct invocation *invocation, const char *request, const json_t *params,
		json_t **ret)
{
	CLEANUP(answer_done) struct answer answer = { 0 };
	struct error err = { 0 };

	if (!client_ask(invocation, request, params, &answer, &err))
		return fail_unreachable(&err);
	if (answer.refusal)
		return refuse(invocation, &answer);
	*ret = TAKE(answer.result);
	return EXIT_DONE;
}

void command_show(const struct invocation *invocation, const json_t *result)
{
	if (invocation->global->json)
		print_json(result);
	else
		invocation->command->show(invocation, result);
}

int command_run(const struct invocation *invocation)
{
	json_auto_t *result = NULL;

	if (invocation->command->run)
		return invocation->command->run(invocation);

	int code =
		command_ask(invocation, invocation->command->request, invocation->params, &result);
	if (code == EXIT_DONE)
		command_show(invocation, result);
	return code;
}
