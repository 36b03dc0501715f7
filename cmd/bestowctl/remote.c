#include "bestowctl/remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/secret.h"
#include "bestowctl/exit_code.h"
#include "bestowctl/https.h"

#define TOKEN_MAX 128
#define CA_FILE_MAX (1024 * 1024)
#define VERBS_PATH "/api/v1/verbs/"

struct remote {
	struct https *https;
	struct secret token; /* ends in a NUL that is not counted */
};

/* -- opening -- */

/* What goes into a header field must not end it. */
static bool token_is_one(const struct secret *token)
{
	for (size_t i = 0; i < token->len; i++)
		if (token->data[i] <= ' ' || token->data[i] > '~')
			return false;
	return token->len > 0;
}

static bool load_token(const char *path, struct secret *ret, struct error *err)
{
	CLEANUP(secret_done) struct secret token = { 0 };
	CLEANUP(buffer_wipe) struct buffer text = { 0 };

	if (!secret_load(path, TOKEN_MAX, &token, err))
		return false;
	if (!token_is_one(&token))
		return error_set(err, REASON_SECRET_FILE, "%s holds no API token", path);
	buffer_append(&text, secret_view(&token));
	buffer_append_byte(&text, '\0');
	if (!buffer_ok(&text) || !secret_copy(buffer_view(&text), ret, err))
		return error_set(err, REASON_NO_MEMORY, "token");
	ret->len--;
	return true;
}

static bool open_remote(const struct global_options *global, struct remote *remote,
			struct error *err)
{
	CLEANUP(buffer_done) struct buffer ca_pem = { 0 };

	if (global->ca_file && !file_load(global->ca_file, CA_FILE_MAX, &ca_pem, err))
		return false;
	if (global->ca_file && ca_pem.len == 0)
		return error_set(err, REASON_FILE, "%s is empty", global->ca_file);
	return load_token(global->token_file, &remote->token, err) &&
	       https_open(global->server, buffer_view(&ca_pem), &remote->https, err);
}

static int check_options(const struct global_options *global)
{
	if (!global->server && (global->token_file || global->ca_file))
		return fail_usage("--token-file and --ca-file go with --server");
	if (global->server && !global->token_file)
		return fail_usage("--server wants --token-file: bestowctl token create makes one");
	if (global->server && (global->socket || global->config))
		return fail_usage("--server is asked, or the node here: not both");
	return EXIT_DONE;
}

int remote_open(const struct global_options *global, struct remote **ret)
{
	struct error err = { 0 };
	int code = check_options(global);

	if (code != EXIT_DONE || !global->server)
		return code;

	CLEANUP(remote_freep) struct remote *remote = calloc(1, sizeof *remote);
	if (!remote)
		return fail_usage("out of memory");
	if (!open_remote(global, remote, &err))
		return err.reason == REASON_INVALID ? fail_usage("--server: %s", err.detail)
						    : fail_local(&err);
	*ret = TAKE(remote);
	return EXIT_DONE;
}

void remote_free(struct remote *remote)
{
	if (!remote)
		return;
	https_free(remote->https);
	secret_done(&remote->token);
	free(remote);
}

/* -- asking -- */

static bool write_request(const char *account, const json_t *params, struct buffer *ret,
			  struct error *err)
{
	json_auto_t *request = json_pack("{s:s*, s:O}", "account", account, "params", params);
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;

	if (!text)
		return error_set(err, REASON_INVALID, "the account's name is no UTF-8 text");
	buffer_append_text(ret, text);
	memory_wipe(text, strlen(text));
	free(text);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "request");
}

/* A problem (RFC 9457) as the local socket would have told it. */
static json_t *refusal_of(const json_t *problem, long retry_after)
{
	json_t *later = retry_after > 0 ? json_integer(retry_after) : NULL;

	return json_pack("{s:{s:O, s:O, s:O, s:O, s:o*}}", "error", "code",
			 json_object_get(problem, "code"), "words",
			 json_object_get(problem, "title"), "detail",
			 json_object_get(problem, "detail"), "remedy",
			 json_object_get(problem, "remedy"), "retry_after", later);
}

static bool is_problem(const json_t *json)
{
	return json_is_string(json_object_get(json, "code")) &&
	       json_is_string(json_object_get(json, "title")) &&
	       json_is_string(json_object_get(json, "detail")) &&
	       json_is_string(json_object_get(json, "remedy"));
}

static bool read_answer(const struct https_answer *answer, struct answer *ret, struct error *err)
{
	json_auto_t *json = json_loadb((const char *)answer->body.data, answer->body.len,
				       JSON_REJECT_DUPLICATES, NULL);

	if (answer->status == 200 && json_is_object(json)) {
		ret->result = TAKE(json);
		return true;
	}
	/* the listener's own word, before the API has read anything */
	if (answer->status == 413)
		return error_set(err, REASON_TOO_LARGE, "the server takes no request so long");
	if (answer->status == 200 || !is_problem(json))
		return error_set(err, REASON_PROTOCOL,
				 "the server answered HTTP %d, and not as Bestow's API does",
				 answer->status);
	ret->refusal = refusal_of(json, answer->retry_after);
	return ret->refusal || error_set(err, REASON_NO_MEMORY, "answer");
}

bool remote_ask(struct remote *remote, const char *account, const char *verb, const json_t *params,
		struct answer *ret, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer request = { 0 };
	CLEANUP(https_answer_done) struct https_answer answer = { 0 };
	char path[128];

	snprintf(path, sizeof path, VERBS_PATH "%s", verb);
	return write_request(account, params, &request, err) &&
	       https_post(remote->https, path, &remote->token, buffer_view(&request), &answer,
			  err) &&
	       read_answer(&answer, ret, err);
}
