/* The authority's parts: store, signer, RA, the operator's verbs, and the lines on which they are
 * asked. */
#include "bestowd/authority_state.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/log.h"
#include "manage/console_identity.h"
#include "node/control.h"
#include "node/term.h"
#include "store/store_certificate.h"

#define PASSPHRASE_FILE_MAX 4096
#define PASSPHRASE_FILE_MIN 20

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
		authority_complain("token.pin", &why);
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
						 .on_issued = authority_on_crl,
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
	authority_load_responders(authority);
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
				 .changed = authority_changed,
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
		.on_message = authority_on_message,
		.on_overload = authority_on_overload,
		.on_batch = authority_on_batch,
		.on_settle = authority_on_settle,
		.on_unsettled = authority_on_unsettled,
		.on_line = authority_on_line,
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
					.responder_made = authority_on_responder,
					.catalog = authority_catalog,
					.complain = authority_complain_of_ca,
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
	opened_key_done(&authority->tls_key);
	opened_key_done(&authority->console_key);
	secret_done(&authority->passphrase);
	secret_done(&authority->pin);
	memory_wipe(authority->pin_secret, sizeof authority->pin_secret);
	memory_wipe(authority->pepper, sizeof authority->pepper);
	memory_wipe(authority->tls_secret, sizeof authority->tls_secret);
	memory_wipe(authority->tls_passphrase, sizeof authority->tls_passphrase);
}

static void on_term(void *context)
{
	struct authority *authority = context;

	ipc_server_stop(authority->server);
}

int authority_main(const struct authority_options *options)
{
	struct authority authority = { .options = options };
	struct error err = { 0 };
	int result = PROCESS_EXIT_DONE;

	pthread_mutex_init(&authority.publishing, NULL);
	/* before any thread starts, so that all of them leave it to the one that waits for it */
	term_block();
	if (start(&authority, &err) && term_watch(on_term, &authority, &err)) {
		control_ready(options->control_fd);
		ipc_server_run(authority.server);
	} else {
		result = control_refuse(options->control_fd, &err);
	}
	stop(&authority);
	return result;
}
