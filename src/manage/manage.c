#include "manage/manage.h"

#include <stdio.h>
#include <string.h>

#include "manage/access.h"
#include "manage/describe.h"
#include "manage/repeats.h"
#include "manage/verb.h"
#include "store/store.h"

#define REQUEST_MAX (4 * 1024 * 1024)
#define REQUEST_DEPTH_MAX 12 /* a profile with its rules needs 5 */
#define FALLBACK_REPLY                                                                             \
	"{\"error\":{\"code\":\"no_memory\",\"words\":\"Memory is out\",\"detail\":\"\","          \
	"\"remedy\":\"Give the node more memory\"}}"

/* clang-format off: one a line, so that two that are added do not meet */
static const struct verb_table *const tables[] = {
	&status_verbs,
	&account_verbs,
	&ca_verbs,
	&profile_verbs,
	&passphrase_verbs,
	&trust_verbs,
	&unknown_certificate_verbs,
	&allow_verbs,
	&ra_verbs,
	&certificate_verbs,
	&node_verbs,
	&event_verbs,
	&audit_verbs,
	&key_verbs,
	&crl_verbs,
	&ocsp_verbs,
	&request_verbs,
	&rollover_verbs,
	&session_verbs,
	&administrator_verbs,
	&token_verbs,
	&device_verbs,
	&device_code_verbs,
	&device_import_verbs,
	&graph_verbs,
	&profile_version_verbs,
};

/* clang-format on */

const struct verb *verb_at(size_t index)
{
	for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
		if (index < tables[t]->count)
			return &tables[t]->verbs[index];
		index -= tables[t]->count;
	}
	return NULL;
}

