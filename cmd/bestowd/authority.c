/* The authority's parts: store, signer, RA, the operator's verbs, and the lines on which they are
 * asked. */
#include "bestowd/authority.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/pack.h"
#include "node/control.h"
#include "bestowd/census.h"
#include "bestowd/secret_source.h"
#include "jobs/jobs.h"
#include "manage/console_identity.h"
#include "manage/manage.h"
#include "manage/repeats.h"
#include "manage/sign_in.h"
#include "model/event.h"
#include "model/ocsp_reply.h"
#include "model/publication.h"
#include "pki/ocsp_response.h"
#include "ra/fetched.h"
#include "ra/publish.h"
#include "ra/ra.h"
#include "store/store_access.h"
#include "store/store_certificate.h"
#include "store/store_config.h"
#include "store/store_crl.h"
#include "store/store_event.h"

#define PASSPHRASE_FILE_MAX 4096
#define PASSPHRASE_FILE_MIN 20
#define OVERLOAD_RETRY_AFTER 5

struct authority {
	const struct authority_options *options;
	struct secret passphrase; /* encrypts the CA keys */
	struct secret pin;        /* of the token */
	unsigned char pin_secret[HASH_LEN];
	char pin_memory[PATH_MAX];
	unsigned char pepper[HASH_LEN];
	unsigned char tls_secret[HASH_LEN];
	char tls_passphrase[2 * HASH_LEN + 1];
	struct store *store;
	struct signer *signer;
	struct ra *ra;
	struct crl_issuer *crls;
	struct ocsp_responder *ocsp;
	struct jobs *jobs, *slow_jobs; /* slow_jobs: of CAs whose keys are in a token */
	struct manage manage;
	struct sign_in *sign_in;
	struct repeats *repeats;
	struct census *census;
	struct ipc_server *server;
	pthread_mutex_t publishing; /* held from looking at the catalog until it is sent, so that
				       no edge gets an older one after a newer */
};

/* -- what the edges know -- */

/* Nothing, where there is none. */
static bool load_identity(struct authority *authority,
			  bool (*get)(struct store *, struct buffer *, struct buffer *,
				      struct error *),
			  struct buffer *ret_chain, struct buffer *ret_key, struct error *err)
{
	CLEANUP(buffer_done) struct buffer encrypted = { 0 };
	CLEANUP(private_key_freep) struct private_key *key = NULL;
	struct error missing = { 0 };

	if (!get(authority->store, ret_chain, &encrypted, &missing)) {
		if (missing.reason == REASON_NOT_FOUND)
			return true;
		*err = missing;
		return false;
	}
	return private_key_decrypt(buffer_view(&encrypted),
				   bytes_of_string(authority->tls_passphrase), &key, err) &&
	       private_key_encode(key, ret_key, err);
}

static bool load_tls(struct authority *authority, struct buffer *ret_chain, struct buffer *ret_key,
		     struct error *err)
{
	return load_identity(authority, store_tls_identity_get, ret_chain, ret_key, err);
}

static bool make_snapshot(struct authority *authority, struct buffer *ret, struct error *err)
{
	CLEANUP(catalog_unrefp) struct catalog *catalog = ra_catalog(authority->ra);
	CLEANUP(buffer_done) struct buffer chain = { 0 };
	CLEANUP(buffer_wipe) struct buffer key = { 0 };

	if (!load_tls(authority, &chain, &key, err) || !publish_tls_chain(catalog, &chain, err))
		return false;
	const struct publish_tls tls = { buffer_view(&chain), buffer_view(&key) };
	return publish_snapshot(catalog, &tls, ret, err);
}

/* What the admin process needs to know: the identity, the one that the node has made itself while
 * there is no other, and whose certificates administrators sign in with. */
static bool make_identity(struct authority *authority, struct buffer *ret, struct error *err)
{
	CLEANUP(snapshot_freep) struct snapshot *snapshot = calloc(1, sizeof *snapshot);
	CLEANUP(buffer_wipe) struct buffer key = { 0 };

	if (!snapshot)
		return error_set(err, REASON_NO_MEMORY, "snapshot");
	if (!load_tls(authority, &snapshot->tls_chain, &key, err) ||
	    (key.len == 0 && !load_identity(authority, store_console_identity_get,
					    &snapshot->tls_chain, &key, err)) ||
	    !secret_copy(buffer_view(&key), &snapshot->tls_key, err) ||
	    !store_administrator_pin_issuers(authority->store, &snapshot->client_ca_names,
					     &snapshot->asks_client_certificate, err))
		return false;
	snapshot_pack(snapshot, ret);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "snapshot");
}

