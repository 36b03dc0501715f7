/* HTTP: RFC 7030 3.2, RFC 9110, RFC 9112. */
#include <string.h>
#include <strings.h>

#include "bestow/conformance.h"
#include "est_client/client_internal.h"

#define HUGE_LENGTH "Content-Length: 1000000000\r\n"
#define PKCS10 "application/pkcs10"

static const struct bytes no_csr = BYTES_LITERAL("MAA="); /* an empty SEQUENCE */

static bool is_error(int status)
{
	return status >= 400 && status < 500;
}

static enum verdict try_path(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	const struct call call = { .operation = "cacerts" };
	struct error err = { 0 };
	char text[160];
	const char *path = kit->anonymous.client->url.path;

	if (!strstr(path, "/.well-known/est"))
		return not_applicable(finding, "%s is not the RFC's path", path);
	if (!kit_call(kit, &call, &answer, &err))
		return unanswered(finding, "GET cacerts", &err);
	if (answer.status != 200)
		return failed(finding, "GET %s/cacerts: %s", path, answer_text(&answer, text));
	return passed(finding, "%s/cacerts is there", path);
}

static enum verdict try_spellings(struct kit *kit, struct finding *finding)
{
	static const struct {
		const char *operation;
		bool is_fine;
	} spellings[] = {
		{ "cacerts/", true },
		{ "cacerts?a=b", true },
		{ "CACERTS", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(spellings); i++) {
		CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
		const struct call call = { .operation = spellings[i].operation };
		struct error err = { 0 };
		char text[160];

		if (!kit_call(kit, &call, &answer, &err))
			return unanswered(finding, spellings[i].operation, &err);
		if ((answer.status == 200) != spellings[i].is_fine)
			return warned(finding, "GET %s: %s", spellings[i].operation,
				      answer_text(&answer, text));
	}
	return passed(finding, "a trailing slash and a query do no harm; case counts");
}

static enum verdict try_methods(struct kit *kit, struct finding *finding)
{
	static const struct call calls[] = {
		{ .operation = "cacerts", .content_type = PKCS10, .body = BYTES_LITERAL("MAA=") },
		{ .operation = "simpleenroll", .method = "GET", .is_known = true },
		{ .operation = "simplereenroll", .method = "DELETE", .is_known = true },
	};
	char text[160];

	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
		struct error err = { 0 };

		if (!kit_call(kit, &calls[i], &answer, &err))
			return unanswered(finding, calls[i].operation, &err);
		if (answer.status != 405)
			return failed(finding, "%s with the wrong method: %s, not 405",
				      calls[i].operation, answer_text(&answer, text));
		if (!probe_answer_field(&answer, "Allow", text, sizeof text))
			return failed(finding, "%s: 405 without Allow", calls[i].operation);
	}
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	const struct call unknown = { .operation = "no-such-operation" };
	struct error err = { 0 };
	if (!kit_call(kit, &unknown, &answer, &err))
		return unanswered(finding, "an unknown operation", &err);
	if (answer.status != 404)
		return failed(finding, "an unknown operation: %s, not 404",
			      answer_text(&answer, text));
	return passed(finding, "405 with Allow, and 404");
}

/* Two requests on one connection. */
static bool keeps_alive(struct kit *kit, struct error *err)
{
	CLEANUP(probe_freep) struct probe *probe = NULL;
	CLEANUP(buffer_done) struct buffer request = { 0 };
	CLEANUP(buffer_done) struct buffer stream = { 0 };
	const struct call call = { .operation = "cacerts" };
	bool ended = false;

	if (!call_encode(kit, &call, &request, err) || !kit_connect(kit, false, &probe, err))
		return false;
	for (size_t i = 0; i < 2; i++) {
		CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };

		if (!probe_send(probe, buffer_view(&request), err) ||
		    !answer_next(probe, &stream, &ended, &answer, err))
			return false;
		if (answer.status != 200)
			return error_set(err, REASON_SERVER_ANSWER, "%d", answer.status);
	}
	return true;
}

/* The connection ends after the answer. */
static bool closes(struct kit *kit, const struct call *call, int *ret_status, struct error *err)
{
	CLEANUP(probe_freep) struct probe *probe = NULL;
	CLEANUP(buffer_done) struct buffer request = { 0 };
	CLEANUP(buffer_done) struct buffer stream = { 0 };
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	bool ended = false;

	if (!call_encode(kit, call, &request, err) || !kit_connect(kit, false, &probe, err) ||
	    !probe_send(probe, buffer_view(&request), err) ||
	    !answer_next(probe, &stream, &ended, &answer, err))
		return false;
	*ret_status = answer.status;
	while (!ended)
		if (!probe_receive(probe, &stream, &ended, err))
			return error_set(err, REASON_SERVER_ANSWER,
					 "%d, and the connection stays open", answer.status);
	return true;
}