const struct verb *verb_find(const char *name)
{
	const struct verb *verb;

	for (size_t i = 0; (verb = verb_at(i)) != NULL; i++)
		if (strcmp(verb->name, name) == 0)
			return verb;
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

/* Who asks, and from where. */
struct asker {
	const struct caller *caller;
	struct address peer;
	struct bytes certificate;
};

static void list_accounts(const struct call *call, char *into, size_t size)
{
	size_t used = 0;

	into[0] = '\0';
	for (size_t i = 0; i < call->catalog->account_count && used < size; i++)
		if (access_sees(call->caller, call->catalog->accounts[i].id))
			used += (size_t)snprintf(into + used, size - used, "%s%s", used ? ", " : "",
						 call->catalog->accounts[i].name);
}

static bool find_named_account(struct call *call, const char *name, struct error *err)
{
	const struct account *account = catalog_account_by_name(call->catalog, name);

	/* one that the caller has no role on is not there */
	if (!account || !access_sees(call->caller, account->id))
		return error_set(err, REASON_NOT_FOUND, "account %s", name);
	call->account = account;
	return true;
}

static size_t count_accounts(const struct call *call, const struct account **ret_last)
{
	size_t count = 0;

	for (size_t i = 0; i < call->catalog->account_count; i++)
		if (access_sees(call->caller, call->catalog->accounts[i].id)) {
			*ret_last = &call->catalog->accounts[i];
			count++;
		}
	return count;
}

static bool find_account(struct call *call, const char *name, struct error *err)
{
	const struct account *only = NULL;
	char names[120];

	if (name)
		return find_named_account(call, name, err);
	if (call->verb->reach == REACH_NODE)
		return true;

	size_t count = count_accounts(call, &only);
	if (count == 0)
		return error_set(err, REASON_NOT_FOUND,
				 "there is no account; bestowctl account create NAME makes one");
	if (count > 1) {
		list_accounts(call, names, sizeof names);
		return error_set(err, REASON_INVALID, "account: say which: %s", names);
	}
	call->account = only;
	return true;
}

static bool run_verb(const struct manage *manage, const struct verb *verb,
		     const struct asker *asker, const json_t *request, json_t **ret,
		     struct error *err)
{
	CLEANUP(catalog_unrefp) struct catalog *catalog = NULL;
	json_auto_t *no_params = json_object();
	json_t *params = json_object_get(request, "params");
	struct call call = {
		.manage = manage,
		.actor = asker->caller->actor,
		.caller = asker->caller,
		.peer = &asker->peer,
		.certificate = asker->certificate,
		.verb = verb,
		.params = json_is_object(params) ? params : no_params,
		.now = clock_now(manage->clock),
	};

	if (!no_params)
		return error_set(err, REASON_NO_MEMORY, "request");
	if (!access_admit(asker->caller, verb, err) ||
	    !store_catalog_load(manage->store, &catalog, err))
		return false;
	call.catalog = catalog;
	/* who may not do it does not learn how it is done */
	return find_account(&call, param_text(request, "account"), err) &&
	       access_check(&call, err) && params_check(call.params, verb->params, err) &&
	       verb->run(&call, ret, err);
}

static bool answer(const struct manage *manage, const struct asker *asker, struct bytes text,
		   json_t **ret, struct error *err)
{
	json_auto_t *request = NULL;

	if (!parse_request(text, &request, err) || !check_envelope(request, err))
		return false;

	const struct verb *verb = verb_find(param_text(request, "verb"));
	if (!verb)
		return error_set(err, REASON_INVALID, "verb: there is no %s",
				 param_text(request, "verb"));
	bool done = run_verb(manage, verb, asker, request, ret, err);
	params_wipe(json_object_get(request, "params"), verb->params);
	if (done && verb->changes && manage->changed)
		manage->changed(manage->context);
	return done;
}

/* Verbs that use a CA's key, which may be in a token. */
static const char *const signing_verbs[] = {
	"ca.create", "ca.import", "ca.renew",         "ca.request",
	"ca.sign",   "crl.issue", "node.certificate", "node.token",
	"ra.enroll", "ra.rotate", "request.approve",  "rollover.start",
};

bool manage_may_block(struct bytes text)
{
	json_auto_t *request = NULL;

	if (!parse_request(text, &request, NULL))
		return false;
	const char *verb = json_string_value(json_object_get(request, "verb"));
	for (size_t i = 0; verb && i < ARRAY_LEN(signing_verbs); i++)
		if (strcmp(signing_verbs[i], verb) == 0)
			return true;
	return false;
}

static json_t *describe_error(const struct error *err)
{
	json_t *later = err->retry_after ? json_integer((json_int_t)err->retry_after) : NULL;

	return json_pack("{s:{s:s, s:s, s:o, s:s, s:o*}}", "error", "code",
			 reason_code(err->reason), "words", reason_words(err->reason), "detail",
			 describe_text(err->detail), "remedy", reason_remedy(err->reason),
			 "retry_after", later);
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

static void write_outcome(bool done, json_t *result, const struct error *err, struct buffer *reply)
{
	json_auto_t *json = done ? json_pack("{s:o}", "result", result) : describe_error(err);

	write_reply(json, reply);
}

static bool answer_asker(const struct manage *manage, const struct asker *asker,
			 struct bytes request, struct buffer *reply)
{
	struct error err = { 0 };
	json_t *result = NULL;
	bool done = answer(manage, asker, request, &result, &err);

	write_outcome(done, result, &err, reply);
	return done;
}

void manage_answer(const struct manage *manage, const char *actor, struct bytes request,
		   struct buffer *reply)
{
	struct caller caller = { .is_local = true };
	const struct asker asker = { .caller = &caller };

	snprintf(caller.actor, sizeof caller.actor, "%s", actor);
	(void)answer_asker(manage, &asker, request, reply);
}

/* A refusal is not kept: what was in the way may be gone the next time. */
static void answer_once(const struct manage *manage, const struct asker *asker,
			const struct api_request *request, struct buffer *reply)
{
	const struct repeat repeat = { request->credential, request->idempotency_key,
				       request->request };
	struct error err = { 0 };
	bool known = false;

	if (!repeat_begin(manage->repeats, &repeat, clock_now(manage->clock), &known, reply,
			  &err)) {
		write_outcome(false, NULL, &err, reply);
		return;
	}
	if (known)
		return;
	bool done = answer_asker(manage, asker, request->request, reply);
	repeat_end(manage->repeats, &repeat, done, buffer_view(reply));
}

void manage_answer_api(const struct manage *manage, const struct api_request *request,
		       struct buffer *reply)
{
	struct caller caller = { 0 };
	const struct asker asker = { .caller = &caller,
				     .peer = request->peer,
				     .certificate = request->certificate };
	struct error err = { 0 };

	if (!access_identify(manage, request, clock_now(manage->clock), &caller, &err))
		write_outcome(false, NULL, &err, reply);
	else if (manage->repeats && request->idempotency_key.len && caller.actor[0])
		answer_once(manage, &asker, request, reply);
	else
		(void)answer_asker(manage, &asker, request->request, reply);
}
