#include "bestowd/health.h"

bool health_ca(const struct health_view *view, const struct ca *ca, struct error *err)
{
	const struct cert *cert = ca->cert;

	if (ca->state != CA_ACTIVE)
		return error_set(err, REASON_CA_UNAVAILABLE, "it is %s", ca_state_text(ca->state));
	if (ca->revoked)
		return error_set(err, REASON_CA_UNAVAILABLE, "its certificate is revoked");
	if (view->now < cert_not_before(cert) || view->now > cert_not_after(cert))
		return error_set(err, REASON_CA_UNAVAILABLE, "its certificate is not valid now");
	if (!signer_is_local(view->signer, ca->key_name))
		return signer_is_ready(view->signer, ca->key_name, err);
	return signer_load(view->signer, ca->key_name, cert_key(cert), err);
}

/* The writer's connection takes a transaction; nothing is written. */
static void check_store(const struct health_view *view, struct buffer *to)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	struct error err = { 0 };

	if (!store_begin(view->store, &tx, &err))
		buffer_printf(to, "store: %s\n", err.detail);
}

static void check_cas(const struct health_view *view, struct buffer *to)
{
	CLEANUP(buffer_done) struct buffer lines = { 0 };

	for (size_t i = 0; i < view->catalog->profile_count; i++) {
		const struct profile *profile = view->catalog->profiles[i];
		const struct ca *ca = catalog_ca(view->catalog, profile->ca_id);
		struct error err = { 0 };

		if (profile->state != PROFILE_ACTIVE || !ca)
			continue;
		if (health_ca(view, ca, &err))
			return;
		buffer_printf(&lines, "ca %s: %s\n", ca->name, err.detail);
	}
	if (lines.len)
		buffer_append(to, buffer_view(&lines));
	else
		buffer_append_text(to, "ca: no active profile has one to issue by\n");
}

void health_check(const struct health_view *view, struct buffer *to)
{
	check_store(view, to);
	check_cas(view, to);
}
