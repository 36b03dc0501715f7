#include "va/ocsp_front.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/date.h"
#include "model/ocsp_kept.h"
#include "model/publication.h"
#include "pki/der.h"
#include "pki/ocsp_request.h"
#include "pki/ocsp_response.h"
#include "va/fresh.h"
#include "va/ocsp_path.h"

#define ASKED_MAX 64     /* of this process at a time, so that enrollments find room */
#define REFRESHED_MAX 32 /* of those, for answers that still hold */
#define REQUEST_TYPE "application/ocsp-request"
#define RESPONSE_TYPE "application/ocsp-response"

struct ocsp_front {
	struct va_options options;
	struct kept *kept;
	unsigned int asked;
};

bool ocsp_front_new(const struct va_options *options, struct ocsp_front **ret, struct error *err)
{
	CLEANUP(ocsp_front_freep) struct ocsp_front *front = calloc(1, sizeof *front);

	if (!front)
		return error_set(err, REASON_NO_MEMORY, "OCSP");
	front->options = *options;
	if (!kept_new(options->board, KEPT_ROOM, &front->kept, err))
		return false;
	*ret = TAKE(front);
	return true;
}

void ocsp_front_free(struct ocsp_front *front)
{
	if (!front)
		return;
	kept_free(front->kept);
	free(front);
}

bool ocsp_front_is_meant(const char *path)
{
	size_t len = strlen(PUBLICATION_OCSP_PATH);

	return strncmp(path, PUBLICATION_OCSP_PATH, len) == 0 &&
	       (path[len] == '\0' || path[len] == '/');
}

/* -- answering -- */

static void log_request(const struct http_exchange *exchange, const char *outcome)
{
	char peer[ADDRESS_TEXT_MAX];

	log_event(LOG_LEVEL_DEBUG, "va.ocsp", "request=%s peer=%s outcome=%s",
		  http_request_id(exchange), address_to_text(http_peer(exchange), peer), outcome);
}

static void count(const struct ocsp_front *front, bool was_kept, unsigned int status)
{
	if (front->options.answered_ocsp)
		front->options.answered_ocsp(front->options.context, was_kept, status);
}

static void send_kept(const struct ocsp_front *front, struct http_exchange *exchange,
		      const struct kept_answer *kept, int64_t now)
{
	char cache_control[80], date[HTTP_DATE_MAX], last_modified[HTTP_DATE_MAX],
		expires[HTTP_DATE_MAX];
	bool is_get = strcmp(http_method(exchange), "GET") == 0;
	bool known = is_get && client_has(exchange, kept->etag, kept->this_update);
	struct http_answer answer = {
		.status = known ? 304 : 200,
		.content_type = known ? NULL : RESPONSE_TYPE,
		.headers = { { "Date", date },
			     { "ETag", kept->etag },
			     { "Last-Modified", last_modified },
			     { "Expires", expires },
			     { "Cache-Control", cache_control } },
	};

	snprintf(cache_control, sizeof cache_control,
		 "max-age=%" PRId64 ", public, no-transform, must-revalidate",
		 kept->next_update - now);
	http_date(now, date);
	http_date(kept->this_update, last_modified);
	http_date(kept->next_update, expires);
	if (!known)
		answer.body = kept->der;
	log_request(exchange, "kept");
	count(front, true, OCSP_SUCCESSFUL);
	http_answer(exchange, &answer);
}

/* OCSPResponse ::= SEQUENCE { ENUMERATED of one octet, ... } */
static unsigned int status_of(struct bytes der)
{
	struct der reader = der_open(der);
	struct der response = der_enter(&reader, DER_SEQUENCE);
	struct bytes status = der_read(&response, DER_ENUMERATED);

	return status.len == 1 ? status.data[0] : OCSP_INTERNAL_ERROR;
}

static void send_once(const struct ocsp_front *front, struct http_exchange *exchange,
		      struct bytes der)
{
	const struct http_answer answer = {
		.status = 200,
		.content_type = RESPONSE_TYPE,
		.headers = { { "Cache-Control", "no-store" } },
		.body = der,
	};

	log_request(exchange, "fresh");
	count(front, false, status_of(der));
	http_answer(exchange, &answer);
}

static void send_error(const struct ocsp_front *front, struct http_exchange *exchange,
		       enum ocsp_error error)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };

	ocsp_error_encode(error, &der);
	send_once(front, exchange, buffer_view(&der));
}

static void refuse(struct http_exchange *exchange, unsigned int status, enum reason reason)
{
	char body[96];
	struct http_answer answer = { .status = status,
				      .content_type = "text/plain; charset=utf-8" };

	snprintf(body, sizeof body, "%s request=%s\n", reason_code(reason),
		 http_request_id(exchange));
	answer.body = bytes_of_string(body);
	if (status == 405)
		answer.headers[0] = (struct http_header){ "Allow", "GET, HEAD, POST" };
	log_request(exchange, reason_code(reason));
	http_answer(exchange, &answer);
}

/* -- asking the authority -- */

struct question {
	struct ocsp_front *front;
	struct http_exchange *exchange; /* NULL: for what is kept, nobody waits */
	struct buffer cert_id;          /* what the answer may be kept for; empty: for nothing */
};