static void complain(const char *event, const struct error *err)
{
	log_event(LOG_LEVEL_ERROR, event, "reason=%s detail=\"%s\"", reason_code(err->reason),
		  err->detail);
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
		complain("authority.publish", &err);
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

static void on_crl(void *context, const struct ca *ca, const struct crl *crl)
{
	struct authority *authority = context;

	counter_add(&authority->options->page->counters.crls, 1);
	log_event(LOG_LEVEL_INFO, "crl.issued",
		  "ca=%lld kind=%s number=%lld entries=%lld octets=%zu", (long long)ca->id,
		  crl_kind_text(crl->kind), (long long)crl->number, (long long)crl->entries,
		  crl->der.len);
	publish_crl(context, NULL, ca, crl);
}

static void complain_of_ca(void *context, const char *event, const struct ca *ca,
			   const struct error *err)
{
	struct authority *authority = context;

	counter_add(&authority->options->page->counters.job_failures, 1);
	log_event(LOG_LEVEL_ERROR, event, "ca=%lld reason=%s detail=\"%s\"", (long long)ca->id,
		  reason_code(err->reason), err->detail);
}

static void complain_of_responder(void *context, const struct ca *ca, const struct error *err)
{
	complain_of_ca(context, "ocsp.responder_refused", ca, err);
}

static void load_responders(struct authority *authority)
{
	CLEANUP(catalog_unrefp) struct catalog *catalog = ra_catalog(authority->ra);
	struct error err = { 0 };

	if (!ocsp_responder_load(authority->ocsp, catalog, complain_of_responder, authority, &err))
		complain("ocsp.responders", &err);
}

static void on_responder(void *context, const struct ca *ca, const struct certificate *certificate)
{
	char until[TIME_TEXT_MAX];

	log_event(LOG_LEVEL_INFO, "ocsp.responder", "ca=%lld certificate=%lld until=%s",
		  (long long)ca->id, (long long)certificate->id,
		  time_to_text(certificate->not_after, until));
	load_responders(context);
}

static struct catalog *current_catalog(void *context)
{
	return ra_catalog(((struct authority *)context)->ra);
}

static void changed(void *context)
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
		complain("authority.publish", &err);
	}
	pthread_mutex_unlock(&authority->publishing);
	load_responders(authority);
	CLEANUP(catalog_unrefp) struct catalog *catalog = ra_catalog(authority->ra);
	publish_certs(authority, NULL, catalog);
}

static void on_line(void *context, size_t line, enum ipc_role role, const char *name)
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
		complain("authority.publish", &err);
	pthread_mutex_unlock(&authority->publishing);
	if (role == IPC_ROLE_EDGE)
		publish_all(authority, line);
}

/* -- what is asked -- */

/* A certificate may leave once it is durable. */
static enum ipc_answer answer_est(struct authority *authority, struct bytes payload,
				  struct ipc_turn turn, struct buffer *to)
{
	struct est_service *service = ra_service(authority->ra);
	struct est_request request;
	CLEANUP(est_reply_done) struct est_reply reply = { 0 };
	struct error refusal = { 0 };

	bool answered = est_request_unpack(payload, &request, &refusal);
	request.is_patient = turn.may_ask_again;
	request.may_block = turn.may_block;
	answered = answered && service->ops->answer(service, &request, &reply, &refusal);
	if (!answered && reply.is_slow)
		return IPC_ASK_SLOWLY;
	if (!answered && refusal.reason == REASON_BUSY && turn.may_ask_again)
		return IPC_ASK_AGAIN;
	est_reply_pack(&reply, answered ? NULL : &refusal, to);
	return answered ? IPC_ANSWER_SETTLED : IPC_ANSWER_NOW;
}

static void take_event(struct authority *authority, struct bytes payload)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	struct event event;

	if (!event_unpack(payload, &event, NULL))
		return;
	event.at = clock_now(&clock_system);
	if (store_begin(authority->store, &tx, NULL) && store_event_insert(tx, &event, NULL))
		(void)!store_commit_lazily(TAKE(tx), NULL);
}

