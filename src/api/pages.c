/* A whole list, page by page: the next one is asked for when the client has taken the one before,
 * so that neither side ever holds more than one. */
#include <string.h>
#include <strings.h>

#include "api/exchange.h"
#include "api/table.h"
#include "http/feed.h"

#define PAGE_LIMIT 500

static const struct {
	const char *media_type, *format;
	enum table_form form;
} forms[] = {
	{ "application/x-ndjson", "ndjson", TABLE_NDJSON },
	{ "text/csv", "csv", TABLE_CSV },
};

struct pages {
	struct api *api;
	struct http_feed *feed; /* NULL: gone, or not begun */
	struct feed_place *place;
	struct kept_credential kept;
	const struct route *route;
	json_t *captured, *params;
	size_t form; /* index into forms */
	bool has_begun, asking, is_first;
	struct http_exchange *http; /* until it has begun */
};

static void pages_free(struct pages *pages)
{
	if (!pages)
		return;
	feed_place_give(pages->place);
	kept_credential_done(&pages->kept);
	json_decref(pages->captured);
	json_decref(pages->params);
	free(pages);
}
DEFINE_CLEANUP(struct pages *, pages_free)

static bool find_form(const struct http_exchange *exchange, size_t *ret)
{
	const char *accept = http_header(exchange, "Accept");
	const char *format = strstr(http_query(exchange), "format=");

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		size_t len = strlen(forms[i].format);
		bool by_query = format && strncmp(format + 7, forms[i].format, len) == 0 &&
				(format[7 + len] == '\0' || format[7 + len] == '&');

		if (by_query || (accept && strcasecmp(accept, forms[i].media_type) == 0)) {
			*ret = i;
			return true;
		}
	}
	return false;
}

bool pages_wanted(const struct api_call *call)
{
	size_t form;

	return call->match.route->form == ROUTE_PAGES && find_form(call->http, &form);
}

/* -- one page after the other -- */

static bool ask_next(struct pages *pages);

static void end_pages(struct pages *pages, bool is_whole)
{
	if (pages->feed)
		http_feed_end(TAKE(pages->feed), is_whole);
	pages_free(pages);
}

static void on_drained(void *context)
{
	struct pages *pages = context;

	if (!pages->asking && !ask_next(pages))
		end_pages(pages, false);
}

static void on_gone(void *context)
{
	struct pages *pages = context;

	pages->feed = NULL;
	if (!pages->asking)
		pages_free(pages);
}

static bool append_page(struct pages *pages, const json_t *result, struct buffer *to)
{
	const json_t *items = json_object_get(result, pages->route->items);
	size_t i;
	const json_t *item;

	json_array_foreach((json_t *)(uintptr_t)items, i, item)
	{
		table_append(item, forms[pages->form].form, pages->is_first, to);
		pages->is_first = false;
	}
	return buffer_ok(to);
}

static bool begin(struct pages *pages, struct bytes first)
{
	struct http_answer answer = {
		.status = 200,
		.content_type = forms[pages->form].media_type,
		.headers = { { "Cache-Control", "no-store" },
			     { "Content-Disposition", "attachment" } },
		.body = first,
	};
	const struct http_feed_options options = { .on_drained = on_drained,
						   .on_gone = on_gone,
						   .context = pages };

	api_add_security_fields(&answer);
	pages->has_begun = true;
	pages->feed = http_feed_begin(pages->http, &answer, &options);
	return pages->feed != NULL;
}

static bool send_page(struct pages *pages, struct bytes text)
{
	if (!pages->has_begun)
		return begin(pages, text);
	return text.len == 0 || http_feed_send(pages->feed, text);
}

static bool keep_cursor(struct pages *pages, const json_t *result, bool *ret_more)
{
	json_t *cursor = json_object_get(result, "next_cursor");

	*ret_more = json_is_integer(cursor);
	return !*ret_more || json_object_set(pages->params, "cursor", cursor) == 0;
}

static void take_page(struct pages *pages, const json_t *result)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	bool more = false;

	if (!append_page(pages, result, &text) || !keep_cursor(pages, result, &more) ||
	    !send_page(pages, buffer_view(&text)))
		end_pages(pages, false);
	else if (!more)
		end_pages(pages, true);
}

static void answered(void *context, struct bytes reply, const struct error *failure)
{
	struct pages *pages = context;
	json_auto_t *result = NULL;
	struct error err = { 0 };

	pages->asking = false;
	if (pages->has_begun && !pages->feed) {
		pages_free(pages);
		return;
	}
	if (api_reply_read(reply, failure, &result, &err)) {
		take_page(pages, result);
		return;
	}
	if (pages->has_begun) {
		end_pages(pages, false);
		return;
	}
	api_reply_problem(pages->http, &err);
	pages_free(pages);
}

static bool ask_next(struct pages *pages)
{
	json_auto_t *params = json_deep_copy(pages->params);
	json_auto_t *request =
		params ? request_make(pages->route->verb, pages->captured, json_incref(params))
		       : NULL;

	/* the first page was asked for; how slowly it is read says nothing of anybody */
	pages->kept.credential.is_background |= pages->has_begun;
	pages->asking = request &&
			request_send(pages->api, &pages->kept.credential, request, answered, pages);
	return pages->asking;
}

/* -- beginning -- */

static bool pages_new(struct api_call *call, json_t *params, struct pages **ret, struct error *err)
{
	CLEANUP(pages_freep) struct pages *pages = calloc(1, sizeof *pages);

	if (!pages)
		return error_set(err, REASON_NO_MEMORY, "list");
	pages->api = call->api;
	pages->route = call->match.route;
	pages->http = call->http;
	pages->captured = json_incref(call->match.captured);
	pages->params = json_incref(params);
	pages->is_first = true;
	if (!feeds_take(&call->api->feeds,
			json_string_value(json_object_get(pages->captured, "account")),
			&pages->place, err) ||
	    !kept_credential_init(&call->credential, &pages->kept, err))
		return false;
	if (!find_form(call->http, &pages->form) ||
	    json_object_set_new(params, "limit", json_integer(PAGE_LIMIT)) != 0)
		return error_set(err, REASON_NO_MEMORY, "list");
	*ret = TAKE(pages);
	return true;
}

void pages_serve(struct api_call *call, json_t *params)
{
	json_auto_t *owned = params;
	CLEANUP(pages_freep) struct pages *pages = NULL;
	struct error err = { 0 };

	if (!pages_new(call, owned, &pages, &err)) {
		api_reply_problem(call->http, &err);
		return;
	}
	if (ask_next(pages)) {
		(void)TAKE(pages);
		return;
	}
	error_fill(&err, REASON_NO_MEMORY, 0, "list");
	api_reply_problem(call->http, &err);
}
