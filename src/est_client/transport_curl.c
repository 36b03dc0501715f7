#include "est_client/transport_curl.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "base/bytes.h"
#include "base/secret.h"
#include "est_client/client_internal.h"
#include "est_client/curl_options.h"
#include "est_client/failure.h"
#include "est_client/transport_tls.h"

#define HEADERS_MAX 200 /* lines */
#define HEADER_BYTES_MAX 65536
#define CONNECT_MS_MAX 20000L
#define STATUS_NO_CONTENT 204 /* ends with its header */
#define STATUS_NOT_MODIFIED 304

struct transport_context {
	CURL *curl; /* NULL until the next exchange; keeps its connection between two */
	struct tls_verdict verdict;
	char curl_error[CURL_ERROR_SIZE];
};

/* One exchange, as the callbacks see it. */
struct call {
	struct transport_context *context;
	const struct bestow_http_request *request;
	struct bestow_http_answer *answer;
	struct buffer body;    /* of the answer */
	unsigned char *upload; /* of the request; NULL until libcurl asks for it */
	size_t upload_at;
	size_t header_lines, header_bytes;
	bool is_framed;      /* the answer says itself where it ends */
	const char *refusal; /* why a callback ended the exchange */
};

/* -- the request's body -- */

static bool write_upload(struct call *call)
{
	struct bestow_session_binding binding = { 0 };
	struct curl_tlssessioninfo *session = NULL;

	if (curl_easy_getinfo(call->context->curl, CURLINFO_TLS_SSL_PTR, &session) == CURLE_OK &&
	    session && session->backend == CURLSSLBACKEND_OPENSSL && session->internals)
		transport_tls_binding(session->internals, &binding);
	call->upload = malloc(call->request->body_size);
	call->upload_at = 0;
	return call->upload &&
	       call->request->write_body(call->request->body, &binding, call->upload);
}

static size_t on_read(char *into, size_t size, size_t count, void *context)
{
	struct call *call = context;
	size_t len = size * count;

	if (!call->upload && !write_upload(call)) {
		call->refusal = "the request cannot be written";
		return CURL_READFUNC_ABORT;
	}
	if (len > call->request->body_size - call->upload_at)
		len = call->request->body_size - call->upload_at;
	memcpy(into, call->upload + call->upload_at, len);
	call->upload_at += len;
	return len;
}

/* libcurl begins anew, maybe on another connection: the body is then another. */
static int on_seek(void *context, curl_off_t offset, int origin)
{
	struct call *call = context;

	if (offset != 0 || origin != SEEK_SET)
		return CURL_SEEKFUNC_CANTSEEK;
	free(call->upload);
	call->upload = NULL;
	return CURL_SEEKFUNC_OK;
}

/* -- the answer -- */

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
	struct call *call = context;
	size_t len = size * count;

	if (len > call->request->answer_max - call->body.len) {
		call->refusal = "the answer is longer than any that EST needs";
		return 0;
	}
	buffer_append(&call->body, (struct bytes){ (unsigned char *)bytes, len });
	return buffer_ok(&call->body) ? len : 0;
}

static bool has_name(const char *line, size_t len, const char *name)
{
	return len >= strlen(name) && strncasecmp(line, name, strlen(name)) == 0;
}

static void take_field(struct call *call, const char *line, size_t len)
{
	const struct {
		const char *name;
		char *into;
		size_t size;
	} fields[] = {
		{ "content-type:", call->answer->content_type, sizeof call->answer->content_type },
		{ "retry-after:", call->answer->retry_after, sizeof call->answer->retry_after },
		{ "date:", call->answer->date, sizeof call->answer->date },
		{ "etag:", call->answer->etag, sizeof call->answer->etag },
		{ "location:", call->answer->location, sizeof call->answer->location },
	};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		size_t name = strlen(fields[i].name);

		if (!has_name(line, len, fields[i].name))
			continue;
		while (name < len && (line[name] == ' ' || line[name] == '\t'))
			name++;
		while (len > name && strchr(" \t\r\n", line[len - 1]))
			len--;
		snprintf(fields[i].into, fields[i].size, "%.*s", (int)(len - name), line + name);
	}
}

static size_t on_header(char *line, size_t size, size_t count, void *context)
{
	struct call *call = context;
	size_t len = size * count;

	call->header_bytes += len;
	if (++call->header_lines > HEADERS_MAX || call->header_bytes > HEADER_BYTES_MAX) {
		call->refusal = "more header than any answer needs";
		return 0;
	}
	/* a 100, or a challenge, may come before the answer that counts */
	if (len > 5 && strncmp(line, "HTTP/", 5) == 0) {
		*call->answer = (struct bestow_http_answer){ 0 };
		buffer_clear(&call->body);
		call->is_framed = false;
	}
	call->is_framed |=
		has_name(line, len, "content-length:") || has_name(line, len, "transfer-encoding:");
	take_field(call, line, len);
	return len;
}

