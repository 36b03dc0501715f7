#include "upstream/known.h"

#include "base/base64.h"
#include "pki/csr_attrs.h"
#include "pki/der.h"
#include "upstream/refusal.h"

void known_init(struct known *known)
{
	*known = (struct known){ 0 };
	pthread_rwlock_init(&known->lock, NULL);
}

void known_done(struct known *known)
{
	pthread_rwlock_destroy(&known->lock);
	bundle_done(&known->cacerts);
	buffer_done(&known->csrattrs);
}

static bool refuse_answer(const char *what, const struct error *why, struct error *err)
{
	const struct error answer = { .reason = why->reason == REASON_NO_MEMORY
							? REASON_NO_MEMORY
							: REASON_SERVER_ANSWER };
	struct error mapped = { 0 };

	(void)upstream_refusal(&answer, false, &mapped);
	return error_set_retry(err, mapped.reason, mapped.retry_after, "%s: %s", what, why->detail);
}

/* A key is judged on its first use, which must not be two threads' at once. */
static bool check_cacerts(const struct bundle *bundle, struct error *err)
{
	bool has_ca = false;

	for (size_t i = 0; i < bundle->count; i++) {
		if (cert_is_ca(bundle->certs[i]) && !cert_check_key(bundle->certs[i], err))
			return false;
		has_ca |= cert_is_ca(bundle->certs[i]);
	}
	return has_ca || error_set(err, REASON_SERVER_ANSWER, "no certificate in it is a CA's");
}

static bool fetch_cacerts(struct remote *remote, const char *via, struct bundle *ret,
			  struct error *err)
{
	CLEANUP(exchange_answer_donep) struct exchange_answer answer = { 0 };
	CLEANUP(bundle_done) struct bundle bundle = { 0 };
	const struct exchange_call call = { .operation = "cacerts", .via = via };
	struct error why = { 0 };

	if (!remote_ask(remote, &call, &answer, err))
		return false;
	if (!bundle_parse(buffer_view(&answer.body), &bundle, &why) ||
	    !check_cacerts(&bundle, &why))
		return refuse_answer("cacerts", &why, err);
	*ret = bundle;
	bundle = (struct bundle){ 0 };
	return true;
}

/* Some servers send DER as it is. */
static bool decode(struct bytes body, struct buffer *ret, struct error *err)
{
	struct csr_attrs ignored;

	if (body.len == 0)
		return true;
	if (body.data[0] == DER_SEQUENCE)
		buffer_append(ret, body);
	else if (!base64_decode(body, ret, err))
		return false;
	if (!buffer_ok(ret))
		return error_set(err, REASON_NO_MEMORY, "csrattrs");
	return csr_attrs_parse(buffer_view(ret), &ignored, err);
}

static bool fetch_csrattrs(struct remote *remote, const char *via, struct buffer *ret,
			   struct error *err)
{
	CLEANUP(exchange_answer_donep) struct exchange_answer answer = { 0 };
	const struct exchange_call call = { .operation = "csrattrs",
					    .nothing_is_fine = true,
					    .via = via };
	struct error why = { 0 };

	if (!remote_ask(remote, &call, &answer, err))
		return false;
	return decode(buffer_view(&answer.body), ret, &why) || refuse_answer("csrattrs", &why, err);
}

static bool bundles_equal(const struct bundle *a, const struct bundle *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!bytes_equal(cert_der(a->certs[i]), cert_der(b->certs[i])))
			return false;
	return true;
}

bool known_refresh(struct known *known, struct remote *remote, const char *via, bool *ret_changed,
		   struct error *err)
{
	CLEANUP(bundle_done) struct bundle cacerts = { 0 };
	CLEANUP(buffer_done) struct buffer csrattrs = { 0 };

	if (!fetch_cacerts(remote, via, &cacerts, err) ||
	    !fetch_csrattrs(remote, via, &csrattrs, err))
		return false;
	pthread_rwlock_wrlock(&known->lock);
	*ret_changed = !known->is_there || !bundles_equal(&known->cacerts, &cacerts) ||
		       !bytes_equal(buffer_view(&known->csrattrs), buffer_view(&csrattrs));
	struct bundle old_cacerts = known->cacerts;
	struct buffer old_csrattrs = known->csrattrs;
	known->cacerts = cacerts;
	known->csrattrs = csrattrs;
	known->is_there = true;
	pthread_rwlock_unlock(&known->lock);
	cacerts = old_cacerts;
	csrattrs = old_csrattrs;
	return true;
}