static void take_fetch(struct authority *authority, struct bytes payload)
{
	struct fetch fetch;

	if (fetch_unpack(payload, &fetch, NULL))
		ra_note_fetch(authority->ra, &fetch);
}

static enum ipc_answer answer_manage(struct authority *authority, struct bytes payload,
				     struct ipc_turn turn, struct buffer *to)
{
	struct unpacker from = { .rest = payload };
	CLEANUP(freep) char *actor = NULL;

	unpack_string(&from, &actor);
	struct bytes request = unpack_bytes(&from);
	if (!actor || !unpack_finished(&from))
		return IPC_ANSWER_NOW;
	if (!turn.may_block && manage_may_block(request))
		return IPC_ASK_SLOWLY;
	manage_answer(&authority->manage, actor, request, to);
	return IPC_ANSWER_NOW;
}

static void answer_ocsp(struct authority *authority, struct bytes payload, struct buffer *to)
{
	CLEANUP(ocsp_answer_done) struct ocsp_answer answer = { 0 };

	ocsp_responder_answer(authority->ocsp, payload, &answer);
	if (!buffer_ok(&answer.der))
		return;
	const struct ocsp_reply reply = { .is_keepable = answer.is_keepable,
					  .seen = answer.seen,
					  .this_update = answer.this_update,
					  .next_update = answer.next_update,
					  .der = buffer_view(&answer.der) };
	ocsp_reply_pack(&reply, to);
}

static enum ipc_answer answer_api(struct authority *authority, struct bytes payload,
				  struct ipc_turn turn, struct buffer *to)
{
	struct api_request request;

	if (!api_request_unpack(payload, &request, NULL))
		return IPC_ANSWER_NOW;
	if (!turn.may_block && manage_may_block(request.request))
		return IPC_ASK_SLOWLY;
	manage_answer_api(&authority->manage, &request, to);
	return IPC_ANSWER_NOW;
}

/* `payload` names a format of metrics; empty: how the authority is. */
static void answer_monitor(struct authority *authority, struct bytes payload, struct buffer *to)
{
	CLEANUP(catalog_unrefp) struct catalog *catalog = ra_catalog(authority->ra);
	const struct health_view view = { .store = authority->store,
					  .signer = authority->signer,
					  .catalog = catalog,
					  .now = clock_now(&clock_system) };

	if (payload.len == 0)
		health_check(&view, to);
	else if (payload.data[0] < EXPOSITION_FORMAT_COUNT)
		census_take(authority->census, &view, payload.data[0], to);
}

static enum ipc_answer on_message(void *context, enum ipc_kind kind, struct bytes payload,
				  struct ipc_turn turn, struct buffer *reply)
{
	if (kind == IPC_EST)
		return answer_est(context, payload, turn, reply);
	if (kind == IPC_MANAGE)
		return answer_manage(context, payload, turn, reply);
	if (kind == IPC_API)
		return answer_api(context, payload, turn, reply);
	if (kind == IPC_EVENT)
		take_event(context, payload);
	else if (kind == IPC_FETCH)
		take_fetch(context, payload);
	else if (kind == IPC_OCSP)
		answer_ocsp(context, payload, reply);
	else if (kind == IPC_HEALTH || kind == IPC_METRICS)
		answer_monitor(context, payload, reply);
	return IPC_ANSWER_NOW;
}

static void refuse_ocsp(struct buffer *reply)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };

	ocsp_error_encode(OCSP_TRY_LATER, &der);
	ocsp_reply_pack(&(struct ocsp_reply){ .der = buffer_view(&der) }, reply);
}

static void refuse(enum ipc_kind kind, const struct error *refusal, struct buffer *reply)
{
	const struct est_reply nothing = { 0 };

	if (kind == IPC_EST)
		est_reply_pack(&nothing, refusal, reply);
	else if (kind == IPC_MANAGE || kind == IPC_API)
		buffer_printf(reply, "{\"error\":{\"code\":\"%s\",\"words\":\"%s\"}}",
			      reason_code(refusal->reason), reason_words(refusal->reason));
	else if (kind == IPC_OCSP)
		refuse_ocsp(reply);
}

static void on_overload(void *context, enum ipc_kind kind, struct buffer *reply)
{
	struct error busy = { 0 };

	(void)context;
	(void)!error_set_retry(&busy, REASON_BUSY, OVERLOAD_RETRY_AFTER, "the queue is full");
	refuse(kind, &busy, reply);
}

