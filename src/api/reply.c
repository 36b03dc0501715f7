/* How the authority's answers leave: JSON, problems by RFC 9457, entity tags, cookies. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/exchange.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/secret.h"
#include "manage/credential.h"

#define ETAG_MAX 80

/* -- status -- */

static const unsigned int statuses[] = {
	[ERROR_NONE] = 200,      [ERROR_INVALID] = 400,     [ERROR_UNAUTHENTICATED] = 401,
	[ERROR_DENIED] = 403,    [ERROR_NOT_FOUND] = 404,   [ERROR_CONFLICT] = 409,
	[ERROR_TOO_LARGE] = 413, [ERROR_UNSUPPORTED] = 415, [ERROR_PENDING] = 202,
	[ERROR_LIMITED] = 429,   [ERROR_BUSY] = 503,        [ERROR_INTERNAL] = 500,
};

unsigned int api_reply_status(enum reason reason)
{
	if (reason == REASON_METHOD_NOT_ALLOWED)
		return 405;
	if (reason == REASON_PRECONDITION)
		return 412;
	return statuses[reason_kind(reason)];
}

/* -- fields -- */

void api_add_security_fields(struct http_answer *answer)
{
	static const struct http_header fields[] = {
		{ "Content-Security-Policy",
		  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
		  "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors "
		  "'none'" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "X-Frame-Options", "DENY" },
		{ "Referrer-Policy", "no-referrer" },
		{ "Cross-Origin-Opener-Policy", "same-origin" },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
	};
	size_t used = 0;

	while (used < ARRAY_LEN(answer->headers) && answer->headers[used].name)
		used++;
	for (size_t i = 0; i < ARRAY_LEN(fields) && used < ARRAY_LEN(answer->headers); i++)
		answer->headers[used++] = fields[i];
}

static void add_field(struct http_answer *answer, const char *name, const char *value)
{
	for (size_t i = 0; i < ARRAY_LEN(answer->headers); i++)
		if (!answer->headers[i].name) {
			answer->headers[i] = (struct http_header){ name, value };
			return;
		}
}

static void log_answer(const struct http_exchange *exchange, unsigned int status,
		       const char *reason)
{
	char peer[ADDRESS_TEXT_MAX], path[280];

	log_event(status < 500 ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "api.request",
		  "request=%s peer=%s method=%s path=%s status=%u reason=%s",
		  http_request_id(exchange), address_to_text(http_peer(exchange), peer),
		  http_method(exchange), log_quote(http_path(exchange), path, sizeof path), status,
		  reason);
}

static void send_json(struct http_exchange *exchange, struct http_answer *answer,
		      const json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	if (!text) {
		http_answer(exchange, &(struct http_answer){ .status = 503 });
		return;
	}
	answer->body = bytes_of_string(text);
	api_add_security_fields(answer);
	http_answer(exchange, answer);
	memory_wipe(text, strlen(text)); /* it may show a new secret, once */
	free(text);
}

/* -- problems -- */

void api_reply_problem(struct http_exchange *exchange, const struct error *why)
{
	unsigned int status = api_reply_status(why->reason);
	char retry_after[16];
	struct http_answer answer = { .status = status,
				      .content_type = "application/problem+json" };
	json_auto_t *problem = json_pack(
		"{s:s, s:s, s:i, s:s, s:o, s:s, s:s}", "type", "about:blank", "title",
		reason_words(why->reason), "status", (int)status, "code", reason_code(why->reason),
		"detail", json_string(why->detail) ?: json_string(""), "remedy",
		reason_remedy(why->reason), "request_id", http_request_id(exchange));

	add_field(&answer, "Cache-Control", "no-store");
	if (status == 401)
		add_field(&answer, "WWW-Authenticate", "Bearer");
	if (why->retry_after) {
		snprintf(retry_after, sizeof retry_after, "%" PRIu32, why->retry_after);
		add_field(&answer, "Retry-After", retry_after);
	}
	log_answer(exchange, status, reason_code(why->reason));
	send_json(exchange, &answer, problem);
}

void error_from_json(const json_t *error, struct error *ret)
{
	const char *code = json_string_value(json_object_get(error, "code"));
	const char *detail = json_string_value(json_object_get(error, "detail"));
	enum reason reason = code ? reason_by_code(code) : REASON_COUNT;

	error_fill(ret, reason == REASON_COUNT ? REASON_INTERNAL : reason,
		   (uint32_t)json_integer_value(json_object_get(error, "retry_after")), "%s",
		   detail ? detail : "");
}