static enum verdict try_framing(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	const struct est_url *url = &kit->anonymous.client->url;
	char target[EST_URL_MAX + EST_HOST_MAX + 32], host[EST_HOST_MAX + 64];
	struct error err = { 0 };
	int status = 0;

	snprintf(target, sizeof target,
		 url->is_ipv6 ? "https://[%s]:%u%s/cacerts" : "https://%s:%u%s/cacerts", url->host,
		 url->port, url->path);
	snprintf(host, sizeof host,
		 url->is_ipv6 ? "hOsT: [%s]:%u\r\nconnection: close\r\n"
			      : "hOsT: %s:%u\r\nconnection: close\r\n",
		 url->host, url->port);
	const struct {
		const char *what;
		struct call call;
	} ended[] = {
		{ "HTTP/1.0", { .operation = "cacerts", .version = "1.0" } },
		{ "Connection: close",
		  { .operation = "cacerts", .fields = "Connection: close\r\n" } },
		{ "an absolute target",
		  { .operation = target, .fields = "Connection: close\r\n" } },
		{ "a field name in odd case", { .operation = "cacerts", .fields = host } },
	};
	if (!keeps_alive(kit, &err))
		return unanswered(finding, "two requests on one connection", &err);
	for (size_t i = 0; i < ARRAY_LEN(ended); i++) {
		if (!closes(kit, &ended[i].call, &status, &err))
			return unanswered(finding, ended[i].what, &err);
		if (status != 200)
			return failed(finding, "%s: %d", ended[i].what, status);
	}
	const struct call call = { .operation = "cacerts" };
	if (!kit_call(kit, &call, &answer, &err))
		return unanswered(finding, "GET cacerts", &err);
	if (answer.is_chunked || !probe_answer_spells(&answer, "Content-Length") ||
	    !probe_answer_spells(&answer, "Content-Type"))
		return warned(finding, "the answer is chunked, or names no \"Content-Length\" or "
				       "\"Content-Type\" in just this case: some devices cannot "
				       "read it");
	return passed(finding, "HTTP/1.0 and 1.1, kept and closed connections, absolute targets");
}

static bool asks_first(struct kit *kit, struct probe_answer *ret, struct error *err)
{
	CLEANUP(probe_freep) struct probe *probe = NULL;
	CLEANUP(buffer_wipe) struct buffer request = { 0 };
	CLEANUP(buffer_done) struct buffer stream = { 0 };
	const struct call call = { .operation = "simpleenroll",
				   .content_type = PKCS10,
				   .fields = "Content-Length: 4\r\nExpect: 100-continue\r\n",
				   .is_unframed = true,
				   .is_known = true };
	bool ended = false;

	if (!call_encode(kit, &call, &request, err) || !kit_connect(kit, true, &probe, err) ||
	    !probe_send(probe, buffer_view(&request), err))
		return false;
	while (!memmem(stream.data ? (char *)stream.data : "", stream.len, "\r\n\r\n", 4))
		if (ended || !probe_receive(probe, &stream, &ended, err))
			return error_set(err, REASON_SERVER_ANSWER,
					 "the server waits for the body that waits for it");
	return answer_next(probe, &stream, &ended, ret, err) || ret->was_continued;
}

static enum verdict try_bodies(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer first = { 0 };
	CLEANUP(probe_answer_donep) struct probe_answer plain = { 0 };
	CLEANUP(probe_answer_donep) struct probe_answer chunked = { 0 };
	struct call call = { .operation = "simpleenroll",
			     .content_type = PKCS10,
			     .body = no_csr,
			     .is_known = true };
	struct error err = { 0 };
	char text[160];

	if (!asks_first(kit, &first, &err))
		return unanswered(finding, "Expect: 100-continue", &err);
	if (!first.was_continued && !is_error(first.status))
		return failed(finding, "Expect: 100-continue: %d", first.status);
	if (!kit_call(kit, &call, &plain, &err))
		return unanswered(finding, "a POST", &err);
	call.fields = "Transfer-Encoding: chunked\r\n";
	call.is_unframed = true;
	call.body = BYTES_LITERAL("2\r\nMA\r\n2\r\nA=\r\n0\r\n\r\n");
	if (!kit_call(kit, &call, &chunked, &err))
		return unanswered(finding, "a chunked POST", &err);
	if (chunked.status != plain.status)
		return failed(finding, "the same body is %d, and chunked: %s", plain.status,
			      answer_text(&chunked, text));
	return passed(finding, "100-continue is answered, chunked requests are read");
}