static uint64_t on_batch(void *context)
{
	return store_mark(((struct authority *)context)->store);
}

static bool on_settle(void *context, uint64_t mark)
{
	struct authority *authority = context;
	struct error err = { 0 };

	if (store_settle(authority->store, mark, &err))
		return true;
	complain("authority.commit", &err);
	return false;
}

static void on_unsettled(void *context, enum ipc_kind kind, struct buffer *reply)
{
	struct error lost = { 0 };

	(void)context;
	(void)!error_set_retry(&lost, REASON_STORE_UNAVAILABLE, OVERLOAD_RETRY_AFTER,
			       "the commit failed");
	refuse(kind, &lost, reply);
}

/* -- starting -- */

/* One secret is kept by the operator; what else needs one is derived from it, each for its own
 * purpose. */
static bool derive_secrets(struct authority *authority, struct error *err)
{
	struct bytes passphrase = secret_view(&authority->passphrase);

	if (!hash_hmac_sha256(passphrase, BYTES_LITERAL("bestow passphrase verifiers"),
			      authority->pepper, err) ||
	    !hash_hmac_sha256(passphrase, BYTES_LITERAL("bestow node tls key"),
			      authority->tls_secret, err) ||
	    !hash_hmac_sha256(passphrase, BYTES_LITERAL("bestow refused PINs"),
			      authority->pin_secret, err))
		return false;
	hex_encode((struct bytes){ authority->tls_secret, HASH_LEN }, authority->tls_passphrase);
	return true;
}

static bool load_secrets(struct authority *authority, struct error *err)
{
	const char *path = authority->options->key_passphrase_file;

	if (!path)
		return error_set(err, REASON_CONFIG,
				 "[node] key_passphrase_file is needed: it encrypts the CA keys");
	if (!secret_obtain(path, "passphrase of the CA keys", PASSPHRASE_FILE_MAX,
			   &authority->passphrase, err))
		return false;
	if (authority->passphrase.len < PASSPHRASE_FILE_MIN)
		return error_set(
			err, REASON_SECRET_FILE,
			"%s: shorter than %d characters; make one with: openssl rand -hex 32", path,
			PASSPHRASE_FILE_MIN);
	return derive_secrets(authority, err);
}

/* Before the user changes, who may not be let in by the file. One that cannot be read keeps the
 * token's CAs from issuing, and nobody else's. */
static bool load_pin(struct authority *authority, struct error *err)
{
	const struct config_token *token = authority->options->token;
	struct error why = { 0 };

	if (!token->module)
		return true;
	if (!secret_obtain(token->pin_file, "PIN of the token", TOKEN_PIN_MAX, &authority->pin,
			   &why)) {
		complain("token.pin", &why);
		return secret_copy((struct bytes){ 0 }, &authority->pin, err);
	}
	return true;
}

static bool open_signer(struct authority *authority, struct error *err)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof folder, "%s/keys", authority->options->state_dir);
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return error_set(err, REASON_FILE, "%s: %s", folder, strerror(errno));
	if (!signer_open(folder, secret_view(&authority->passphrase), &authority->signer, err))
		return false;
	struct page_counters *counters = &authority->options->page->counters;
	signer_measure(authority->signer, &(struct signer_meters){ counters->signatures,
								   counters->signature_failures });
	return true;
}

_Static_assert((int)PAGE_KEY_FILE == KEY_IN_FILE && (int)PAGE_KEY_TOKEN == KEY_IN_TOKEN &&
		       (int)PAGE_KEY_PLACE_COUNT == KEY_PLACE_COUNT,
	       "the page has a place for each place of keys");

static const struct {
	const char *event;
	enum log_level level;
} signer_events[SIGNER_EVENT_COUNT] = {
	[SIGNER_WRONG_SIGNATURE] = { "signer.alarm", LOG_LEVEL_ERROR },
	[SIGNER_TOKEN_READY] = { "token.ready", LOG_LEVEL_INFO },
	[SIGNER_TOKEN_LOST] = { "token.lost", LOG_LEVEL_ERROR },
	[SIGNER_TOKEN_ABSENT] = { "token.absent", LOG_LEVEL_ERROR },
	[SIGNER_PIN_REFUSED] = { "token.pin_refused", LOG_LEVEL_ERROR },
};

