/* The API's own description, made from the same rows that route and check. */
#include <stdio.h>
#include <string.h>

#include "api/exchange.h"
#include "manage/access.h"

/* -- types -- */

static json_t *schema_of(enum param_type type)
{
	switch (type) {
	case PARAM_TEXT:
		return json_pack("{s:s, s:i}", "type", "string", "maxLength", PARAM_TEXT_MAX);
	case PARAM_TEXTS:
		return json_pack("{s:s, s:i, s:{s:s}}", "type", "array", "maxItems",
				 PARAM_TEXTS_MAX, "items", "type", "string");
	case PARAM_FLAG:
		return json_pack("{s:s}", "type", "boolean");
	case PARAM_NUMBER:
		return json_pack("{s:s, s:i}", "type", "integer", "minimum", 0);
	case PARAM_NUMBERS:
		return json_pack("{s:s, s:{s:s, s:i}}", "type", "array", "items", "type", "integer",
				 "minimum", 0);
	case PARAM_DURATION:
		return json_pack("{s:s, s:s, s:[s]}", "type", "string", "description",
				 "such as 365d, 12h, 90m", "examples", "365d");
	case PARAM_SPAN:
		return json_pack("{s:s, s:s, s:[s]}", "type", "string", "description",
				 "such as 7d, 12h, or 0 for none", "examples", "7d");
	case PARAM_TIME:
		return json_pack("{s:s, s:s, s:[s]}", "type", "string", "description",
				 "a day, or a moment in UTC", "examples", "2027-01-31T12:00:00Z");
	case PARAM_OBJECT:
		return json_pack("{s:s}", "type", "object");
	case PARAM_FILE:
		return json_pack("{s:s, s:s}", "type", "string", "contentEncoding", "base64");
	case PARAM_SECRET:
		return json_pack("{s:s, s:s}", "type", "string", "format", "password");
	}
	return NULL;
}

/* -- parameters -- */

static bool is_in_path(const struct route *route, const char *name)
{
	char marked[ROUTE_NAME_MAX + 3];

	snprintf(marked, sizeof marked, "{%s}", name);
	return strstr(route->path, marked) != NULL;
}

static bool add_path_parameters(const struct route *route, json_t *parameters)
{
	for (const char *at = strchr(route->path, '{'); at; at = strchr(at + 1, '{')) {
		size_t len = strcspn(at + 1, "}");
		json_t *parameter =
			json_pack("{s:s%, s:s, s:b, s:{s:s}}", "name", at + 1, len, "in", "path",
				  "required", true, "schema", "type", "string");

		if (json_array_append_new(parameters, parameter) != 0)
			return false;
	}
	return true;
}

static bool add_query_parameters(const struct route *route, const struct verb *verb,
				 json_t *parameters)
{
	for (const struct param *row = verb->params; row && row->name; row++) {
		if (is_in_path(route, row->name))
			continue;
		json_t *parameter =
			json_pack("{s:s, s:s, s:b, s:o}", "name", row->name, "in", "query",
				  "required", row->required, "schema", schema_of(row->type));

		if (json_array_append_new(parameters, parameter) != 0)
			return false;
	}
	return true;
}

static json_t *body_of(const struct route *route, const struct verb *verb)
{
	json_auto_t *properties = json_object();
	json_auto_t *required = json_array();

	for (const struct param *row = verb->params; row && row->name; row++) {
		if (is_in_path(route, row->name))
			continue;
		if (json_object_set_new(properties, row->name, schema_of(row->type)) != 0 ||
		    (row->required && json_array_append_new(required, json_string(row->name)) != 0))
			return NULL;
	}
	return json_pack("{s:{s:{s:{s:s, s:O, s:O, s:b}}}}", "content", "application/json",
			 "schema", "type", "object", "properties", properties, "required", required,
			 "additionalProperties", false);
}

/* -- operations -- */

static const char *role_words(const struct access_row *row)
{
	switch (row->place) {
	case ACCESS_PUBLIC:
		return "Anybody may.";
	case ACCESS_SELF:
		return "Anybody who has signed in may.";
	case ACCESS_ACCOUNT:
	case ACCESS_NODE:
	case ACCESS_LOCAL:
		break;
	}
	return NULL;
}

static json_t *description_of(const struct access_row *row)
{
	const char *words = role_words(row);

	if (words)
		return json_string(words);
	return json_sprintf("Needs the role %s on the %s.", role_text(row->role),
			    row->place == ACCESS_NODE ? "node" : "account, or on the node");
}

static json_t *responses(void)
{
	return json_pack("{s:{s:s, s:{s:{s:{s:s}}}}, s:{s:s, s:{s:{s:{s:s}}}}}", "200",
			 "description", "Done", "content", "application/json", "schema", "type",
			 "object", "default", "description", "A problem (RFC 9457)", "content",
			 "application/problem+json", "schema", "$ref",
			 "#/components/schemas/Problem");
}

