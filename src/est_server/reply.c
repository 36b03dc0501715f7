/* Answers: status, media type, layout; and the one log line of each request. */
#include "est_server/exchange.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/log.h"
#include "est/multipart.h"
#include "est/retry_spread.h"
#include "est_server/quirks.h"
#include "http/etag.h"
#include "pki/der.h"
#include "pki/pkcs7.h"

#define CERTS_MAX 10 /* in one enroll answer */
#define RETRY_AFTER_DEFAULT 60
#define UNKNOWN_RETRY_AFTER 10
#define ETAG_OCTETS 16 /* of the content's hash */
#define ETAG_MAX (2 * ETAG_OCTETS + 32)
#define CHALLENGE "Basic realm=\"estrealm\", charset=\"UTF-8\""

/* The only place where a kind becomes a status. */
static const struct {
	unsigned int status;
	const char *stranger; /* all that a caller reads who has not proven who it is */
} kinds[] = {
	[ERROR_NONE] = { 500, "internal" },
	[ERROR_INVALID] = { 400, "bad_request" },
	[ERROR_UNAUTHENTICATED] = { 401, "unauthenticated" },
	[ERROR_DENIED] = { 403, "denied" },
	[ERROR_NOT_FOUND] = { 404, "not_found" },
	[ERROR_CONFLICT] = { 409, "conflict" },
	[ERROR_TOO_LARGE] = { 413, "too_large" },
	[ERROR_UNSUPPORTED] = { 415, "unsupported" },
	[ERROR_PENDING] = { 202, "pending" },
	[ERROR_LIMITED] = { 429, "too_many_requests" },
	[ERROR_BUSY] = { 503, "busy" },
	[ERROR_INTERNAL] = { 500, "internal" },
};

/* Where HTTP says more than the kind. */
static const struct {
	enum reason reason;
	unsigned int status;
} exact_statuses[] = {
	{ REASON_METHOD_NOT_ALLOWED, 405 },
	{ REASON_UPSTREAM_BROKEN, 502 },
	{ REASON_UPSTREAM_SLOW, 504 },
	{ REASON_UPSTREAM_LOOP, 508 },
};

static unsigned int status_of(enum reason reason)
{
	for (size_t i = 0; i < ARRAY_LEN(exact_statuses); i++)
		if (exact_statuses[i].reason == reason)
			return exact_statuses[i].status;
	return kinds[reason_kind(reason)].status;
}

static const char *operation_text(const struct est_exchange *e)
{
	return e->path.operation == EST_OPERATION_COUNT ? "-"
							: est_operation_text(e->path.operation);
}

static void log_request(const struct est_exchange *e, const struct est_outcome *outcome)
{
	char peer[ADDRESS_TEXT_MAX], label[280], detail[2 * ERROR_DETAIL_MAX];
	char withheld[32] = "";

	if (e->is_withheld)
		return;
	if (e->withheld)
		snprintf(withheld, sizeof withheld, " withheld=%" PRIu32, e->withheld);
	log_event(LOG_LEVEL_INFO, "est.request",
		  "request=%s peer=%s tls=%s op=%s label=%s profile=%s status=%u reason=%s "
		  "ms=%" PRIu64 " detail=%s%s",
		  http_request_id(e->http), address_to_text(http_peer(e->http), peer),
		  http_tls_version(e->http), operation_text(e),
		  log_quote(e->path.label, label, sizeof label),
		  e->profile_name[0] ? e->profile_name : "-", outcome->status,
		  reason_code(outcome->reason), outcome->us / 1000,
		  log_quote(e->detail, detail, sizeof detail), withheld);
}

static void count_request(const struct est_exchange *e, const struct est_outcome *outcome)
{
	struct est_asker *asker = e->server->options.asker;

	if (asker && asker->answered)
		asker->answered(asker, outcome);
}

static void send_answer(struct est_exchange *e, struct http_answer answer, enum reason reason)
{
	const struct est_outcome outcome = {
		.operation = e->path.operation,
		.account = e->account_name,
		.profile = e->profile_name,
		.status = answer.status,
		.reason = reason,
		.is_repeated = e->is_repeated,
		.us = monotonic_us() - http_started_us(e->http),
	};

	answer.mirrors_http10 = quirk_mirrors_http10(http_header(e->http, "User-Agent"));
	log_request(e, &outcome);
	count_request(e, &outcome);
	http_answer(e->http, &answer);
}

/* -- success -- */

