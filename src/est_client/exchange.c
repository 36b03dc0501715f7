#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "est_client/client_internal.h"
#include "est_client/failure.h"
#include "est_client/retry_after.h"
#include "est_client/transport_curl.h"

#define REDIRECTS_MAX 5
#define MS_PER_SECOND 1000

static void http_answer_donep(struct bestow_http_answer *answer)
{
	if (answer->body)
		memory_wipe(answer->body, answer->body_size);
	free(answer->body);
}

/* -- what a status means -- */

static bool is_text(const struct bestow_http_answer *answer)
{
	return answer->body &&
	       strncasecmp(answer->content_type, "text/plain", strlen("text/plain")) == 0;
}

/* An embedder's transport need not end the body with a NUL. */
static void copy_first_line(const struct bestow_http_answer *answer, char *into, size_t size)
{
	size_t len = 0;

	while (len < answer->body_size && len + 1 < size && !strchr("\r\n", answer->body[len]))
		len++;
	memcpy(into, answer->body, len);
	into[len] = '\0';
}

/* A Bestow node begins its words with the code of its reason (HTTP-16), which then says more than
 * the status. Whoever else speaks can only choose among refusals; their "invalid CSR" is no code.
 */
static enum reason reason_in_words(const char *words)
{
	char code[48];
	size_t len = strcspn(words, ": \r\n");

	if (len == 0 || len >= sizeof code)
		return REASON_COUNT;
	if (words[len] != ':' && strncmp(words + len, " request=", strlen(" request=")) != 0)
		return REASON_COUNT;
	memcpy(code, words, len);
	code[len] = '\0';

	enum reason reason = reason_by_code(code);
	if (reason == REASON_COUNT || reason == REASON_NONE)
		return REASON_COUNT;
	enum error_kind kind = reason_kind(reason);
	return kind == ERROR_INVALID || kind == ERROR_DENIED || kind == ERROR_NOT_FOUND ||
			       kind == ERROR_LIMITED || kind == ERROR_BUSY
		       ? reason
		       : REASON_COUNT;
}

static enum reason reason_of_status(int status, bool had_passphrase)
{
	switch (status) {
	case 401:
		return had_passphrase ? REASON_BAD_PASSPHRASE : REASON_NO_CREDENTIALS;
	case 404:
		return REASON_UNKNOWN_LABEL;
	case 429:
		return REASON_QUOTA;
	case 500:
	case 502:
	case 503:
	case 504:
		return REASON_SERVER_BUSY;
	}
	return status >= 400 && status < 500 ? REASON_SERVER_REFUSED : REASON_SERVER_ANSWER;
}

static bool refuse_status(const struct bestow_client *client,
			  const struct bestow_http_answer *answer, struct error *err)
{
	char words[160] = "";
	bool has_retry = answer->retry_after[0] != '\0';

	if (is_text(answer))
		copy_first_line(answer, words, sizeof words);

	enum reason reason = reason_in_words(words);
	if (reason == REASON_COUNT)
		reason = reason_of_status(answer->status, client->user != NULL);
	return error_set_retry(
		err, reason,
		has_retry ? retry_after_parse(answer->retry_after, client_now(client)) : 0,
		"HTTP %d%s%s", answer->status, *words ? ": " : "", words);
}

/* RFC 7030 4.2.3 says 200. A server that made something new (Foundries.io's does) says 201. */
static bool is_success(int status)
{
	return status == 200 || status == 201;
}

static bool judge_status(const struct bestow_client *client, const struct exchange_call *call,
			 const struct bestow_http_answer *answer, struct error *err)
{
	if (is_success(answer->status))
		return true;
	if (call->etag && answer->status == 304)
		return true;
	if (call->nothing_is_fine && (answer->status == 204 || answer->status == 404))
		return true;
	if (answer->status == 202)
		return error_set_retry(err, REASON_SERVER_PENDING,
				       retry_after_parse(answer->retry_after, client_now(client)),
				       "HTTP 202");
	return refuse_status(client, answer, err);
}

/* -- redirects -- */

/* A POST stays a POST; 303 would make it a GET. */
static bool is_redirect(const struct exchange_call *call, int status)
{
	return status == 301 || status == 302 || status == 307 || status == 308 ||
	       (status == 303 && !call->body.content_type);
}

/* -- the exchange -- */

static bool pick_transport(struct bestow_client *client, struct error *err)
{
	if (client->transport)
		return true;
	if (!client->own_transport && !transport_curl_new(&client->own_transport, err))
		return false;
	client->transport = &transport_curl;
	client->transport_context = client->own_transport;
	return true;
}

static bool check_trust(const struct bestow_client *client, bool provisional, struct error *err)
{
	if (provisional || client->trust.system || client->trust.anchors.count)
		return true;
	return error_set(err, REASON_NO_ANCHORS, "%s", client->url.host);
}

