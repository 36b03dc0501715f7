#include <string.h>

#include "est_client/client_internal.h"
#include "est_client/failure.h"
#include "pki/bundle_add.h"
#include "pki/chain.h"

static bool fetch(struct bestow_client *client, bool provisional, struct bundle *ret,
		  struct error *err)
{
	CLEANUP(exchange_answer_donep) struct exchange_answer answer = { 0 };
	const struct exchange_call call = { .operation = "cacerts", .provisional = provisional };
	struct error why = { 0 };

	if (!client_exchange(client, &call, &answer, err))
		return false;
	return bundle_parse(buffer_view(&answer.body), ret, &why) ||
	       error_set(err, why.reason == REASON_NO_MEMORY ? why.reason : REASON_SERVER_ANSWER,
			 "cacerts: %s", why.detail);
}

/* -- bootstrap by fingerprint (RFC 7030 4.1.1) -- */

static const struct cert *find_pinned(const struct trust *trust, const struct bundle *cacerts)
{
	for (size_t i = 0; i < cacerts->count; i++)
		if (memcmp(cert_fingerprint(cacerts->certs[i]), trust->pin, sizeof trust->pin) == 0)
			return cacerts->certs[i];
	return NULL;
}

static bool adopt_pinned(struct bestow_client *client, struct error *err)
{
	CLEANUP(bundle_done) struct bundle cacerts = { 0 };
	struct error why = { 0 };

	if (!fetch(client, true, &cacerts, err))
		return false;

	const struct cert *pinned = find_pinned(&client->trust, &cacerts);
	if (!pinned)
		return error_set(err, REASON_SERVER_UNTRUSTED,
				 "none of its %zu CA certificates has the fingerprint",
				 cacerts.count);
	if (!chain_check_anchor(pinned, client_now(client), &why))
		return error_set(err, REASON_SERVER_UNTRUSTED, "%s", why.detail);
	if (!trust_add(&client->trust, pinned, err))
		return false;
	client->trust.pinned = false;
	client->is_stale = true;
	return true;
}

/* -- the CA certificates -- */

/* They came by a session that was authenticated, so their roots are anchors from here on (RFC 7030
 * 4.1.3). */
static bool adopt(struct bestow_client *client, const struct bundle *cacerts, struct error *err)
{
	CLEANUP(bundle_done) struct bundle anchors = { 0 };

	if (!trust_pick_anchors(cacerts, client_now(client), &anchors, err))
		return false;
	for (size_t i = 0; i < anchors.count; i++)
		if (!trust_add(&client->trust, anchors.certs[i], err))
			return false;
	bundle_done(&client->issuers);
	for (size_t i = 0; i < cacerts->count; i++)
		if (!bundle_add_cert(&client->issuers, cert_der(cacerts->certs[i]), err))
			return false;
	return true;
}

static bool get_cacerts(struct bestow_client *client, struct bundle *ret, struct error *err)
{
	CLEANUP(bundle_done) struct bundle cacerts = { 0 };

	if (client->trust.pinned && client->trust.anchors.count == 0 && !adopt_pinned(client, err))
		return false;
	if (!fetch(client, false, &cacerts, err) || !adopt(client, &cacerts, err))
		return false;
	*ret = cacerts;
	cacerts = (struct bundle){ 0 };
	return true;
}

bool client_need_issuers(struct bestow_client *client, struct error *err)
{
	CLEANUP(bundle_done) struct bundle cacerts = { 0 };

	return client->issuers.count || get_cacerts(client, &cacerts, err);
}

static bool give(struct bestow_client *client, struct bestow_certs **ret, struct error *err)
{
	CLEANUP(bundle_done) struct bundle cacerts = { 0 };

	return get_cacerts(client, &cacerts, err) && client_certs_wrap(&cacerts, ret, err);
}

static bool give_unproven(struct bestow_client *client, struct bestow_certs **ret,
			  struct error *err)
{
	CLEANUP(bundle_done) struct bundle cacerts = { 0 };

	return fetch(client, true, &cacerts, err) && client_certs_wrap(&cacerts, ret, err);
}

/* -- what leaves the library -- */

bool bestow_cacerts(struct bestow_client *client, struct bestow_certs **ret,
		    struct bestow_error *ret_err)
{
	struct error err = { 0 };

	return give(client, ret, &err) || failure_tell(&err, ret_err);
}

bool bestow_cacerts_unproven(struct bestow_client *client, struct bestow_certs **ret,
			     struct bestow_error *ret_err)
{
	struct error err = { 0 };

	return give_unproven(client, ret, &err) || failure_tell(&err, ret_err);
}