static void on_signer_event(void *context, enum signer_event event, const char *words)
{
	char quoted[2 * ERROR_DETAIL_MAX];

	(void)context;
	log_event(signer_events[event].level, signer_events[event].event, "detail=%s",
		  log_quote(words, quoted, sizeof quoted));
}

/* After the lockdown: a maker's library is the last that should see more than it needs. */
static bool open_token(struct authority *authority, struct error *err)
{
	const struct config_token *config = authority->options->token;
	const struct token_options options = {
		.module = config->module,
		.label = config->label,
		.pin_file = config->pin_file && strcmp(config->pin_file, SECRET_PROMPT) == 0
				    ? NULL
				    : config->pin_file,
		.pin = secret_view(&authority->pin),
		.pin_memory = authority->pin_memory,
		.pin_secret = { authority->pin_secret, HASH_LEN },
		.sessions = config->sessions,
	};

	signer_watch(authority->signer, on_signer_event, authority);
	if (!config->module)
		return true;
	snprintf(authority->pin_memory, sizeof authority->pin_memory, "%s/token-pin-refused",
		 authority->options->state_dir);
	return signer_add_token(authority->signer, &options, err);
}

/* Intents that a crash left behind never became certificates. */
static bool tidy_store(struct authority *authority, struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	size_t abandoned = 0;

	if (!store_begin(authority->store, &tx, err) ||
	    !store_certificate_abandon_intents(tx, &abandoned, err) || !store_commit(TAKE(tx), err))
		return false;
	if (abandoned)
		log_event(LOG_LEVEL_WARNING, "authority.abandoned", "intents=%zu", abandoned);
	return true;
}

static bool open_store(struct authority *authority, struct error *err)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/bestow.db", authority->options->state_dir);
	if (!store_open(path, &authority->store, err))
		return false;
	store_set_board(authority->store, authority->options->board);
	struct page_counters *counters = &authority->options->page->counters;
	store_measure(authority->store,
		      &(struct store_meters){ &counters->commits, &counters->commit_sizes,
					      &counters->commit_failures });
	/* what was changed by one that ended before it could tell */
	change_board_raise_all(authority->options->board);
	return tidy_store(authority, err);
}

static bool open_ra(struct authority *authority, struct error *err)
{
	const struct ra_options options = { .store = authority->store,
					    .signer = authority->signer,
					    .clock = &clock_system,
					    .va_url = authority->options->va_url,
					    .pepper = { authority->pepper, HASH_LEN } };

	if (!ra_new(&options, &authority->ra, err))
		return false;
	const struct crl_issuer_options crls = { .store = authority->store,
						 .signer = authority->signer,
						 .clock = &clock_system,
						 .schedule = authority->options->crl_schedule,
						 .url = authority->options->va_url,
						 .on_issued = on_crl,
						 .context = authority };
	if (!crl_issuer_new(&crls, &authority->crls, err))
		return false;
	const struct ocsp_responder_options ocsp = { .store = authority->store,
						     .signer = authority->signer,
						     .clock = &clock_system,
						     .board = authority->options->board,
						     .validity =
							     authority->options->ocsp_validity };
	if (!ocsp_responder_new(&ocsp, &authority->ocsp, err))
		return false;
	load_responders(authority);
	if (!sign_in_new(&authority->sign_in, err) || !repeats_new(&authority->repeats, err) ||
	    !census_new(&authority->census, err))
		return false;
	authority->manage =
		(struct manage){ .store = authority->store,
				 .crls = authority->crls,
				 .ocsp = authority->ocsp,
				 .signer = authority->signer,
				 .ra = authority->ra,
				 .clock = &clock_system,
				 .pepper = { authority->pepper, HASH_LEN },
				 .key_secret = bytes_of_string(authority->tls_passphrase),
				 .va_url = authority->options->va_url,
				 .est_url = authority->options->est_url,
				 .console_url = authority->options->console_url,
				 .has_certificate_file = authority->options->has_certificate_file,
				 .sign_in = authority->sign_in,
				 .repeats = authority->repeats,
				 .changed = changed,
				 .context = authority };
	return true;
}