static CURLcode on_ssl_ctx(CURL *curl, void *ssl_ctx, void *context)
{
	struct call *call = context;

	(void)curl;
	return transport_tls_prepare(ssl_ctx, &call->context->verdict) ? CURLE_OK
								       : CURLE_ABORTED_BY_CALLBACK;
}

/* -- failures -- */

static const struct {
	CURLcode code;
	enum reason reason;
} failures[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, REASON_SERVER_UNREACHABLE },
	{ CURLE_COULDNT_CONNECT, REASON_SERVER_UNREACHABLE },
	{ CURLE_OPERATION_TIMEDOUT, REASON_SERVER_UNREACHABLE },
	{ CURLE_SSL_CONNECT_ERROR, REASON_SERVER_UNREACHABLE },
	{ CURLE_SEND_ERROR, REASON_SERVER_UNREACHABLE },
	{ CURLE_RECV_ERROR, REASON_SERVER_UNREACHABLE },
	{ CURLE_GOT_NOTHING, REASON_SERVER_UNREACHABLE },
	{ CURLE_PARTIAL_FILE, REASON_SERVER_UNREACHABLE },
	{ CURLE_PEER_FAILED_VERIFICATION, REASON_SERVER_UNTRUSTED },
	{ CURLE_OUT_OF_MEMORY, REASON_NO_MEMORY },
};

static enum reason reason_of_code(CURLcode code)
{
	for (size_t i = 0; i < ARRAY_LEN(failures); i++)
		if (failures[i].code == code)
			return failures[i].reason;
	return REASON_SERVER_ANSWER;
}

static bool tell_failure(const struct call *call, CURLcode code, struct bestow_error *ret_err)
{
	const struct transport_context *context = call->context;
	struct error err = { 0 };

	if (context->verdict.failed) {
		*ret_err = context->verdict.err;
		return false;
	}
	/* libcurl's word for a header beyond its bounds */
	if (code == CURLE_OUT_OF_MEMORY && call->header_lines && call->body.len == 0)
		return bestow_fail(ret_err, BESTOW_FAILED,
				   "a header that is too long, or memory is out");
	(void)error_set(&err, call->refusal ? REASON_SERVER_ANSWER : reason_of_code(code), "%s",
			call->refusal          ? call->refusal
			: *context->curl_error ? context->curl_error
					       : curl_easy_strerror(code));
	return failure_tell(&err, ret_err);
}

/* -- one exchange -- */

/* Each exchange proves the server anew: no resumed TLS session. */
static CURLcode set_fixed(CURL *curl, bool wants_system)
{
	static const struct curl_number numbers[] = {
		{ CURLOPT_SSL_SESSIONID_CACHE, 0 },
		{ CURLOPT_SSL_ENABLE_ALPN, 1 },
		/* transport_tls.c judges the name, which RFC 7030 3.6.1 does not always want */
		{ CURLOPT_SSL_VERIFYHOST, 0 },
		{ CURLOPT_TCP_KEEPALIVE, 1 },
	};
	const CURLcode codes[] = {
		curl_set_strict(curl, "bestow/" BESTOW_VERSION),
		curl_set_numbers(curl, numbers, ARRAY_LEN(numbers)),
		wants_system ? CURLE_OK : curl_forget_anchors(curl),
	};

	return curl_first_failure(codes, ARRAY_LEN(codes));
}

static CURLcode set_callbacks(CURL *curl, struct call *call)
{
	CURLcode codes[] = {
		curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body),
		curl_easy_setopt(curl, CURLOPT_WRITEDATA, call),
		curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header),
		curl_easy_setopt(curl, CURLOPT_HEADERDATA, call),
		curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read),
		curl_easy_setopt(curl, CURLOPT_READDATA, call),
		curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek),
		curl_easy_setopt(curl, CURLOPT_SEEKDATA, call),
		curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx),
		curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, call),
		curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, call->context->curl_error),
	};

	return curl_first_failure(codes, ARRAY_LEN(codes));
}

/* Who is asked answers; a passphrase goes out only when the server, proven by then, asks for it
 * (RFC 7030 3.2.3), by Digest where it offers that. */
static CURLcode set_credentials(CURL *curl, const struct bestow_http_request *request)
{
	if (!request->user)
		return CURLE_OK;

	CURLcode code = curl_easy_setopt(curl, CURLOPT_USERNAME, request->user);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_PASSWORD, request->passphrase);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_HTTPAUTH,
					(long)(CURLAUTH_BASIC | CURLAUTH_DIGEST));
	return code;
}

/* Frees the list where it cannot be longer. */
static struct curl_slist *add_line(struct curl_slist *headers, const char *line)
{
	struct curl_slist *longer = headers ? curl_slist_append(headers, line) : NULL;