static void send_body(struct est_exchange *e, struct http_answer answer, const struct buffer *body)
{
	const struct error no_memory = { .reason = REASON_NO_MEMORY };

	answer.status = 200;
	answer.body = buffer_view(body);
	if (buffer_ok(body))
		send_answer(e, answer, REASON_NONE);
	else
		reply_refusal(e, &no_memory, false);
}

static size_t line_length(const struct est_exchange *e)
{
	return quirk_line_length(http_header(e->http, "User-Agent"));
}

/* CA-05: it changes with the content, and with the layout that the client needs. */
static bool name_etag(const struct est_exchange *e, struct bytes der, char ret[ETAG_MAX])
{
	unsigned char hash[HASH_LEN];
	char digits[2 * ETAG_OCTETS + 1];

	if (!hash_sha256(der, hash, NULL))
		return false;
	snprintf(ret, ETAG_MAX, "\"%s-%zu\"",
		 hex_encode((struct bytes){ hash, ETAG_OCTETS }, digits), line_length(e));
	return true;
}

/* `etag` may be NULL. */
static void send_base64(struct est_exchange *e, const char *content_type, const char *etag,
			struct bytes der)
{
	CLEANUP(buffer_done) struct buffer body = { 0 };

	base64_encode(der, line_length(e), &body);
	/* RFC 8951 3.2 calls the header needless; Bouncy Castle up to 1.72 will not do without it
	 */
	const struct http_answer answer = {
		.content_type = content_type,
		.headers = { { "Content-Transfer-Encoding", "base64" },
			     { etag ? "ETag" : NULL, etag } },
	};
	send_body(e, answer, &body);
}

/* Who has it already is told so. */
static void send_tagged(struct est_exchange *e, const char *content_type, struct bytes der)
{
	char etag[ETAG_MAX];
	const struct http_answer same = { .status = 304, .headers = { { "ETag", etag } } };

	if (!name_etag(e, der, etag))
		send_base64(e, content_type, NULL, der);
	else if (etag_is_known(e->http, etag, NULL))
		send_answer(e, same, REASON_NONE);
	else
		send_base64(e, content_type, etag, der);
}

static bool refuse_unknown(struct est_exchange *e)
{
	struct error refusal = { 0 };

	if (!e->profile->is_unknown)
		return false;
	(void)!error_set_retry(&refusal, REASON_UPSTREAM_UNAVAILABLE, UNKNOWN_RETRY_AFTER,
			       "nothing was heard from it since this proxy has started");
	reply_refusal(e, &refusal, false);
	return true;
}

void reply_cacerts(struct est_exchange *e)
{
	if (refuse_unknown(e))
		return;
	fetch_note(e);
	send_tagged(e, "application/pkcs7-mime", buffer_view(&e->profile->cacerts));
}

void reply_csrattrs(struct est_exchange *e)
{
	if (refuse_unknown(e))
		return;
	if (e->profile->csrattrs.len) {
		send_tagged(e, "application/csrattrs", buffer_view(&e->profile->csrattrs));
		return;
	}
	send_answer(e, (struct http_answer){ .status = 204 }, REASON_NONE);
}

static size_t split_chain(struct bytes chain, struct bytes *certs, size_t count)
{
	struct der reader = der_open(chain);

	while (!der_at_end(&reader) && !reader.failed && count < CERTS_MAX)
		certs[count++] = der_read_whole(&reader, DER_SEQUENCE);
	return count;
}

/* libest compares this text byte by byte */
#define CERTS_ONLY "application/pkcs7-mime; smime-type=certs-only"

static bool encode_certificates(const struct est_reply *reply, struct buffer *ret,
				struct error *err)
{
	struct bytes certs[CERTS_MAX] = { buffer_view(&reply->certificate) };
	size_t count = split_chain(buffer_view(&reply->chain), certs, 1);

	return pkcs7_certs_only_encode(certs, count, ret, err);
}

static void reply_certificate(struct est_exchange *e, const struct est_reply *reply)
{
	CLEANUP(buffer_done) struct buffer pkcs7 = { 0 };
	struct error refusal = { 0 };

	if (!encode_certificates(reply, &pkcs7, &refusal)) {
		reply_refusal(e, &refusal, false);
		return;
	}
	e->is_repeated = reply->repeated;
	if (reply->repeated)
		snprintf(e->detail, sizeof e->detail, "the same certificate again");
	send_base64(e, CERTS_ONLY, NULL, buffer_view(&pkcs7));
}