static enum verdict try_smuggling(struct kit *kit, struct finding *finding)
{
	static const struct {
		const char *what, *fields;
		struct bytes body;
	} requests[] = {
		{ "Content-Length and Transfer-Encoding",
		  "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
		  BYTES_LITERAL("0\r\n\r\n") },
		{ "two Content-Lengths", "Content-Length: 0\r\nContent-Length: 4\r\n",
		  BYTES_LITERAL("") },
		{ "a space before the colon", "X-Odd : 1\r\n", BYTES_LITERAL("") },
	};

	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
		const struct call call = { .operation = "cacerts",
					   .fields = requests[i].fields,
					   .body = requests[i].body };
		struct error err = { 0 };
		char text[160];

		if (kit_call(kit, &call, &answer, &err) && answer.status != 400)
			return failed(finding, "%s: %s, not 400", requests[i].what,
				      answer_text(&answer, text));
		if (err.reason == REASON_SERVER_UNTRUSTED)
			return unanswered(finding, requests[i].what, &err);
	}
	return passed(finding, "what two readers could read differently is refused");
}

static enum verdict try_alpn(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_freep) struct probe *probe = NULL;
	const struct probe_wish wish = { .client = kit->anonymous.client, .offers_h2 = true };
	struct probe_facts facts = { 0 };
	struct error err = { 0 };

	if (!probe_open(&wish, &probe, &facts, &err))
		return unanswered(finding, "a handshake that offers h2 and http/1.1", &err);
	if (strcmp(facts.alpn, "h2") == 0)
		return warned(finding, "h2 is chosen: devices that offer it and speak HTTP/1.1 "
				       "after all are lost");
	return passed(finding, "%s", *facts.alpn ? facts.alpn : "ALPN is not answered");
}

static enum verdict try_huge(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	const struct call call = { .operation = "simpleenroll",
				   .content_type = PKCS10,
				   .fields = HUGE_LENGTH,
				   .is_unframed = true,
				   .is_known = true };
	struct error err = { 0 };
	char text[160];

	if (!kit_call(kit, &call, &answer, &err))
		return unanswered(finding, "a body of a gigabyte is announced", &err);
	if (!is_error(answer.status))
		return failed(finding, "a body of a gigabyte is announced: %s",
			      answer_text(&answer, text));
	return answer.status == 413 ? passed(finding, "413, before the body")
				    : warned(finding, "%s, not 413", answer_text(&answer, text));
}

static enum verdict try_media_types(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer plain = { 0 };
	CLEANUP(probe_answer_donep) struct probe_answer odd = { 0 };
	struct call call = { .operation = "simpleenroll",
			     .content_type = PKCS10,
			     .body = no_csr,
			     .is_known = true };
	struct error err = { 0 };
	char text[160];

	if (!kit_call(kit, &call, &plain, &err))
		return unanswered(finding, "a POST", &err);
	call.content_type = "Application/PKCS10; charset=us-ascii";
	if (!kit_call(kit, &call, &odd, &err))
		return unanswered(finding, "a POST with a parameter in its type", &err);
	if (odd.status != plain.status)
		return warned(finding, "%s is taken, %s is not: %s", PKCS10, call.content_type,
			      answer_text(&odd, text));
	return passed(finding, "types are compared without case and parameters");
}

static enum verdict try_nobody(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	CLEANUP(bestow_key_donep) struct bestow_key *key = NULL;
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };
	char text[160];

	if (!kit_key(kit, &key, &err) ||
	    !kit_csr(kit, &(struct csr_wish){ .key = key }, &der, &err))
		return not_applicable(finding, "%s", err.detail);
	if (!kit_post_unknown(kit, "simpleenroll", buffer_view(&der), &answer, &err))
		return unanswered(finding, "simpleenroll without credentials", &err);
	if (answer.status == 200)
		return failed(finding, "a certificate was issued to nobody in particular");
	if (answer.status != 401)
		return passed(finding, "%s", answer_text(&answer, text));
	if (!probe_answer_field(&answer, "WWW-Authenticate", text, sizeof text))
		return failed(finding, "401 without WWW-Authenticate");
	if (answer.body.len)
		return warned(finding, "401 with a body, on which old Bouncy Castle fails");
	return passed(finding, "401, %s", text);
}

