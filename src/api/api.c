#include "api/api.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/exchange.h"
#include "base/log.h"

#define VERSION_DIGITS_MAX 18 /* all of them fit */

bool api_new(const struct api_asker *asker, struct api **ret, struct error *err)
{
	struct api *api = calloc(1, sizeof *api);

	if (!api)
		return error_set(err, REASON_NO_MEMORY, "API");
	api->asker = *asker;
	*ret = api;
	return true;
}

void api_free(struct api *api)
{
	free(api);
}

/* -- the request's parameters -- */

static bool is_json(const struct http_exchange *exchange)
{
	const char *type = http_header(exchange, "Content-Type");
	size_t len = type ? strcspn(type, "; \t") : 0;

	return len == strlen("application/json") && strncasecmp(type, "application/json", len) == 0;
}

static bool read_body(const struct http_exchange *exchange, json_t **ret, struct error *err)
{
	struct bytes body = http_body(exchange);
	json_error_t at;

	if (body.len == 0) {
		*ret = json_object();
		return *ret || error_set(err, REASON_NO_MEMORY, "body");
	}
	/* no form of another site can send this without asking first */
	if (!is_json(exchange))
		return error_set(err, REASON_MEDIA_TYPE, "the API takes application/json");
	json_auto_t *json =
		json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, &at);
	if (!json)
		return error_set(err, REASON_INVALID, "the body is no JSON (byte %d)", at.position);
	if (!json_is_object(json))
		return error_set(err, REASON_INVALID, "the body is no JSON object");
	*ret = TAKE(json);
	return true;
}

/* "v7", as GET gave it: no list, no weak one, nothing behind it. */
static bool parse_tag(const char *tag, long long *ret)
{
	size_t digits = strncmp(tag, "\"v", 2) == 0 ? strspn(tag + 2, "0123456789") : 0;

	if (digits == 0 || digits > VERSION_DIGITS_MAX || strcmp(tag + 2 + digits, "\"") != 0)
		return false;
	*ret = strtoll(tag + 2, NULL, 10);
	return true;
}

static bool read_if_match(struct api_call *call, json_t *params, struct error *err)
{
	const char *tag = http_header(call->http, "If-Match");
	long long version;

	if (!tag || call->match.route->form != ROUTE_VERSIONED ||
	    strcmp(http_method(call->http), "GET") == 0)
		return true;
	if (!parse_tag(tag, &version))
		return error_set(err, REASON_PRECONDITION, "If-Match takes the ETag that GET gave");
	call->has_if_match = true;
	return json_object_set_new(params, "version", json_integer(version)) == 0 ||
	       error_set(err, REASON_NO_MEMORY, "If-Match");
}

/* What the path says, no body says otherwise. */
static bool check_captured(const json_t *captured, const json_t *params, struct error *err)
{
	const char *name;
	json_t *value;

	json_object_foreach(
		(json_t *)(uintptr_t)captured, name,
		value) if (json_object_get(params,
					   name)) return error_set(err, REASON_INVALID,
								   "%s is given by the path", name);
	return true;
}

/* Numbers in the path are numbers to the verb. */
static bool retype_captured(struct api_call *call, const struct verb *verb, struct error *err)
{
	json_auto_t *typed = json_object();
	const char *name;
	json_t *value;

	json_object_foreach(call->match.captured, name, value)
	{
		const struct param *row = verb->params;

		while (row && row->name && strcmp(row->name, name) != 0)
			row++;
		bool is_number = row && row->name && row->type == PARAM_NUMBER;
		json_t *as_it_is =
			is_number ? json_integer(strtoll(json_string_value(value), NULL, 10))
				  : json_incref(value);
		if (!typed || json_object_set_new(typed, name, as_it_is) != 0)
			return error_set(err, REASON_NO_MEMORY, "path");
	}
	json_decref(call->match.captured);
	call->match.captured = TAKE(typed);
	return true;
}

static bool read_params(struct api_call *call, json_t **ret, struct error *err)
{
	const struct verb *verb = verb_find(call->match.route->verb);
	json_auto_t *params = NULL;

	if (!verb)
		return error_set(err, REASON_INTERNAL, "no verb %s", call->match.route->verb);
	if (!read_body(call->http, &params, err) ||
	    !query_read(http_query(call->http), verb->params, "format", params, err) ||
	    !check_captured(call->match.captured, params, err) ||
	    !retype_captured(call, verb, err) || !read_if_match(call, params, err))
		return false;
	*ret = TAKE(params);
	return true;
}

/* -- asking -- */

static void call_free(struct api_call *call)
{
	if (!call)
		return;
	route_match_done(&call->match);
	free(call);
}
DEFINE_CLEANUP(struct api_call *, call_free)