	if (!longer)
		curl_slist_free_all(headers);
	return longer;
}

static struct curl_slist *make_headers(const struct bestow_http_request *request)
{
	char line[256];
	struct curl_slist *headers = curl_slist_append(NULL, "Expect:");

	if (request->via) {
		snprintf(line, sizeof line, "Via: %s", request->via);
		headers = add_line(headers, line);
	}
	if (request->if_none_match) {
		snprintf(line, sizeof line, "If-None-Match: %s", request->if_none_match);
		headers = add_line(headers, line);
	}
	if (!request->content_type)
		return headers;
	snprintf(line, sizeof line, "Content-Type: %s", request->content_type);
	headers = add_line(headers, line);
	return add_line(headers, "Content-Transfer-Encoding: base64");
}

static CURLcode set_request(CURL *curl, const struct bestow_http_request *request,
			    struct curl_slist *headers)
{
	CURLcode codes[] = {
		curl_easy_setopt(curl, CURLOPT_URL, request->url),
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers),
		curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms),
		curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS_MAX),
		curl_easy_setopt(curl, request->content_type ? CURLOPT_POST : CURLOPT_HTTPGET, 1L),
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size),
		set_credentials(curl, request),
	};

	return curl_first_failure(codes, ARRAY_LEN(codes));
}

static CURLcode perform(struct call *call, struct curl_slist *headers)
{
	CURL *curl = call->context->curl;
	CURLcode code;

	curl_easy_reset(curl); /* keeps the connections */
	code = set_fixed(curl, bestow_tls_wants_system(call->context->verdict.tls));
	if (code == CURLE_OK)
		code = set_callbacks(curl, call);
	if (code == CURLE_OK)
		code = set_request(curl, call->request, headers);
	return code == CURLE_OK ? curl_easy_perform(curl) : code;
}

static void call_donep(struct call *call)
{
	free(call->upload);
	buffer_wipe(&call->body);
}

/* RFC 9112 9.8: what does not say where it ends is whole only if the server said that nothing
 * follows. Anybody on the way can end a TCP connection, and part of a list of CA certificates would
 * look like the whole. libcurl sees to the others. */
static bool is_whole(const struct call *call)
{
	long status = 0;

	(void)curl_easy_getinfo(call->context->curl, CURLINFO_RESPONSE_CODE, &status);
	return call->is_framed || call->context->verdict.closed || status == STATUS_NO_CONTENT ||
	       status == STATUS_NOT_MODIFIED;
}

/* A NUL behind the body, so that its words may be read as a string. */
static bool give_answer(struct call *call, struct bestow_error *err)
{
	long status = 0;

	(void)curl_easy_getinfo(call->context->curl, CURLINFO_RESPONSE_CODE, &status);
	if (!buffer_cstring(&call->body))
		return bestow_fail(err, BESTOW_FAILED, "memory is out");
	call->answer->status = (int)status;
	call->answer->body_size = call->body.len;
	call->answer->body = TAKE(call->body.data);
	call->body = (struct buffer){ 0 };
	return true;
}

static bool exchange(void *transport, const struct bestow_tls *tls,
		     const struct bestow_http_request *request, struct bestow_http_answer *ret,
		     struct bestow_error *err)
{
	struct transport_context *context = transport;
	CLEANUP(call_donep)
	struct call call = { .context = context, .request = request, .answer = ret };

	if (!context->curl)
		context->curl = curl_easy_init();
	context->curl_error[0] = '\0';
	context->verdict = (struct tls_verdict){ .tls = tls, .host = tls->url->host };

	struct curl_slist *headers = context->curl ? make_headers(request) : NULL;
	if (!headers)
		return bestow_fail(err, BESTOW_FAILED, "memory is out");
	CURLcode code = perform(&call, headers);
	curl_slist_free_all(headers);
	if (code == CURLE_OK && !is_whole(&call))
		code = CURLE_PARTIAL_FILE;
	if (code == CURLE_OK)
		return give_answer(&call, err);
	tell_failure(&call, code, err);
	/* what is left of a broken exchange must not be read as the next one's answer */
	transport_curl.hang_up(context);
	return false;
}

static void hang_up(void *transport)
{
	struct transport_context *context = transport;

	curl_easy_cleanup(context->curl);
	context->curl = NULL;
}

const struct bestow_transport transport_curl = { .exchange = exchange, .hang_up = hang_up };

bool transport_curl_new(void **ret_context, struct error *err)
{
	*ret_context = calloc(1, sizeof(struct transport_context));
	return *ret_context || error_set(err, REASON_NO_MEMORY, "transport");
}

void transport_curl_free(void *transport)
{
	if (!transport)
		return;
	hang_up(transport);
	free(transport);
}
