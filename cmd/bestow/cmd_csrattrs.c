#include "bestow/command.h"
#include "bestow/say.h"
#include "bestow/session.h"

/* Some servers tell only who has proven itself. */
static bool identify(const struct options *options, struct session *session,
		     struct bestow_error *err)
{
	struct pair current = { 0 };
	bool known;

	if (options->name && pair_load(options, "current", &current, NULL) && current.certs)
		known = session_use_pair(options, session, &current, err);
	else
		known = session_bootstrap(options, session, err);
	pair_done(&current);
	return known;
}

int cmd_csrattrs(struct options *options)
{
	struct memory memory = { 0 };
	struct session session = { 0 };
	struct bestow_attributes *attributes = NULL;
	struct bestow_error err = { 0 };
	char text[512];
	int code;

	if (options->name)
		memory_load(options, &memory);
	if (!session_open(options, &memory, &session, &err) || !identify(options, &session, &err) ||
	    !bestow_csrattrs(session.client, &attributes, &err)) {
		code = fail_client(options, &err);
	} else {
		const char *key = bestow_attributes_key_type(attributes);

		bestow_attributes_text(attributes, text, sizeof text);
		code = say_result(options, json_pack("{s:s, s:s?}", "words", text, "key", key),
				  "%s", text);
	}
	bestow_attributes_free(attributes);
	session_close(&session);
	return code;
}