/* What a client did wrong is a 4xx. */
static enum verdict try_mistakes(struct kit *kit, struct finding *finding)
{
	static const struct {
		const char *what;
		struct bytes body;
	} bodies[] = {
		{ "nothing", BYTES_LITERAL("") },
		{ "no base64", BYTES_LITERAL("!!!!") },
		{ "no CSR", BYTES_LITERAL("MAA=") },
		{ "noise", BYTES_LITERAL("3q2+796tvu/erb7v") },
	};

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
		const struct call call = { .operation = "simpleenroll",
					   .content_type = PKCS10,
					   .body = bodies[i].body,
					   .is_known = true };
		struct error err = { 0 };
		char text[160];

		if (!kit_call(kit, &call, &answer, &err))
			return unanswered(finding, bodies[i].what, &err);
		if (!is_error(answer.status))
			return failed(finding, "%s in the body: %s", bodies[i].what,
				      answer_text(&answer, text));
	}
	return passed(finding, "what is no request is a 4xx");
}

static enum verdict try_error_text(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	const struct call call = { .operation = "simpleenroll",
				   .content_type = PKCS10,
				   .body = no_csr,
				   .is_known = true };
	struct error err = { 0 };
	char type[160] = "";

	if (!kit_call(kit, &call, &answer, &err))
		return unanswered(finding, "a bad POST", &err);
	if (answer.body.len == 0)
		return warned(finding, "%d without a word", answer.status);
	(void)probe_answer_field(&answer, "Content-Type", type, sizeof type);
	if (*type && strncasecmp(type, "text/plain", 10) != 0)
		return warned(finding, "%d says why as \"%s\"", answer.status, type);
	return passed(finding, "%s", answer_text(&answer, type));
}

static const struct item rows[] = {
	{ "HTTP-01", "operations stand under /.well-known/est", "RFC 7030 3.2.2", true,
	  .run = try_path },
	{ "HTTP-02", "a trailing slash and a query do no harm",
	  "no RFC says so: clients write both; RFC 3986 6.2.2.1: the path's case counts", false,
	  .run = try_spellings },
	{ "HTTP-03", "wrong methods are 405, unknown operations 404",
	  "RFC 9110 15.5.6: 405 must carry Allow; 15.5.5", true, .run = try_methods },
	{ "HTTP-04", "HTTP/1.0 and 1.1 as devices speak them",
	  "RFC 9112 3.2.2: absolute targets must be accepted; 9.3, 9.6: close means close; RFC "
	  "9110 "
	  "5.1: names in any case",
	  true, .run = try_framing },
	{ "HTTP-05", "100-continue and chunked requests",
	  "RFC 9110 10.1.1: an answer comes without waiting for the body; RFC 9112 7.1: chunked "
	  "must "
	  "be read",
	  true, .run = try_bodies },
	{ "HTTP-06", "ambiguous requests are refused",
	  "RFC 9112 5.1, 6.3: 400 for a space before the colon and for lengths that differ; 6.1: "
	  "both framings may be refused, and should be",
	  true, .run = try_smuggling },
	{ "HTTP-07", "HTTP/1.1 by ALPN", "RFC 7301 3.2; no EST client is known to speak HTTP/2",
	  false, .run = try_alpn },
	{ "HTTP-08", "a huge body is refused before it is read", "RFC 9110 15.5.14: 413", true,
	  .run = try_huge },
	{ "HTTP-09", "media types are compared as RFC 9110 has it",
	  "RFC 9110 8.3.1: without case; parameters of application/pkcs10 mean nothing", false,
	  .run = try_media_types },
	{ "HTTP-11", "who is nobody gets nothing, and is told how to ask",
	  "RFC 7030 3.2.3, 4.2; RFC 9110 11.6.1: 401 must carry WWW-Authenticate", true, .risk = 1,
	  .run = try_nobody },
	{ "HTTP-15", "a client's mistake is a 4xx", "RFC 7030 4.2.3, RFC 9110 15.5", true,
	  .run = try_mistakes },
	{ "HTTP-16", "a refusal says why, as text",
	  "RFC 7030 4.2.3 with RFC 8951 5.1: words for people, as text/plain", false,
	  .run = try_error_text },
};

const struct item_list http_items = { rows, ARRAY_LEN(rows) };
