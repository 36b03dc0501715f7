/* Server-sent events: what happens at the doors, as it happens. Each look asks the authority with
 * the credential that the stream began with, so it ends with the session. */
#include <stdio.h>
#include <string.h>

#include "api/exchange.h"
#include "http/feed.h"

#define LOOK_MS 1000
#define LOOKS_PER_COMMENT 15 /* proxies and browsers give silent connections up */
#define EVENTS_PER_LOOK 200
#define SUFFIX "/events/stream"

struct event_stream {
	struct api *api;
	struct http_feed *feed; /* NULL: the client is gone */
	struct feed_place *place;
	struct kept_credential kept;
	char account[ROUTE_NAME_MAX * 4]; /* "": the node's */
	long long after;                  /* the last that was told; -1: not known yet */
	unsigned int looks;
	bool asking;
};

static void stream_free(struct event_stream *stream)
{
	if (!stream)
		return;
	feed_place_give(stream->place);
	kept_credential_done(&stream->kept);
	free(stream);
}

static void on_gone(void *context)
{
	struct event_stream *stream = context;

	stream->feed = NULL;
	if (!stream->asking)
		stream_free(stream);
}

static void end_stream(struct event_stream *stream)
{
	http_feed_end(TAKE(stream->feed), true);
	stream_free(stream);
}

/* -- telling -- */

static bool send_event(struct event_stream *stream, const json_t *event)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	CLEANUP(freep) char *json = json_dumps(event, JSON_COMPACT);
	long long id = (long long)json_integer_value(json_object_get(event, "id"));

	if (!json)
		return false;
	buffer_printf(&text, "id: %lld\nevent: enrollment\ndata: %s\n\n", id, json);
	if (!buffer_ok(&text) || !http_feed_send(stream->feed, buffer_view(&text)))
		return false;
	stream->after = id;
	return true;
}

static bool send_events(struct event_stream *stream, const json_t *events)
{
	size_t i;
	const json_t *event;

	json_array_foreach((json_t *)(uintptr_t)events, i,
			   event) if (!send_event(stream, event)) return false;
	return true;
}

/* The newest that there was when the stream began: what is new comes after it. */
static void take_start(struct event_stream *stream, const json_t *events)
{
	const json_t *newest = json_array_get(events, 0);

	stream->after = newest ? (long long)json_integer_value(json_object_get(newest, "id")) : 0;
}

static void looked(void *context, struct bytes reply, const struct error *failure)
{
	struct event_stream *stream = context;
	json_auto_t *result = NULL;
	struct error err = { 0 };

	stream->asking = false;
	if (!stream->feed) {
		stream_free(stream);
		return;
	}
	if (!api_reply_read(reply, failure, &result, &err)) {
		/* what passes is looked at again */
		if (reason_kind(err.reason) != ERROR_BUSY)
			end_stream(stream);
		return;
	}
	const json_t *events = json_object_get(result, "events");
	if (stream->after < 0)
		take_start(stream, events);
	else if (!send_events(stream, events))
		end_stream(stream);
}

static json_t *make_look(const struct event_stream *stream)
{
	json_auto_t *captured = json_object();
	json_t *params = stream->after < 0
				 ? json_pack("{s:i}", "limit", 1)
				 : json_pack("{s:I, s:i}", "after", (json_int_t)stream->after,
					     "limit", EVENTS_PER_LOOK);

	if (*stream->account)
		json_object_set_new(captured, "account", json_string(stream->account));
	return request_make("event.list", captured, params);
}

static void look(struct event_stream *stream)
{
	json_auto_t *request = make_look(stream);

	stream->asking = request && request_send(stream->api, &stream->kept.credential, request,
						 looked, stream);
}

static void on_tick(void *context)
{
	struct event_stream *stream = context;

	if (++stream->looks % LOOKS_PER_COMMENT == 0 &&
	    !http_feed_send(stream->feed, BYTES_LITERAL(": still here\n\n"))) {
		if (!stream->asking)
			end_stream(stream);
		return;
	}
	if (!stream->asking)
		look(stream);
}

static void on_drained(void *context)
{
	(void)context;
}

/* -- beginning -- */

