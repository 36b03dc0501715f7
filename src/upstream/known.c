#include "upstream/known.h"

#include <string.h>

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

/* What came, beside what was here before. */
struct fetched {
	struct bundle cacerts;
	struct buffer csrattrs;
	bool cacerts_are_known, csrattrs_are_known; /* as they were */
	char cacerts_etag[EXCHANGE_ETAG_MAX], csrattrs_etag[EXCHANGE_ETAG_MAX];
};

static void fetched_done(struct fetched *fetched)
{
	bundle_done(&fetched->cacerts);
	buffer_done(&fetched->csrattrs);
}

static const char *or_none(const char *etag)
{
	return *etag ? etag : NULL;
}

static bool fetch_cacerts(struct remote *remote, const char *via, struct fetched *ret,
			  struct error *err)
{
	CLEANUP(exchange_answer_donep) struct exchange_answer answer = { 0 };
	const struct exchange_call call = { .operation = "cacerts",
					    .etag = or_none(ret->cacerts_etag),
					    .via = via };
	struct error why = { 0 };

	if (!remote_ask(remote, &call, &answer, err))
		return false;
	ret->cacerts_are_known = answer.is_known;
	if (answer.is_known)
		return true;
	memcpy(ret->cacerts_etag, answer.etag, sizeof answer.etag);
	return (bundle_parse(buffer_view(&answer.body), &ret->cacerts, &why) &&
		check_cacerts(&ret->cacerts, &why)) ||
	       refuse_answer("cacerts", &why, err);
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

static bool fetch_csrattrs(struct remote *remote, const char *via, struct fetched *ret,
			   struct error *err)
{
	CLEANUP(exchange_answer_donep) struct exchange_answer answer = { 0 };
	const struct exchange_call call = { .operation = "csrattrs",
					    .nothing_is_fine = true,
					    .etag = or_none(ret->csrattrs_etag),
					    .via = via };
	struct error why = { 0 };

	if (!remote_ask(remote, &call, &answer, err))
		return false;
	ret->csrattrs_are_known = answer.is_known;
	if (answer.is_known)
		return true;
	memcpy(ret->csrattrs_etag, answer.etag, sizeof answer.etag);
	return decode(buffer_view(&answer.body), &ret->csrattrs, &why) ||
	       refuse_answer("csrattrs", &why, err);
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

/* The tags of what is here; none while nothing is. */
static void read_etags(struct known *known, struct fetched *ret)
{
	pthread_rwlock_rdlock(&known->lock);
	memcpy(ret->cacerts_etag, known->cacerts_etag, sizeof known->cacerts_etag);
	memcpy(ret->csrattrs_etag, known->csrattrs_etag, sizeof known->csrattrs_etag);
	pthread_rwlock_unlock(&known->lock);
}

/* With the lock held. What was here goes to `from`. */
static bool take_cacerts(struct known *known, struct fetched *from)
{
	if (from->cacerts_are_known)
		return false;
	bool changed = !bundles_equal(&known->cacerts, &from->cacerts);
	struct bundle old = known->cacerts;
	known->cacerts = from->cacerts;
	from->cacerts = old;
	memcpy(known->cacerts_etag, from->cacerts_etag, sizeof from->cacerts_etag);
	return changed;
}

static bool take_csrattrs(struct known *known, struct fetched *from)
{
	if (from->csrattrs_are_known)
		return false;
	bool changed = !bytes_equal(buffer_view(&known->csrattrs), buffer_view(&from->csrattrs));
	struct buffer old = known->csrattrs;
	known->csrattrs = from->csrattrs;
	from->csrattrs = old;
	memcpy(known->csrattrs_etag, from->csrattrs_etag, sizeof from->csrattrs_etag);
	return changed;
}

bool known_refresh(struct known *known, struct remote *remote, const char *via, bool *ret_changed,
		   struct error *err)
{
	CLEANUP(fetched_done) struct fetched fetched = { 0 };

	read_etags(known, &fetched);
	if (!fetch_cacerts(remote, via, &fetched, err) ||
	    !fetch_csrattrs(remote, via, &fetched, err))
		return false;
	pthread_rwlock_wrlock(&known->lock);
	*ret_changed = !known->is_there;
	*ret_changed |= take_cacerts(known, &fetched);
	*ret_changed |= take_csrattrs(known, &fetched);
	known->is_there = true;
	pthread_rwlock_unlock(&known->lock);
	return true;
}
