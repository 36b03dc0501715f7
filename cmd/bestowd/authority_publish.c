/* What the authority tells without being asked: edges and admin what they need to know, relying
 * parties CRLs and certificates, operators what went wrong. */
#include "bestowd/authority_state.h"

#include <stdlib.h>

#include "base/log.h"
#include "model/publication.h"
#include "ra/publish.h"
#include "store/store_access.h"
#include "store/store_config.h"
#include "store/store_crl.h"

void authority_complain(const char *event, const struct error *err)
{
	log_event(LOG_LEVEL_ERROR, event, "reason=%s detail=\"%s\"", reason_code(err->reason),
		  err->detail);
}

/* -- what the edges know -- */

/* Nothing, where there is none. `opened` is that identity's own. */
static bool load_identity(struct authority *authority, struct opened_key *opened,
			  bool (*get)(struct store *, struct buffer *, struct buffer *,
				      struct error *),
			  struct buffer *ret_chain, struct bytes *ret_key, struct error *err)
{
	CLEANUP(buffer_done) struct buffer encrypted = { 0 };
	struct error missing = { 0 };

	if (!get(authority->store, ret_chain, &encrypted, &missing)) {
		if (missing.reason == REASON_NOT_FOUND)
			return true;
		*err = missing;
		return false;
	}
	return opened_key_get(opened, buffer_view(&encrypted),
			      bytes_of_string(authority->tls_passphrase), ret_key, err);
}

static bool load_tls(struct authority *authority, struct buffer *ret_chain, struct bytes *ret_key,
		     struct error *err)
{
	return load_identity(authority, &authority->tls_key, store_tls_identity_get, ret_chain,
			     ret_key, err);
}

static bool make_snapshot(struct authority *authority, struct buffer *ret, struct error *err)
{
	CLEANUP(catalog_unrefp) struct catalog *catalog = ra_catalog(authority->ra);
	CLEANUP(buffer_done) struct buffer chain = { 0 };
	struct bytes key = { 0 };

	if (!load_tls(authority, &chain, &key, err) || !publish_tls_chain(catalog, &chain, err))
		return false;
	const struct publish_tls tls = { buffer_view(&chain), key };
	return publish_snapshot(catalog, &tls, ret, err);
}

/* What the admin process needs to know: the identity, the one that the node has made itself while
 * there is no other, and whose certificates administrators sign in with. */
static bool make_identity(struct authority *authority, struct buffer *ret, struct error *err)
{
	CLEANUP(snapshot_freep) struct snapshot *snapshot = calloc(1, sizeof *snapshot);
	struct bytes key = { 0 };

	if (!snapshot)
		return error_set(err, REASON_NO_MEMORY, "snapshot");
	if (!load_tls(authority, &snapshot->tls_chain, &key, err) ||
	    (key.len == 0 &&
	     !load_identity(authority, &authority->console_key, store_console_identity_get,
			    &snapshot->tls_chain, &key, err)) ||
	    !secret_copy(key, &snapshot->tls_key, err) ||
	    !store_administrator_pin_issuers(authority->store, &snapshot->client_ca_names,
					     &snapshot->asks_client_certificate, err))
		return false;
	snapshot_pack(snapshot, ret);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "snapshot");
}

/* -- what relying parties fetch -- */

/* To one line or, where `line` is NULL, to every edge. */
static void send_publication(struct authority *authority, const size_t *line,
			     const struct publication *publication)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };

	publication_pack(publication, &message);
	if (!buffer_ok(&message))
		return;
	if (line)
		ipc_server_send(authority->server, *line, IPC_PUBLICATION, buffer_view(&message),
				true);
	else
		ipc_server_broadcast(authority->server, IPC_ROLE_EDGE, IPC_PUBLICATION,
				     buffer_view(&message), true);
}

static void publish_crl(struct authority *authority, const size_t *line, const struct ca *ca,
			const struct crl *crl)
{
	struct publication publication = {
		.kind = crl->kind == CRL_DELTA ? PUBLICATION_DELTA : PUBLICATION_CRL,
		.number = crl->number,
		.this_update = crl->this_update,
		.next_update = crl->next_update,
		.body = buffer_view(&crl->der),
	};

	publication_name(ca->cert, publication.kind, publication.name);
	send_publication(authority, line, &publication);
}

static void publish_cert(struct authority *authority, const size_t *line, const struct cert *cert)
{
	struct publication publication = {
		.kind = PUBLICATION_CA,
		.this_update = cert_not_before(cert),
		.body = cert_der(cert),
	};

	publication_name(cert, publication.kind, publication.name);
	send_publication(authority, line, &publication);
}

static void publish_certs(struct authority *authority, const size_t *line,
			  const struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->ca_count; i++) {
		publish_cert(authority, line, catalog->cas[i].cert);
		for (size_t j = 0; j < catalog->cas[i].chain_count; j++)
			publish_cert(authority, line, catalog->cas[i].chain[j]);
		for (size_t j = 0; j < catalog->cas[i].former_count; j++)
			publish_cert(authority, line, catalog->cas[i].former[j]);
	}
}