bool stream_wanted(const struct http_exchange *exchange)
{
	const char *path = http_path(exchange);
	size_t len = strlen(path), suffix = strlen(SUFFIX);

	return strcmp(http_method(exchange), "GET") == 0 && len >= suffix &&
	       strcmp(path + len - suffix, SUFFIX) == 0;
}

static bool find_account(const char *path, char *into, size_t size, struct error *err)
{
	static const char accounts[] = API_PREFIX "/accounts/";

	into[0] = '\0';
	if (strcmp(path, API_PREFIX SUFFIX) == 0)
		return true;
	if (strncmp(path, accounts, strlen(accounts)) == 0) {
		const char *name = path + strlen(accounts);
		size_t len = strcspn(name, "/");

		if (strcmp(name + len, SUFFIX) == 0 && len > 0 && len < size) {
			snprintf(into, size, "%.*s", (int)len, name);
			return true;
		}
	}
	return error_set(err, REASON_NOT_FOUND, "there is no %s", path);
}

static long long start_of(const struct http_exchange *exchange)
{
	const char *last = http_header(exchange, "Last-Event-ID");
	char *end;
	long long id = last ? strtoll(last, &end, 10) : -1;

	return last && *last && *end == '\0' && id >= 0 ? id : -1;
}

static bool stream_new(struct api *api, const struct http_exchange *exchange,
		       const struct api_credential *credential, struct event_stream **ret,
		       struct error *err)
{
	struct event_stream *stream = calloc(1, sizeof *stream);

	if (!stream)
		return error_set(err, REASON_NO_MEMORY, "stream");
	stream->api = api;
	stream->after = start_of(exchange);
	if (!find_account(http_path(exchange), stream->account, sizeof stream->account, err) ||
	    !feeds_take(&api->feeds, stream->account, &stream->place, err) ||
	    !kept_credential_init(credential, &stream->kept, err)) {
		stream_free(stream);
		return false;
	}
	/* opened, and opened again, by a page whether or not anybody sits before it */
	stream->kept.credential.is_background = true;
	*ret = stream;
	return true;
}

/* Who may not see the events reads a problem, not an empty stream. */
struct opening {
	struct event_stream *stream;
	struct http_exchange *http;
};

static void opened(void *context, struct bytes reply, const struct error *failure)
{
	CLEANUP(freep) struct opening *opening = context;
	struct event_stream *stream = opening->stream;
	json_auto_t *result = NULL;
	struct error err = { 0 };
	struct http_answer answer = {
		.status = 200,
		.content_type = "text/event-stream",
		.headers = { { "Cache-Control", "no-store" } },
		.body = BYTES_LITERAL("retry: 3000\n\n"),
	};
	const struct http_feed_options options = { .on_drained = on_drained,
						   .on_gone = on_gone,
						   .tick_ms = LOOK_MS,
						   .on_tick = on_tick,
						   .context = stream };

	if (!api_reply_read(reply, failure, &result, &err)) {
		api_reply_problem(opening->http, &err);
		stream_free(stream);
		return;
	}
	if (stream->after < 0)
		take_start(stream, json_object_get(result, "events"));
	api_add_security_fields(&answer);
	stream->feed = http_feed_begin(opening->http, &answer, &options);
	if (!stream->feed)
		stream_free(stream);
}

void stream_serve(struct api *api, struct http_exchange *exchange,
		  const struct api_credential *credential)
{
	struct event_stream *stream = NULL;
	struct error err = { 0 };
	CLEANUP(freep) struct opening *opening = calloc(1, sizeof *opening);

	if (!opening || !stream_new(api, exchange, credential, &stream, &err)) {
		if (!opening)
			error_fill(&err, REASON_NO_MEMORY, 0, "stream");
		api_reply_problem(exchange, &err);
		return;
	}
	*opening = (struct opening){ stream, exchange };
	json_auto_t *request = make_look(stream);
	if (request && request_send(api, &stream->kept.credential, request, opened, opening)) {
		(void)TAKE(opening);
		return;
	}
	stream_free(stream);
	error_fill(&err, REASON_NO_MEMORY, 0, "stream");
	api_reply_problem(exchange, &err);
}