/* RFC 9110 13.1.1: what If-Match named is no longer so. */
void api_reply_refusal(const struct api_call *call, const struct error *why)
{
	struct error shown = *why;

	if (call->has_if_match && shown.reason == REASON_CONFLICT)
		shown.reason = REASON_PRECONDITION;
	api_reply_problem(call->http, &shown);
}

/* -- results -- */

static bool hash_tag(const json_t *result, char into[ETAG_MAX])
{
	CLEANUP(freep) char *text = json_dumps(result, JSON_COMPACT);
	unsigned char hash[HASH_LEN];
	char hex[2 * HASH_LEN + 1];

	if (!text || !hash_sha256(bytes_of_string(text), hash, NULL))
		return false;
	snprintf(into, ETAG_MAX, "\"%.32s\"", hex_encode((struct bytes){ hash, sizeof hash }, hex));
	return true;
}

static bool version_tag(const struct route *route, const json_t *result, char into[ETAG_MAX])
{
	const json_t *version = json_object_get(json_object_get(result, route->items), "version");

	if (!json_is_integer(version))
		return false;
	snprintf(into, ETAG_MAX, "\"v%lld\"", (long long)json_integer_value(version));
	return true;
}

static bool make_tag(const struct api_call *call, const json_t *result, char into[ETAG_MAX])
{
	if (call->match.route->form == ROUTE_VERSIONED)
		return version_tag(call->match.route, result, into);
	return strcmp(http_method(call->http), "GET") == 0 && hash_tag(result, into);
}

static bool is_known(const struct http_exchange *exchange, const char *tag)
{
	const char *tags = http_header(exchange, "If-None-Match");

	return tags && strcmp(http_method(exchange), "GET") == 0 && strstr(tags, tag) != NULL;
}

/* Where the next page is, for clients that follow links (RFC 8288). */
static bool next_link(const struct api_call *call, const json_t *result, char *into, size_t size)
{
	const json_t *cursor = json_object_get(result, "next_cursor");
	const char *query = http_query(call->http), *old = strstr(query, "cursor=");

	if (!json_is_integer(cursor) || call->match.route->form == ROUTE_VERB)
		return false;
	if (old) /* the cursor is put last, so what stands before it is the rest */
		snprintf(into, size, "<%s?%.*scursor=%lld>; rel=\"next\"", http_path(call->http),
			 (int)(old - query), query, (long long)json_integer_value(cursor));
	else
		snprintf(into, size, "<%s?%s%scursor=%lld>; rel=\"next\"", http_path(call->http),
			 query, *query ? "&" : "", (long long)json_integer_value(cursor));
	return true;
}

/* A page that is loaded anew has lost what signing in told it; no other site can read this. */
static bool add_csrf(const struct api_call *call, json_t *result)
{
	char csrf[CSRF_TOKEN_LEN + 1];

	if (call->match.route->form != ROUTE_SESSION || call->credential.kind != CREDENTIAL_SESSION)
		return true;
	return csrf_token(call->credential.text, csrf, NULL) &&
	       json_object_set_new(result, "csrf", json_string(csrf)) == 0;
}

void api_reply_result(const struct api_call *call, json_t *result)
{
	static const struct error no_memory = { .reason = REASON_NO_MEMORY };
	struct http_answer answer = { .status = 200, .content_type = "application/json" };
	char tag[ETAG_MAX], cookie[COOKIE_TEXT_MAX], link[700];

	if (!add_csrf(call, result)) {
		api_reply_problem(call->http, &no_memory);
		return;
	}
	add_field(&answer, "Cache-Control", "no-store");
	if (make_tag(call, result, tag)) {
		add_field(&answer, "ETag", tag);
		if (is_known(call->http, tag)) {
			answer.status = 304;
			answer.content_type = NULL;
		}
	}
	if (call->match.route->form == ROUTE_SIGN_IN) {
		const char *token = json_string_value(json_object_get(result, "token"));

		add_field(&answer, "Set-Cookie", cookie_write(token ? token : "", cookie));
		json_object_del(result, "token"); /* no script is to have it */
	}
	if (call->match.route->form == ROUTE_SIGN_OUT)
		add_field(&answer, "Set-Cookie", cookie_write(NULL, cookie));
	if (next_link(call, result, link, sizeof link))
		add_field(&answer, "Link", link);
	log_answer(call->http, answer.status, reason_code(REASON_NONE));
	if (answer.status == 304)
		http_answer(call->http, &answer);
	else
		send_json(call->http, &answer, result);
	memory_wipe(cookie, sizeof cookie);
}