static void answered(void *context, struct bytes reply, const struct error *failure)
{
	CLEANUP(call_freep) struct api_call *call = context;
	json_auto_t *result = NULL;
	struct error err = { 0 };

	if (api_reply_read(reply, failure, &result, &err))
		api_reply_result(call, result);
	else
		api_reply_refusal(call, &err);
}

static bool ask(struct api_call *call, const json_t *request, struct error *err)
{
	return (request && request_send(call->api, &call->credential, request, answered, call)) ||
	       error_set(err, REASON_NO_MEMORY, "request");
}

static bool ask_route(struct api_call *call, struct error *err)
{
	json_t *params = NULL;

	if (!read_params(call, &params, err))
		return false;
	json_auto_t *request = request_make(call->match.route->verb, call->match.captured, params);
	return ask(call, request, err);
}

/* The body is the request, but for the verb; whether there is more in it than there may be is the
 * authority's to say. */
static bool ask_verb(struct api_call *call, struct error *err)
{
	const char *verb = json_string_value(json_object_get(call->match.captured, "verb"));
	json_auto_t *request = NULL;

	if (!route_offers_verb(verb))
		return error_set(err, REASON_NOT_FOUND, "there is no verb %s here", verb);
	if (*http_query(call->http))
		return error_set(err, REASON_INVALID, "a verb's parameters are in the body");
	if (!read_body(call->http, &request, err) ||
	    !check_captured(call->match.captured, request, err))
		return false;
	if (json_object_update(request, call->match.captured) != 0)
		return error_set(err, REASON_NO_MEMORY, "request");
	return ask(call, request, err);
}

/* -- routing -- */

static void describe_api(struct http_exchange *exchange)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct error err = { 0 };
	struct http_answer answer = {
		.status = 200,
		.content_type = "application/json",
		.headers = { { "Cache-Control", "no-cache" } },
	};

	if (!api_describe(&text, &err)) {
		api_reply_problem(exchange, &err);
		return;
	}
	answer.body = buffer_view(&text);
	api_add_security_fields(&answer);
	http_answer(exchange, &answer);
}

static void refuse_route(struct api_call *call, const struct error *why)
{
	struct http_answer answer = { .status = 405,
				      .headers = { { "Allow", call->match.allowed } } };

	if (why->reason == REASON_METHOD_NOT_ALLOWED) {
		api_add_security_fields(&answer);
		http_answer(call->http, &answer);
	} else {
		api_reply_problem(call->http, why);
	}
}

static void serve_pages(struct api_call *call)
{
	json_t *params = NULL;
	struct error err = { 0 };

	if (read_params(call, &params, &err))
		pages_serve(call, params);
	else
		api_reply_problem(call->http, &err);
}

static void serve(struct api_call *owned)
{
	CLEANUP(call_freep) struct api_call *call = owned;
	struct error err = { 0 };

	if (!route_find(http_method(call->http), http_path(call->http) + strlen(API_PREFIX),
			&call->match, &err)) {
		refuse_route(call, &err);
		return;
	}
	if (!credential_read(call->http, &call->credential, &err) ||
	    !forgery_check(call->http, &call->credential, &err)) {
		api_reply_problem(call->http, &err);
		return;
	}
	if (call->match.route->form == ROUTE_SIGN_IN)
		(void)http_client_chain(call->http, &call->credential.certificate, 1);
	if (pages_wanted(call)) {
		serve_pages(call);
		return;
	}
	if (call->match.route->form == ROUTE_VERB ? ask_verb(call, &err) : ask_route(call, &err))
		(void)TAKE(call); /* answered() has it */
	else
		api_reply_problem(call->http, &err);
}

bool api_handle(struct api *api, struct http_exchange *exchange)
{
	static const struct error no_memory = { .reason = REASON_NO_MEMORY };
	const char *path = http_path(exchange);
	struct api_credential credential;
	struct error err = { 0 };

	if (strncmp(path, API_PREFIX "/", strlen(API_PREFIX) + 1) != 0)
		return false;
	if (strcmp(path, API_PREFIX "/openapi.json") == 0) {
		describe_api(exchange);
		return true;
	}
	if (stream_wanted(exchange)) {
		if (credential_read(exchange, &credential, &err))
			stream_serve(api, exchange, &credential);
		else
			api_reply_problem(exchange, &err);
		return true;
	}

	struct api_call *call = calloc(1, sizeof *call);
	if (!call) {
		api_reply_problem(exchange, &no_memory);
		return true;
	}
	call->api = api;
	call->http = exchange;
	serve(call);
	return true;
}