/* "profile.show" and its path make "profile.show", or "account.profile.show" below an account. */
static json_t *operation_of(const struct route *route, const struct verb *verb)
{
	json_auto_t *parameters = json_array();
	const struct access_row *access = access_find(verb->name);
	bool below_account = strstr(route->path, "{account}") != NULL;
	bool has_body = strcmp(route->method, "GET") != 0 && strcmp(route->method, "DELETE") != 0;

	if (!access || !add_path_parameters(route, parameters) ||
	    (!has_body && !add_query_parameters(route, verb, parameters)))
		return NULL;
	json_auto_t *operation =
		json_pack("{s:o, s:o, s:O, s:o}", "operationId",
			  json_sprintf("%s%s", below_account ? "account." : "node.", verb->name),
			  "description", description_of(access), "parameters", parameters,
			  "responses", responses());
	if (has_body && verb->params &&
	    json_object_set_new(operation, "requestBody", body_of(route, verb)) != 0)
		return NULL;
	return TAKE(operation);
}

static json_t *verb_names(void)
{
	json_auto_t *names = json_array();
	const struct verb *verb;

	for (size_t i = 0; (verb = verb_at(i)) != NULL; i++)
		if (route_offers_verb(verb->name) &&
		    json_array_append_new(names, json_string(verb->name)) != 0)
			return NULL;
	return TAKE(names);
}

/* Any verb: who may, and what it takes, is said at its own route. */
static json_t *operation_of_verbs(void)
{
	return json_pack(
		"{s:s, s:s, s:[{s:s, s:s, s:b, s:{s:s, s:o}}], s:o, "
		"s:{s:{s:{s:{s:s, s:b, s:{s:o, s:o}}}}}}",
		"operationId", "node.verb", "description",
		"Asks for any verb, as bestowctl does. Needs the role that the verb needs.",
		"parameters", "name", "verb", "in", "path", "required", true, "schema", "type",
		"string", "enum", verb_names(), "responses", responses(), "requestBody", "content",
		"application/json", "schema", "type", "object", "additionalProperties", false,
		"properties", "account", schema_of(PARAM_TEXT), "params", schema_of(PARAM_OBJECT));
}

static json_t *describe_route(const struct route *route)
{
	const struct verb *verb = route->verb ? verb_find(route->verb) : NULL;

	if (route->form == ROUTE_VERB)
		return operation_of_verbs();
	return verb ? operation_of(route, verb) : NULL;
}

static bool add_route(const struct route *route, json_t *paths)
{
	json_t *path = json_object_get(paths, route->path);
	char method[8];
	size_t len = strlen(route->method);

	for (size_t i = 0; i <= len && i < sizeof method; i++)
		method[i] = (char)(route->method[i] | (i < len ? 0x20 : 0));
	if (!path) {
		path = json_object();
		if (json_object_set_new(paths, route->path, path) != 0)
			return false;
	}
	return json_object_set_new(path, method, describe_route(route)) == 0;
}

static json_t *problem_schema(void)
{
	return json_pack("{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}}}",
			 "type", "object", "properties", "type", "type", "string", "title", "type",
			 "string", "status", "type", "integer", "code", "type", "string", "detail",
			 "type", "string", "remedy", "type", "string", "request_id", "type",
			 "string");
}

static json_t *components(void)
{
	return json_pack("{s:{s:o}, s:{s:{s:s, s:s}, s:{s:s, s:s, s:s}}}", "schemas", "Problem",
			 problem_schema(), "securitySchemes", "token", "type", "http", "scheme",
			 "bearer", "session", "type", "apiKey", "in", "cookie", "name",
			 SESSION_COOKIE);
}

bool api_describe(struct buffer *ret, struct error *err)
{
	json_auto_t *paths = json_object();
	const struct route *route;

	for (size_t i = 0; (route = route_at(i)) != NULL; i++)
		if (!add_route(route, paths))
			return error_set(err, REASON_NO_MEMORY, "OpenAPI");
	json_auto_t *document = json_pack(
		"{s:s, s:{s:s, s:s}, s:[{s:s}], s:[{s:[]}, {s:[]}], s:O, s:o}", "openapi", "3.1.0",
		"info", "title", "Bestow", "version", BESTOW_VERSION, "servers", "url", API_PREFIX,
		"security", "token", "session", "paths", paths, "components", components());
	CLEANUP(freep) char *text = json_dumps(document, JSON_COMPACT);
	if (!text)
		return error_set(err, REASON_NO_MEMORY, "OpenAPI");
	buffer_append_text(ret, text);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "OpenAPI");
}