struct attempt {
	struct bestow_client *client;
	const struct exchange_call *call;
	struct est_url url;
	uint64_t end_ms;
};

static bool send_once(const struct attempt *attempt, struct bestow_http_answer *ret,
		      struct error *err)
{
	struct bestow_client *client = attempt->client;
	const struct exchange_call *call = attempt->call;
	uint64_t now = monotonic_ms();
	struct bestow_error why = { 0 };
	char url[EST_URL_MAX + EST_HOST_MAX + 16];
	const struct bestow_tls tls = { .client = client,
					.url = &attempt->url,
					.provisional = call->provisional };

	if (now >= attempt->end_ms)
		return error_set(err, REASON_SERVER_UNREACHABLE, "no time is left");
	if (!est_url_text(&attempt->url, NULL, url, sizeof url, err))
		return false;

	bool says_who = client->user && !call->provisional;
	const struct bestow_http_request request = {
		.method = call->body.content_type ? "POST" : "GET",
		.url = url,
		.content_type = call->body.content_type,
		.user = says_who ? client->user : NULL,
		.passphrase = says_who ? (const char *)client->passphrase.data : NULL,
		.body_size = call->body.size,
		.write_body = call->body.write,
		.body = call->body.context,
		.timeout_ms = (unsigned int)(attempt->end_ms - now),
		.answer_max = CLIENT_ANSWER_MAX,
		.if_none_match = call->etag,
		.via = call->via,
	};
	if (!client->transport->exchange(client->transport_context, &tls, &request, ret, &why))
		return failure_take(&why, err);
	if (!date_field_parse(ret->date, &client->server_time))
		client->server_time = 0;
	return true;
}

/* RFC 9110 8.8.3: quoted, and strong; whole, and of characters that may stand in a field. */
static void take_etag(const char *etag, char ret[EXCHANGE_ETAG_MAX])
{
	size_t len = strlen(etag);
	bool is_sound =
		len >= 2 && len < EXCHANGE_ETAG_MAX - 1 && etag[0] == '"' && etag[len - 1] == '"';

	for (size_t i = 0; i < len; i++)
		is_sound &= etag[i] > ' ' && etag[i] < 0x7f;
	snprintf(ret, EXCHANGE_ETAG_MAX, "%s", is_sound ? etag : "");
}

static bool take_body(const struct bestow_http_answer *from, struct exchange_answer *ret,
		      struct error *err)
{
	snprintf(ret->content_type, sizeof ret->content_type, "%s", from->content_type);
	take_etag(from->etag, ret->etag);
	ret->is_known = from->status == 304;
	if (is_success(from->status))
		buffer_append(&ret->body, (struct bytes){ from->body, from->body_size });
	return buffer_ok(&ret->body) || error_set(err, REASON_NO_MEMORY, "answer");
}

static bool run(struct attempt *attempt, struct exchange_answer *ret, struct error *err)
{
	for (int redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
		CLEANUP(http_answer_donep) struct bestow_http_answer answer = { 0 };

		if (!send_once(attempt, &answer, err))
			return false;
		ret->status = answer.status;
		if (is_redirect(attempt->call, answer.status)) {
			if (!est_url_follow(&attempt->url, answer.location, &attempt->url, err))
				return false;
			continue;
		}
		return judge_status(attempt->client, attempt->call, &answer, err) &&
		       take_body(&answer, ret, err);
	}
	return error_set(err, REASON_REDIRECT_REFUSED, "more than %d times", REDIRECTS_MAX);
}

/* A provisional session proves nothing, so nothing else may ever run on it; and a new identity
 * needs a new handshake. */
static void end_kept_connections(struct bestow_client *client)
{
	if (client->transport->hang_up)
		client->transport->hang_up(client->transport_context);
	client->is_stale = false;
}

bool client_exchange(struct bestow_client *client, const struct exchange_call *call,
		     struct exchange_answer *ret, struct error *err)
{
	struct attempt attempt = {
		.client = client,
		.call = call,
		.url = client->url,
		.end_ms = monotonic_ms() + (uint64_t)client->timeout_s * MS_PER_SECOND,
	};
	size_t len = strlen(attempt.url.path);

	if (!check_trust(client, call->provisional, err) || !pick_transport(client, err))
		return false;
	if (snprintf(attempt.url.path + len, sizeof attempt.url.path - len, "/%s",
		     call->operation) >= (int)(sizeof attempt.url.path - len))
		return error_set(err, REASON_INVALID, "the URL is too long");
	if (client->is_stale || call->provisional)
		end_kept_connections(client);
	bool done = run(&attempt, ret, err);
	if (call->provisional)
		end_kept_connections(client);
	return done;
}