/* The key first: clients that read the parts in one order read this one. */
static void reply_generated_key(struct est_exchange *e, const struct est_reply *reply)
{
	CLEANUP(buffer_done) struct buffer pkcs7 = { 0 };
	CLEANUP(buffer_wipe) struct buffer body = { 0 };
	struct error refusal = { 0 };

	if (!encode_certificates(reply, &pkcs7, &refusal)) {
		reply_refusal(e, &refusal, false);
		return;
	}
	const struct part parts[] = {
		{ reply->key_is_enveloped
			  ? "application/pkcs7-mime; smime-type=server-generated-key"
			  : "application/pkcs8",
		  buffer_view(&reply->private_key) },
		{ CERTS_ONLY, buffer_view(&pkcs7) },
	};
	multipart_write(parts, ARRAY_LEN(parts), line_length(e), &body);
	send_body(e, (struct http_answer){ .content_type = MULTIPART_TYPE }, &body);
}

void reply_success(struct est_exchange *e, const struct est_reply *reply)
{
	if (reply->cmc.len)
		send_base64(e, "application/pkcs7-mime; smime-type=CMC-response", NULL,
			    buffer_view(&reply->cmc));
	else if (reply->private_key.len)
		reply_generated_key(e, reply);
	else
		reply_certificate(e, reply);
}

/* -- refusal -- */

/* What is wrong with the bytes that the caller itself sent is no secret from it. */
static bool may_read_code(enum reason reason, bool authenticated)
{
	return authenticated || reason == REASON_NO_CLIENT_CERT ||
	       reason == REASON_REQUEST_REJECTED /* only the key's holder is ever told */ ||
	       reason_kind(reason) == ERROR_INVALID || reason_kind(reason) == ERROR_UNSUPPORTED;
}

static void refusal_text(const struct est_exchange *e, const struct error *refusal,
			 bool authenticated, struct buffer *to)
{
	enum reason reason = refusal->reason;
	/* internal detail is logged, never sent */
	bool detailed = reason_kind(reason) != ERROR_INTERNAL &&
			reason_kind(reason) != ERROR_BUSY && refusal->detail[0] &&
			reason != REASON_NO_CLIENT_CERT;

	if (!may_read_code(reason, authenticated)) {
		buffer_printf(to, "%s request=%s\n", kinds[reason_kind(reason)].stranger,
			      http_request_id(e->http));
		return;
	}
	buffer_printf(to, "%s: %s%s%s request=%s\n", reason_code(reason), reason_words(reason),
		      detailed ? ": " : ".", detailed ? refusal->detail : "",
		      http_request_id(e->http));
}

static size_t add_header(struct http_answer *answer, size_t count, const char *name,
			 const char *value)
{
	answer->headers[count] = (struct http_header){ name, value };
	return count + 1;
}

static bool wants_retry_after(enum error_kind kind)
{
	return kind == ERROR_PENDING || kind == ERROR_LIMITED || kind == ERROR_BUSY;
}

/* Bouncy Castle wants a 401 to have Content-Length: 0, and closes a 202 without reading it, which
 * it then takes for an error. */
static bool has_body(enum error_kind kind)
{
	return kind != ERROR_UNAUTHENTICATED && kind != ERROR_PENDING;
}

void reply_refusal(struct est_exchange *e, const struct error *refusal, bool authenticated)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	enum error_kind kind = reason_kind(refusal->reason);
	struct http_answer answer = { .status = status_of(refusal->reason) };
	char retry_after[12];
	size_t headers = 0;

	snprintf(e->detail, sizeof e->detail, "%s", refusal->detail);
	if (kind == ERROR_UNAUTHENTICATED)
		headers = add_header(&answer, headers, "WWW-Authenticate", CHALLENGE);
	if (has_body(kind)) {
		refusal_text(e, refusal, authenticated, &text);
		answer.content_type = "text/plain; charset=utf-8";
		answer.body = buffer_view(&text);
	}
	if (wants_retry_after(kind)) {
		/* whole seconds: libest and strongSwan read no dates */
		snprintf(retry_after, sizeof retry_after, "%u",
			 retry_spread(refusal->retry_after ? refusal->retry_after
							   : RETRY_AFTER_DEFAULT));
		headers = add_header(&answer, headers, "Retry-After", retry_after);
	}
	if (answer.status == 405)
		add_header(&answer, headers, "Allow",
			   e->path.operation == EST_CACERTS || e->path.operation == EST_CSRATTRS
				   ? "GET, HEAD"
				   : "POST");
	/* a caller told to come back later must not hold its connection meanwhile */
	answer.close = kind == ERROR_BUSY || kind == ERROR_LIMITED;
	send_answer(e, answer, refusal->reason);
}
