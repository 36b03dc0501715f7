#include "est_client/post.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/base64.h"
#include "base/clock.h"

#define SIGNATURE_SLACK 16 /* octets by which DER signatures of one key differ */
#define BINDING_LONGEST "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define LINE_LENGTH 64

/* libest's server reads only lines of at most 76 characters, and knows where a body ends by the end
 * of a line; decoders that take RFC 4648 by its letter read neither. */
enum layout { IN_LINES, BARE };

/* The body as it goes out: the same each time, unless it is bound. */
struct writing {
	const struct post *post;
	enum layout layout;
	struct buffer unbound; /* base64 */
	size_t size;
};

static void writing_donep(struct writing *writing)
{
	buffer_wipe(&writing->unbound);
}

static bool encode(const struct writing *writing, const char *binding, struct buffer *ret,
		   struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer der = { 0 };
	const struct post *post = writing->post;
	struct request_link link = request_link_of(post->request, binding);

	if (!request_encode(post->request, post->key, &link, &der, err))
		return false;
	base64_encode(buffer_view(&der), writing->layout == BARE ? 0 : LINE_LENGTH, ret);
	if (!buffer_ok(ret))
		return error_set(err, REASON_NO_MEMORY, "request");
	ret->len -= writing->layout == BARE; /* its only line end */
	return true;
}

/* The length is announced before the session's binding is known, so a bound request is filled up
 * with line ends, which base64 may hold anywhere (RFC 8951 3.1). */
static bool write_body(void *context, const struct bestow_session_binding *binding,
		       unsigned char *into)
{
	struct writing *writing = context;
	CLEANUP(buffer_wipe) struct buffer bound = { 0 };
	struct bytes body = buffer_view(&writing->unbound);

	if (request_wants_binding(writing->post->request)) {
		const char *value =
			*binding->tls_unique ? binding->tls_unique : binding->tls_exporter;

		if (!encode(writing, value, &bound, NULL))
			return false;
		body = buffer_view(&bound);
	}
	if (body.len > writing->size)
		return false;
	memset(into, '\n', writing->size);
	memcpy(into, body.data, body.len);
	return true;
}

static bool prepare(struct writing *writing, struct error *err)
{
	bool binds = request_wants_binding(writing->post->request);

	if (!encode(writing, binds ? BINDING_LONGEST : "", &writing->unbound, err))
		return false;
	writing->size = writing->unbound.len + (binds ? SIGNATURE_SLACK * 4 / 3 + 4 : 0);
	return true;
}

static void wait_seconds(uint32_t seconds)
{
	struct timespec left = { .tv_sec = seconds };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
		;
}

/* Every repetition is a new TLS session with all its checks, and a binding of its own. */
static bool send_patiently(const struct post *post, const struct exchange_call *call,
			   struct exchange_answer *ret, struct error *err)
{
	uint64_t end = monotonic_ms() + (uint64_t)post->client->patience_s * 1000;

	for (;;) {
		struct error why = { 0 };

		if (client_exchange(post->client, call, ret, &why))
			return true;
		if (why.reason != REASON_SERVER_PENDING ||
		    monotonic_ms() + (uint64_t)why.retry_after * 1000 > end)
			return error_set_retry(err, why.reason, why.retry_after, "%s", why.detail);
		wait_seconds(why.retry_after);
		post->client->is_stale = true;
	}
}

static bool run(const struct post *post, enum layout layout, struct exchange_answer *ret,
		struct error *err)
{
	CLEANUP(writing_donep) struct writing writing = { .post = post, .layout = layout };

	if (!prepare(&writing, err))
		return false;

	const struct exchange_call call = {
		.operation = post->operation,
		.body = {
			.content_type = "application/pkcs10",
			.size = writing.size,
			.write = write_body,
			.context = &writing,
		},
	};
	return send_patiently(post, &call, ret, err);
}

/* A 400 in no words of a node of ours: it may be the layout that could not be read. A bound request
 * has to be filled up, so there is no other layout for it. */
static bool may_be_unread(const struct post *post, const struct exchange_answer *answer,
			  const struct error *why)
{
	return answer->status == 400 && why->reason == REASON_SERVER_REFUSED &&
	       !request_wants_binding(post->request);
}

bool post_run(const struct post *post, struct exchange_answer *ret, struct error *err)
{
	struct error why = { 0 };

	if (run(post, IN_LINES, ret, &why))
		return true;
	if (may_be_unread(post, ret, &why))
		return run(post, BARE, ret, err);
	return error_set_retry(err, why.reason, why.retry_after, "%s", why.detail);
}
