#include "va/va.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/date.h"
#include "va/fresh.h"
#include "va/held.h"
#include "va/ocsp_front.h"

/* Caches ask again after five minutes, which costs one small 304 while nothing has changed. */
#define MAX_AGE 300
#define ETAG_MAX 64

struct va {
	struct va_options options;
	struct shelf shelf;
	struct ocsp_front *ocsp;
};

bool va_new(const struct va_options *options, struct va **ret, struct error *err)
{
	CLEANUP(va_freep) struct va *va = calloc(1, sizeof *va);

	if (!va)
		return error_set(err, REASON_NO_MEMORY, "validation authority");
	va->options = *options;
	if (!ocsp_front_new(options, &va->ocsp, err))
		return false;
	*ret = TAKE(va);
	return true;
}

void va_free(struct va *va)
{
	if (!va)
		return;
	ocsp_front_free(va->ocsp);
	shelf_done(&va->shelf);
	free(va);
}

bool va_take(struct va *va, struct bytes message, void (*release)(struct bytes message),
	     struct error *err)
{
	return shelf_put(&va->shelf, message, release, err);
}

/* -- answering -- */

static void log_request(struct http_exchange *exchange, unsigned int status, const char *reason)
{
	char peer[ADDRESS_TEXT_MAX], path[280];
	/* fetching is what everybody does all the time; what is not found may be somebody's mistake
	 */
	enum log_level level = status < 400 ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;

	log_event(level, "va.request", "request=%s peer=%s path=%s status=%u reason=%s",
		  http_request_id(exchange), address_to_text(http_peer(exchange), peer),
		  log_quote(http_path(exchange), path, sizeof path), status, reason);
}

static void count(const struct va *va, const char *kind, unsigned int status)
{
	if (va->options.answered_fetch)
		va->options.answered_fetch(va->options.context, kind, status);
}

static void refuse(const struct va *va, struct http_exchange *exchange, unsigned int status,
		   const char *code)
{
	char body[96];
	struct http_answer answer = { .status = status,
				      .content_type = "text/plain; charset=utf-8" };

	snprintf(body, sizeof body, "%s request=%s\n", code, http_request_id(exchange));
	answer.body = bytes_of_string(body);
	if (status == 405)
		answer.headers[0] = (struct http_header){ "Allow", "GET, HEAD" };
	log_request(exchange, status, code);
	count(va, "none", status);
	http_answer(exchange, &answer);
}

struct validators {
	char etag[ETAG_MAX], cache_control[64], last_modified[HTTP_DATE_MAX],
		expires[HTTP_DATE_MAX];
};

static void describe(const struct publication *publication, int64_t now, struct validators *ret)
{
	int64_t left = publication->next_update ? publication->next_update - now : MAX_AGE;
	int64_t age = left < 0 ? 0 : left < MAX_AGE ? left : MAX_AGE;

	if (publication->number)
		snprintf(ret->etag, sizeof ret->etag, "\"%" PRId64 "\"", publication->number);
	else
		snprintf(ret->etag, sizeof ret->etag, "\"%s\"", publication->name);
	snprintf(ret->cache_control, sizeof ret->cache_control,
		 "public, max-age=%" PRId64 ", must-revalidate", age);
	http_date(publication->this_update, ret->last_modified);
	http_date(now + age, ret->expires);
}

static const char *const kinds[PUBLICATION_KINDS] = {
	[PUBLICATION_CRL] = "crl",
	[PUBLICATION_DELTA] = "delta",
	[PUBLICATION_CA] = "ca",
};

static void send_held(const struct va *va, struct http_exchange *exchange, struct held *held)
{
	const struct publication *publication = &held->publication;
	struct validators validators;

	describe(publication, clock_now(&clock_system), &validators);
	bool known = client_has(exchange, validators.etag, publication->this_update);
	struct http_answer answer = {
		.status = known ? 304 : 200,
		.content_type = known ? NULL : publication_media_type(publication->kind),
		.headers = { { "ETag", validators.etag },
			     { "Last-Modified", validators.last_modified },
			     { "Cache-Control", validators.cache_control },
			     { "Expires", validators.expires } },
	};
	if (!known) {
		answer.body = publication->body;
		answer.body_release = held_unref;
		answer.body_owner = held_ref(held);
	}
	log_request(exchange, answer.status, reason_code(REASON_NONE));
	count(va, kinds[publication->kind], answer.status);
	http_answer(exchange, &answer);
}

void va_handle(struct va *va, struct http_exchange *exchange)
{
	char name[PUBLICATION_NAME_MAX + 1];
	enum publication_kind kind;

	if (ocsp_front_is_meant(http_path(exchange))) {
		ocsp_front_handle(va->ocsp, exchange);
		return;
	}
	if (!publication_path_parse(http_path(exchange), &kind, name)) {
		refuse(va, exchange, 404, "not_found");
		return;
	}
	if (strcmp(http_method(exchange), "GET") != 0) {
		refuse(va, exchange, 405, reason_code(REASON_METHOD_NOT_ALLOWED));
		return;
	}

	struct held *held = shelf_find(&va->shelf, kind, name);
	if (held)
		send_held(va, exchange, held);
	else
		refuse(va, exchange, 404, "not_found");
}
