#include "bestowctl/https.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/cleanup.h"
#include "est_client/curl_options.h"

#define CONNECT_SECONDS 20L
#define ANSWER_SECONDS 120L /* an RSA-4096 key takes its time on a small machine */
#define URL_MAX 512

struct https {
	CURL *curl;
	char origin[URL_MAX];
	struct buffer ca_pem;
	char words[CURL_ERROR_SIZE];
};

/* One request under way. */
struct post {
	struct buffer *body;
	bool is_too_long;
};

/* -- opening -- */

static bool has_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

static bool is_origin(CURLU *url)
{
	static const CURLUPart others[] = { CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS,
					    CURLUPART_QUERY, CURLUPART_FRAGMENT };
	char *path = NULL;
	bool is_bare =
		curl_url_get(url, CURLUPART_PATH, &path, 0) == CURLUE_OK && strcmp(path, "/") == 0;

	curl_free(path);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		is_bare = is_bare && !has_part(url, others[i]);
	return is_bare;
}

static bool parse_origin(const char *origin, struct error *err)
{
	CURLU *url = curl_url();
	bool is_good = url && strncmp(origin, "https://", 8) == 0 && strlen(origin) < URL_MAX / 2 &&
		       curl_url_set(url, CURLUPART_URL, origin, 0) == CURLUE_OK && is_origin(url);

	curl_url_cleanup(url);
	return is_good ||
	       error_set(err, REASON_INVALID, "a server is https://HOST:PORT and no more");
}

bool https_open(const char *origin, struct bytes ca_pem, struct https **ret, struct error *err)
{
	if (!parse_origin(origin, err))
		return false;

	struct https *https = calloc(1, sizeof *https);
	if (!https)
		return error_set(err, REASON_NO_MEMORY, "HTTPS");
	snprintf(https->origin, sizeof https->origin, "%.*s", (int)strcspn(origin + 8, "/") + 8,
		 origin);
	buffer_append(&https->ca_pem, ca_pem);
	https->curl = curl_easy_init();
	if (!https->curl || !buffer_ok(&https->ca_pem)) {
		https_free(https);
		return error_set(err, REASON_NO_MEMORY, "HTTPS");
	}
	*ret = https;
	return true;
}

void https_free(struct https *https)
{
	if (!https)
		return;
	curl_easy_cleanup(https->curl);
	buffer_done(&https->ca_pem);
	free(https);
}

void https_answer_done(struct https_answer *answer)
{
	buffer_wipe(&answer->body);
	*answer = (struct https_answer){ 0 };
}

/* -- one request -- */

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
	struct post *post = context;
	size_t len = size * count;

	post->is_too_long = len > HTTPS_ANSWER_MAX - post->body->len;
	if (post->is_too_long)
		return 0;
	buffer_append(post->body, (struct bytes){ (const unsigned char *)bytes, len });
	return buffer_ok(post->body) ? len : 0;
}

static CURLcode set_fixed(CURL *curl)
{
	static const struct curl_number numbers[] = {
		{ CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS },
		{ CURLOPT_TIMEOUT, ANSWER_SECONDS },
		{ CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER },
	};
	const CURLcode codes[] = {
		curl_set_strict(curl, "bestowctl/" BESTOW_VERSION),
		curl_set_numbers(curl, numbers, ARRAY_LEN(numbers)),
	};

	return curl_first_failure(codes, ARRAY_LEN(codes));
}

/* Those that were named, and none beside them. */
static CURLcode set_anchors(struct https *https)
{
	struct curl_blob blob = { https->ca_pem.data, https->ca_pem.len, CURL_BLOB_NOCOPY };

	if (https->ca_pem.len == 0)
		return CURLE_OK;
	const CURLcode codes[] = {
		curl_forget_anchors(https->curl),
		curl_easy_setopt(https->curl, CURLOPT_CAINFO_BLOB, &blob),
	};
	return curl_first_failure(codes, ARRAY_LEN(codes));
}

static CURLcode set_post(struct https *https, const char *url, const struct secret *token,
			 struct bytes json, struct curl_slist *fields, struct post *post)
{
	CURL *curl = https->curl;
	CURLcode codes[] = {
		curl_easy_setopt(curl, CURLOPT_URL, url),
		curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, (const char *)token->data),
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields),
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)json.len),
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, json.data),
		curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body),
		curl_easy_setopt(curl, CURLOPT_WRITEDATA, post),
		curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, https->words),
	};

	return curl_first_failure(codes, ARRAY_LEN(codes));
}

static CURLcode perform(struct https *https, const char *path, const struct secret *token,
			struct bytes json, struct post *post)
{
	char url[URL_MAX];
	struct curl_slist *type = curl_slist_append(NULL, "Content-Type: application/json");
	struct curl_slist *fields = type ? curl_slist_append(type, "Expect:") : NULL;
	CURLcode code = CURLE_OUT_OF_MEMORY;

	snprintf(url, sizeof url, "%s%s", https->origin, path);
	curl_easy_reset(https->curl); /* keeps the connection */
	https->words[0] = '\0';
	if (fields)
		code = set_fixed(https->curl);
	if (code == CURLE_OK)
		code = set_anchors(https);
	if (code == CURLE_OK)
		code = set_post(https, url, token, json, fields, post);
	if (code == CURLE_OK)
		code = curl_easy_perform(https->curl);
	curl_slist_free_all(fields ? fields : type);
	return code;
}

static enum reason reason_of(CURLcode code)
{
	static const struct {
		CURLcode code;
		enum reason reason;
	} rows[] = {
		{ CURLE_PEER_FAILED_VERIFICATION, REASON_SERVER_UNTRUSTED },
		{ CURLE_SSL_CACERT_BADFILE, REASON_FILE },
		{ CURLE_OUT_OF_MEMORY, REASON_NO_MEMORY },
		{ CURLE_WEIRD_SERVER_REPLY, REASON_PROTOCOL },
		{ CURLE_UNSUPPORTED_PROTOCOL, REASON_PROTOCOL },
		{ CURLE_WRITE_ERROR, REASON_PROTOCOL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].code == code)
			return rows[i].reason;
	return REASON_SERVER_UNREACHABLE;
}

static bool fail_post(const struct https *https, CURLcode code, bool is_too_long, struct error *err)
{
	const char *words = *https->words ? https->words : curl_easy_strerror(code);

	if (is_too_long)
		return error_set(err, REASON_PROTOCOL, "%s: an answer of more than %d bytes",
				 https->origin, HTTPS_ANSWER_MAX);
	if (reason_of(code) == REASON_SERVER_UNTRUSTED)
		return error_set(err, REASON_SERVER_UNTRUSTED,
				 "%s: %s; --ca-file names who may vouch for it", https->origin,
				 words);
	return error_set(err, reason_of(code), "%s: %s", https->origin, words);
}

static void read_status(const struct https *https, struct https_answer *ret)
{
	curl_off_t retry_after = 0;
	long status = 0;

	(void)curl_easy_getinfo(https->curl, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(https->curl, CURLINFO_RETRY_AFTER, &retry_after);
	ret->status = (int)status;
	ret->retry_after = (long)retry_after;
}

bool https_post(struct https *https, const char *path, const struct secret *token,
		struct bytes json, struct https_answer *ret, struct error *err)
{
	CLEANUP(https_answer_done) struct https_answer answer = { 0 };
	struct post post = { .body = &answer.body };
	CURLcode code = perform(https, path, token, json, &post);

	if (code != CURLE_OK)
		return fail_post(https, code, post.is_too_long, err);
	read_status(https, &answer);
	*ret = answer;
	answer = (struct https_answer){ 0 };
	return true;
}