static bool open_lines(struct authority *authority, struct error *err)
{
	const struct authority_options *options = authority->options;
	/* a thread for each signature that a token makes at a time; without one, nothing is slow */
	const struct ipc_server_options server = {
		.workers = options->workers,
		.slow_workers = options->token->module ? options->token->sessions : 0,
		.context = authority,
		.on_message = on_message,
		.on_overload = on_overload,
		.on_batch = on_batch,
		.on_settle = on_settle,
		.on_unsettled = on_unsettled,
		.on_line = on_line,
		.waits = &options->page->counters.queue_waits,
		.overloads = &options->page->counters.overloads,
	};

	if (!ipc_server_new(&server, &authority->server, err))
		return false;
	for (size_t i = 0; i < options->line_count; i++)
		if (!ipc_server_add_line(authority->server, options->lines[i].fd,
					 options->lines[i].role, options->lines[i].name, err))
			return false;
	return ipc_server_add_line(authority->server, options->control_fd, IPC_ROLE_SUPERVISOR,
				   "supervisor", err);
}

static bool has_local_key(void *context, const struct ca *ca)
{
	return signer_is_local(((struct authority *)context)->signer, ca->key_name);
}

static bool has_slow_key(void *context, const struct ca *ca)
{
	return !has_local_key(context, ca);
}

static bool start_jobs(struct authority *authority, struct error *err)
{
	const struct authority_options *set = authority->options;
	struct jobs_options options = { .crls = authority->crls,
					.ocsp = set->va_url ? authority->ocsp : NULL,
					.store = authority->store,
					.signer = authority->signer,
					.responder_validity = set->ocsp_responder_validity,
					.responder_made = on_responder,
					.catalog = current_catalog,
					.complain = complain_of_ca,
					.clock = &clock_system,
					.context = authority };

	options.concerns = has_local_key;
	if (!jobs_start(&options, &authority->jobs, err))
		return false;
	options.concerns = has_slow_key;
	options.cas_only = true;
	return !authority->options->token->module ||
	       jobs_start(&options, &authority->slow_jobs, err);
}

static bool start(struct authority *authority, struct error *err)
{
	return load_secrets(authority, err) && load_pin(authority, err) &&
	       lockdown_authority(&authority->options->lockdown, err) &&
	       open_store(authority, err) && open_signer(authority, err) &&
	       open_token(authority, err) && open_ra(authority, err) &&
	       console_identity_provide(&authority->manage, err) && open_lines(authority, err) &&
	       start_jobs(authority, err);
}

static void stop(struct authority *authority)
{
	jobs_stop(authority->jobs);
	jobs_stop(authority->slow_jobs);
	ipc_server_free(authority->server);
	crl_issuer_free(authority->crls);
	ocsp_responder_free(authority->ocsp);
	ra_free(authority->ra);
	sign_in_free(authority->sign_in);
	repeats_free(authority->repeats);
	census_free(authority->census);
	signer_free(authority->signer);
	store_close(authority->store);
	pthread_mutex_destroy(&authority->publishing);
	secret_done(&authority->passphrase);
	secret_done(&authority->pin);
	memory_wipe(authority->pin_secret, sizeof authority->pin_secret);
	memory_wipe(authority->pepper, sizeof authority->pepper);
	memory_wipe(authority->tls_secret, sizeof authority->tls_secret);
	memory_wipe(authority->tls_passphrase, sizeof authority->tls_passphrase);
}

/* SIGTERM is taken by a thread of its own, so that no handler needs to reach the server through a
 * global. */
static void *wait_for_term(void *context)
{
	struct authority *authority = context;
	sigset_t term;
	int caught = 0;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigwait(&term, &caught);
	ipc_server_stop(authority->server);
	return NULL;
}

static bool watch_for_term(struct authority *authority, struct error *err)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, wait_for_term, authority) != 0)
		return error_set(err, REASON_NO_MEMORY, "thread");
	pthread_detach(thread);
	return true;
}

static void block_term(void)
{
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &term, NULL);
}

int authority_main(const struct authority_options *options)
{
	struct authority authority = { .options = options };
	struct error err = { 0 };
	int result = PROCESS_EXIT_DONE;

	pthread_mutex_init(&authority.publishing, NULL);
	/* before any thread starts, so that all of them leave it to the one that waits for it */
	block_term();
	if (start(&authority, &err) && watch_for_term(&authority, &err)) {
		control_ready(options->control_fd);
		ipc_server_run(authority.server);
	} else {
		result = control_refuse(options->control_fd, &err);
	}
	stop(&authority);
	return result;
}
