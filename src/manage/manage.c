#include "manage/manage.h"

#include <stdio.h>
#include <string.h>

#include "manage/describe.h"
#include "manage/verb.h"
#include "store/store.h"

#define REQUEST_MAX (4 * 1024 * 1024)
#define REQUEST_DEPTH_MAX 12 /* a profile with its rules needs 5 */
#define FALLBACK_REPLY                                                                             \
	"{\"error\":{\"code\":\"no_memory\",\"words\":\"Memory is out\",\"detail\":\"\","          \
	"\"remedy\":\"Give the node more memory\"}}"

static const struct verb_table *const tables[] = {
	&status_verbs,  &account_verbs,  &ca_verbs,  &profile_verbs,     &passphrase_verbs,
	&trust_verbs,   &allow_verbs,    &ra_verbs,  &certificate_verbs, &node_verbs,
	&event_verbs,   &audit_verbs,    &key_verbs, &crl_verbs,         &ocsp_verbs,
	&request_verbs, &rollover_verbs,
};

static const struct verb *find_verb(const char *name)
{
	for (size_t t = 0; t < ARRAY_LEN(tables); t++)
		for (size_t i = 0; i < tables[t]->count; i++)
			if (strcmp(tables[t]->verbs[i].name, name) == 0)
				return &tables[t]->verbs[i];
	return NULL;
}

/* Before the parser, whose recursion a hostile nesting would drive. */
static bool is_too_deep(struct bytes text)
{
	size_t depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.data[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (in_string)
			continue;
		else if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && depth > 0)
			depth--;
		if (depth > REQUEST_DEPTH_MAX)
			return true;
	}
	return false;
}

/* The parser's own message is not passed on: it quotes what it read, which may be a secret. */
static bool parse_request(struct bytes text, json_t **ret, struct error *err)
{
	json_error_t at;

	if (text.len > REQUEST_MAX)
		return error_set(err, REASON_TOO_LARGE, "a request has at most %d bytes",
				 REQUEST_MAX);
	if (is_too_deep(text))
		return error_set(err, REASON_INVALID, "the request is nested too deeply");

	json_auto_t *request =
		json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &at);
	if (!request)
		return error_set(err, REASON_INVALID, "the request is no JSON (byte %d)",
				 at.position);
	if (!json_is_object(request))
		return error_set(err, REASON_INVALID, "the request is no JSON object");
	*ret = TAKE(request);
	return true;
}

/* {"verb", "account", "params"} and nothing else. */
static bool check_envelope(const json_t *request, struct error *err)
{
	static const struct param rows[] = {
		{ "verb", PARAM_TEXT, true },
		{ "account", PARAM_TEXT, false },
		{ "params", PARAM_OBJECT, false },
		{ 0 },
	};

	return params_check(request, rows, err);
}

static void list_accounts(const struct catalog *catalog, char *into, size_t size)
{
	size_t used = 0;

	into[0] = '\0';
	for (size_t i = 0; i < catalog->account_count && used < size; i++)
		used += (size_t)snprintf(into + used, size - used, "%s%s", i ? ", " : "",
					 catalog->accounts[i].name);
}

static bool find_account(struct call *call, const char *name, struct error *err)
{
	char names[120];

	if (name) {
		call->account = catalog_account_by_name(call->catalog, name);
		return call->account || error_set(err, REASON_NOT_FOUND, "account %s", name);
	}
	if (call->verb->reach == REACH_NODE)
		return true;
	if (call->catalog->account_count == 0)
		return error_set(err, REASON_NOT_FOUND,
				 "there is no account; bestowctl account create NAME makes one");
	if (call->catalog->account_count > 1) {
		list_accounts(call->catalog, names, sizeof names);
		return error_set(err, REASON_INVALID, "account: say which: %s", names);
	}
	call->account = &call->catalog->accounts[0];
	return true;
}

static bool run_verb(const struct manage *manage, const struct verb *verb, const char *actor,
		     const json_t *request, json_t **ret, struct error *err)
{
	CLEANUP(catalog_unrefp) struct catalog *catalog = NULL;
	json_auto_t *no_params = json_object();
	json_t *params = json_object_get(request, "params");
	struct call call = {
		.manage = manage,
		.actor = actor,
		.verb = verb,
		.params = json_is_object(params) ? params : no_params,
		.now = clock_now(manage->clock),
	};

	if (!no_params)
		return error_set(err, REASON_NO_MEMORY, "request");
	if (!params_check(call.params, verb->params, err) ||
	    !store_catalog_load(manage->store, &catalog, err))
		return false;
	call.catalog = catalog;
	return find_account(&call, param_text(request, "account"), err) &&
	       verb->run(&call, ret, err);
}

static bool answer(const struct manage *manage, const char *actor, struct bytes text, json_t **ret,
		   struct error *err)
{
	json_auto_t *request = NULL;

	if (!parse_request(text, &request, err) || !check_envelope(request, err))
		return false;

	const struct verb *verb = find_verb(param_text(request, "verb"));
	if (!verb)
		return error_set(err, REASON_INVALID, "verb: there is no %s",
				 param_text(request, "verb"));
	bool done = run_verb(manage, verb, actor, request, ret, err);
	params_wipe(json_object_get(request, "params"), verb->params);
	if (done && verb->changes && manage->changed)
		manage->changed(manage->context);
	return done;
}

static json_t *describe_error(const struct error *err)
{
	return json_pack("{s:{s:s, s:s, s:o, s:s}}", "error", "code", reason_code(err->reason),
			 "words", reason_words(err->reason), "detail", describe_text(err->detail),
			 "remedy", reason_remedy(err->reason));
}

static void write_reply(const json_t *json, struct buffer *reply)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	if (!text) {
		buffer_append_text(reply, FALLBACK_REPLY);
		return;
	}
	buffer_append_text(reply, text);
	memory_wipe(text, strlen(text)); /* it may show a generated passphrase, once */
	free(text);
}

void manage_answer(const struct manage *manage, const char *actor, struct bytes request,
		   struct buffer *reply)
{
	struct error err = { 0 };
	json_t *result = NULL;
	bool done = answer(manage, actor, request, &result, &err);
	json_auto_t *json = done ? json_pack("{s:o}", "result", result) : describe_error(&err);

	write_reply(json, reply);
}