static void question_free(struct question *question)
{
	if (!question)
		return;
	buffer_done(&question->cert_id);
	free(question);
}
DEFINE_CLEANUP(struct question *, question_free)

static bool serial_of(struct bytes cert_id, struct bytes *ret)
{
	struct ocsp_cert_id id;

	if (!ocsp_cert_id_parse(cert_id, &id))
		return false;
	*ret = id.serial;
	return true;
}

/* Answered as it was asked, also where it became void meanwhile: who asked, did so before. */
static void keep(const struct question *question, const struct ocsp_reply *reply)
{
	struct bytes serial;

	if (reply->is_keepable && question->cert_id.len &&
	    serial_of(buffer_view(&question->cert_id), &serial))
		kept_put(question->front->kept, buffer_view(&question->cert_id), serial, reply);
}

static void let_ask_again(const struct question *question)
{
	struct kept_answer *kept = kept_find(question->front->kept, buffer_view(&question->cert_id),
					     clock_now(&clock_system));

	if (kept)
		kept->is_asked_anew = false;
}

static void send_reply(const struct question *question, const struct ocsp_reply *reply)
{
	int64_t now = clock_now(&clock_system);
	const struct kept_answer *kept =
		question->cert_id.len
			? kept_find(question->front->kept, buffer_view(&question->cert_id), now)
			: NULL;

	if (kept)
		send_kept(question->front, question->exchange, kept, now);
	else
		send_once(question->front, question->exchange, reply->der);
}

static void answered(void *context, struct bytes message, const struct error *failure)
{
	CLEANUP(question_freep) struct question *question = context;
	struct ocsp_reply reply;

	question->front->asked--;
	bool understood = !failure && ocsp_reply_unpack(message, &reply, NULL);
	if (understood)
		keep(question, &reply);
	else if (!question->exchange)
		let_ask_again(question);
	if (question->exchange && understood)
		send_reply(question, &reply);
	else if (question->exchange)
		send_error(question->front, question->exchange, OCSP_TRY_LATER);
}

/* False, and nothing is asked, when too much is under way or memory is out. */
static bool ask(struct ocsp_front *front, struct http_exchange *exchange, struct bytes request,
		struct bytes cert_id)
{
	CLEANUP(question_freep) struct question *question = calloc(1, sizeof *question);

	if (!question || front->asked >= (exchange ? ASKED_MAX : REFRESHED_MAX))
		return false;
	question->front = front;
	question->exchange = exchange;
	buffer_append(&question->cert_id, cert_id);
	if (!buffer_ok(&question->cert_id))
		return false;
	front->asked++;
	front->options.ask(front->options.context, request, answered, TAKE(question));
	return true;
}

/* -- a request -- */

static bool may_be_kept(const struct ocsp_request *request)
{
	return request->count == 1 && request->nonce.len == 0;
}

/* A kept answer that is half over is sent once more while a newer one is asked for. */
static bool answer_from_kept(struct ocsp_front *front, struct http_exchange *exchange,
			     struct bytes message, const struct ocsp_request *request)
{
	int64_t now = clock_now(&clock_system);
	struct bytes cert_id = request->questions[0].der;
	struct kept_answer *kept =
		may_be_kept(request) ? kept_find(front->kept, cert_id, now) : NULL;

	if (!kept)
		return false;
	if (now >= kept->stale_at && !kept->is_asked_anew)
		kept->is_asked_anew = ask(front, NULL, message, cert_id);
	send_kept(front, exchange, kept, now);
	return true;
}

static void answer(struct ocsp_front *front, struct http_exchange *exchange, struct bytes message)
{
	struct ocsp_request request;
	struct bytes cert_id = { 0 };

	if (!ocsp_request_parse(message, &request, NULL)) {
		send_error(front, exchange, OCSP_MALFORMED_REQUEST);
		return;
	}
	if (answer_from_kept(front, exchange, message, &request))
		return;
	if (may_be_kept(&request))
		cert_id = request.questions[0].der;
	if (!ask(front, exchange, message, cert_id))
		send_error(front, exchange, OCSP_TRY_LATER);
}

static void answer_get(struct ocsp_front *front, struct http_exchange *exchange)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	const char *text = http_path(exchange) + strlen(PUBLICATION_OCSP_PATH);

	if (!ocsp_path_decode(text, &message)) {
		send_error(front, exchange, OCSP_MALFORMED_REQUEST);
		return;
	}
	answer(front, exchange, buffer_view(&message));
}

/* Who says nothing of the type is believed to mean it. */
static bool type_is_right(const struct http_exchange *exchange)
{
	const char *type = http_header(exchange, "Content-Type");
	size_t len = strlen(REQUEST_TYPE);

	return !type || (strncasecmp(type, REQUEST_TYPE, len) == 0 &&
			 strspn(type + len, " \t") == strcspn(type + len, ";"));
}

void ocsp_front_handle(struct ocsp_front *front, struct http_exchange *exchange)
{
	const char *method = http_method(exchange);

	if (strcmp(method, "GET") == 0)
		answer_get(front, exchange);
	else if (strcmp(method, "POST") != 0)
		refuse(exchange, 405, REASON_METHOD_NOT_ALLOWED);
	else if (!type_is_right(exchange))
		refuse(exchange, 415, REASON_MEDIA_TYPE);
	else
		answer(front, exchange, http_body(exchange));
}