static void publish_stored_crl(struct authority *authority, const size_t *line, const struct ca *ca,
			       enum crl_kind kind)
{
	CLEANUP(crl_done) struct crl crl = { 0 };
	struct error err = { 0 };

	if (store_crl_find(authority->store, ca->id, kind, true, &crl, &err))
		publish_crl(authority, line, ca, &crl);
	else if (err.reason != REASON_NOT_FOUND)
		authority_complain("authority.publish", &err);
}

static void publish_all(struct authority *authority, size_t line)
{
	CLEANUP(catalog_unrefp) struct catalog *catalog = ra_catalog(authority->ra);

	publish_certs(authority, &line, catalog);
	for (size_t i = 0; i < catalog->ca_count; i++) {
		if (!ca_publishes(&catalog->cas[i]))
			continue;
		publish_stored_crl(authority, &line, &catalog->cas[i], CRL_FULL);
		publish_stored_crl(authority, &line, &catalog->cas[i], CRL_DELTA);
	}
}

void authority_on_crl(void *context, const struct ca *ca, const struct crl *crl)
{
	struct authority *authority = context;

	counter_add(&authority->options->page->counters.crls, 1);
	log_event(LOG_LEVEL_INFO, "crl.issued",
		  "ca=%lld kind=%s number=%lld entries=%lld octets=%zu", (long long)ca->id,
		  crl_kind_text(crl->kind), (long long)crl->number, (long long)crl->entries,
		  crl->der.len);
	publish_crl(context, NULL, ca, crl);
}

void authority_complain_of_ca(void *context, const char *event, const struct ca *ca,
			      const struct error *err)
{
	struct authority *authority = context;

	counter_add(&authority->options->page->counters.job_failures, 1);
	log_event(LOG_LEVEL_ERROR, event, "ca=%lld reason=%s detail=\"%s\"", (long long)ca->id,
		  reason_code(err->reason), err->detail);
}

static void complain_of_responder(void *context, const struct ca *ca, const struct error *err)
{
	authority_complain_of_ca(context, "ocsp.responder_refused", ca, err);
}

void authority_load_responders(struct authority *authority)
{
	CLEANUP(catalog_unrefp) struct catalog *catalog = ra_catalog(authority->ra);
	struct error err = { 0 };

	if (!ocsp_responder_load(authority->ocsp, catalog, complain_of_responder, authority, &err))
		authority_complain("ocsp.responders", &err);
}

void authority_on_responder(void *context, const struct ca *ca,
			    const struct certificate *certificate)
{
	char until[TIME_TEXT_MAX];

	log_event(LOG_LEVEL_INFO, "ocsp.responder", "ca=%lld certificate=%lld until=%s",
		  (long long)ca->id, (long long)certificate->id,
		  time_to_text(certificate->not_after, until));
	authority_load_responders(context);
}

struct catalog *authority_catalog(void *context)
{
	return ra_catalog(((struct authority *)context)->ra);
}

void authority_changed(void *context)
{
	struct authority *authority = context;
	CLEANUP(buffer_wipe) struct buffer snapshot = { 0 };
	CLEANUP(buffer_wipe) struct buffer identity = { 0 };
	struct error err = { 0 };

	pthread_mutex_lock(&authority->publishing);
	if (ra_reload(authority->ra, &err) && make_snapshot(authority, &snapshot, &err) &&
	    make_identity(authority, &identity, &err)) {
		ipc_server_broadcast(authority->server, IPC_ROLE_EDGE, IPC_SNAPSHOT,
				     buffer_view(&snapshot), true);
		ipc_server_broadcast(authority->server, IPC_ROLE_ADMIN, IPC_SNAPSHOT,
				     buffer_view(&identity), true);
	} else {
		authority_complain("authority.publish", &err);
	}
	pthread_mutex_unlock(&authority->publishing);
	authority_load_responders(authority);
	CLEANUP(catalog_unrefp) struct catalog *catalog = ra_catalog(authority->ra);
	publish_certs(authority, NULL, catalog);
}

void authority_on_line(void *context, size_t line, enum ipc_role role, const char *name)
{
	struct authority *authority = context;
	CLEANUP(buffer_wipe) struct buffer snapshot = { 0 };
	struct error err = { 0 };

	(void)name;
	if (role != IPC_ROLE_EDGE && role != IPC_ROLE_ADMIN)
		return;
	pthread_mutex_lock(&authority->publishing);
	if (role == IPC_ROLE_ADMIN ? make_identity(authority, &snapshot, &err)
				   : make_snapshot(authority, &snapshot, &err))
		ipc_server_send(authority->server, line, IPC_SNAPSHOT, buffer_view(&snapshot),
				true);
	else
		authority_complain("authority.publish", &err);
	pthread_mutex_unlock(&authority->publishing);
	if (role == IPC_ROLE_EDGE)
		publish_all(authority, line);
}
