#include "ca/token.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "ca/token_pin.h"

#define FIRST_WAIT_MS 3000 /* for the token, at the start */
#define PROBE_MS 1000
#define BACKOFF_FIRST_MS 250
#define BACKOFF_MAX_MS 2000   /* a token that is back is in use within five seconds */
#define SESSION_WAIT_MS 20000 /* whoever asks waits 30 s at most */
#define COMPLAIN_MS (300 * 1000)
#define KEEPER_STACK (1024 * 1024)

enum standing { TOKEN_AWAY, TOKEN_READY, TOKEN_CLOSING };

struct token {
	struct token_options options;
	struct token_watch watch;
	struct pkcs11_module module; /* calls: read by all; (re)started by the keeper alone, while
					no session is out */
	struct token_pin pin;        /* the keeper's */
	ck_slot_id_t slot;
	struct ck_token_info info;
	ck_session_handle_t login; /* holds the login; sessions come and go */

	pthread_t keeper;
	bool has_keeper;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	enum standing standing;
	struct error why; /* it is away */
	uint64_t generation;
	bool tried; /* once at least */
	unsigned int out, max;
	ck_session_handle_t idle[TOKEN_SESSIONS_MAX];
	unsigned int idle_count;
};

static void tell(const struct token *token, enum signer_event event, const char *words)
{
	if (token->watch.tell)
		token->watch.tell(token->watch.context, event, words);
}

static struct timespec moment_after(uint64_t ms)
{
	struct timespec moment;

	clock_gettime(CLOCK_MONOTONIC, &moment);
	moment.tv_sec += (time_t)(ms / 1000);
	moment.tv_nsec += (long)(ms % 1000) * 1000000;
	if (moment.tv_nsec >= 1000000000) {
		moment.tv_sec++;
		moment.tv_nsec -= 1000000000;
	}
	return moment;
}

/* -- sessions -- */

static bool refuse_away(const struct token *token, struct error *err)
{
	return error_set_retry(err, REASON_CA_UNAVAILABLE, TOKEN_RETRY_AFTER, "%s",
			       token->why.detail);
}

/* Under the lock. */
static bool wait_for_seat(struct token *token, struct error *err)
{
	struct timespec until = moment_after(SESSION_WAIT_MS);

	while (token->standing == TOKEN_READY && token->out >= token->max)
		if (pthread_cond_timedwait(&token->changed, &token->lock, &until) == ETIMEDOUT)
			return error_set_retry(err, REASON_BUSY, TOKEN_RETRY_AFTER,
					       "all %u sessions of the token are in use",
					       token->max);
	return token->standing == TOKEN_READY || refuse_away(token, err);
}

/* A seat, and an idle session if there is one: else ret->handle is left 0. */
static bool take_seat(struct token *token, struct token_session *ret, struct error *err)
{
	pthread_mutex_lock(&token->lock);
	bool seated = wait_for_seat(token, err);
	if (seated) {
		token->out++;
		*ret = (struct token_session){
			.token = token,
			.calls = token->module.calls,
			.slot = token->slot,
			.generation = token->generation,
			.is_broken = token->idle_count == 0,
		};
		if (token->idle_count)
			ret->handle = token->idle[--token->idle_count];
	}
	pthread_mutex_unlock(&token->lock);
	return seated;
}

/* A token may have fewer sessions than we were told to use: then we use those. */
static bool settle_for_fewer(struct token *token)
{
	pthread_mutex_lock(&token->lock);
	bool fewer = token->out > 1;
	if (fewer && token->out - 1 < token->max)
		token->max = token->out - 1;
	pthread_mutex_unlock(&token->lock);
	return fewer;
}

static bool open_session(struct token_session *session, struct error *err)
{
	ck_rv_t code = session->calls->C_OpenSession(session->slot, CKF_SERIAL_SESSION, NULL, NULL,
						     &session->handle);

	session->is_broken = code != CKR_OK;
	if (code == CKR_OK)
		return true;
	session->handle = 0;
	if (code == CKR_SESSION_COUNT)
		return error_set_retry(err, REASON_BUSY, TOKEN_RETRY_AFTER,
				       "the token has no session left");
	return token_refuse(session, "C_OpenSession", code, err);
}

bool token_take(struct token *token, struct token_session *ret, struct error *err)
{
	struct error why = { 0 };

	for (;;) {
		CLEANUP(token_give_back) struct token_session session = { 0 };

		if (!take_seat(token, &session, err))
			return false;
		if (!session.is_broken || open_session(&session, &why)) {
			*ret = session;
			session.token = NULL;
			return true;
		}
		if (why.reason != REASON_BUSY || !settle_for_fewer(token)) {
			if (err)
				*err = why;
			return false;
		}
	}
}

void token_give_back(struct token_session *session)
{
	struct token *token = session->token;
	bool kept = false;

	if (!token)
		return;
	pthread_mutex_lock(&token->lock);
	bool is_of_now = session->generation == token->generation;
	if (is_of_now && !session->is_broken && token->idle_count < TOKEN_SESSIONS_MAX) {
		token->idle[token->idle_count++] = session->handle;
		kept = true;
	}
	pthread_mutex_unlock(&token->lock);
	if (!kept && is_of_now && session->handle)
		(void)session->calls->C_CloseSession(session->handle);
	/* only now: while anybody is out, the module is not started anew */
	pthread_mutex_lock(&token->lock);
	token->out--;
	pthread_cond_broadcast(&token->changed);
	pthread_mutex_unlock(&token->lock);
	session->token = NULL;
}

/* -- losing it -- */

static void lose(struct token *token, uint64_t generation, const struct error *why)
{
	pthread_mutex_lock(&token->lock);
	bool was_ready = token->standing == TOKEN_READY && token->generation == generation;
	if (was_ready) {
		token->standing = TOKEN_AWAY;
		token->why = *why;
		pthread_cond_broadcast(&token->changed);
	}
	pthread_mutex_unlock(&token->lock);
	if (was_ready)
		tell(token, SIGNER_TOKEN_LOST, why->detail);
}

/* Codes that speak of the request; all others speak of the token. */
static const ck_rv_t own_faults[] = {
	CKR_HOST_MEMORY,
	CKR_ARGUMENTS_BAD,
	CKR_ATTRIBUTE_READ_ONLY,
	CKR_ATTRIBUTE_SENSITIVE,
	CKR_ATTRIBUTE_TYPE_INVALID,
	CKR_ATTRIBUTE_VALUE_INVALID,
	CKR_BUFFER_TOO_SMALL,
	CKR_DATA_INVALID,
	CKR_DATA_LEN_RANGE,
	CKR_FUNCTION_NOT_SUPPORTED,
	CKR_KEY_SIZE_RANGE,
	CKR_KEY_TYPE_INCONSISTENT,
	CKR_KEY_FUNCTION_NOT_PERMITTED,
	CKR_MECHANISM_INVALID,
	CKR_MECHANISM_PARAM_INVALID,
	CKR_TEMPLATE_INCOMPLETE,
	CKR_TEMPLATE_INCONSISTENT,
	CKR_TOKEN_WRITE_PROTECTED,
	CKR_DOMAIN_PARAMS_INVALID,
	CKR_CURVE_NOT_SUPPORTED,
	CKR_DEVICE_MEMORY,
	CKR_SESSION_COUNT,
};

static bool is_own_fault(ck_rv_t code)
{
	for (size_t i = 0; i < ARRAY_LEN(own_faults); i++)
		if (own_faults[i] == code)
			return true;
	return false;
}

bool token_refuse(struct token_session *session, const char *call, ck_rv_t code, struct error *err)
{
	char words[96];

	snprintf(words, sizeof words, "%s: %s (0x%lx)", call, pkcs11_code_text(code), code);
	session->is_broken = true;
	if (is_own_fault(code))
		return error_set(err, REASON_CA_UNAVAILABLE, "the token: %s", words);
	return token_lost(session, words, err);
}

bool token_lost(struct token_session *session, const char *what, struct error *err)
{
	struct error why;

	session->is_broken = true;
	(void)!error_set_retry(&why, REASON_CA_UNAVAILABLE, TOKEN_RETRY_AFTER, "the token: %s",
			       what);
	lose(session->token, session->generation, &why);
	if (err)
		*err = why;
	return false;
}

/* -- the keeper: opening -- */

static bool check_pin_flags(const struct ck_token_info *info, struct error *err)
{
	if (info->flags & CKF_USER_PIN_LOCKED)
		return error_set(err, REASON_SECRET_FILE, "the token has locked its PIN");
	if (info->flags & CKF_USER_PIN_FINAL_TRY)
		return error_set(err, REASON_SECRET_FILE,
				 "the token allows one more try of the PIN, which is left to you: "
				 "log in once with a tool of the token");
	return true;
}

static const ck_rv_t pin_refusals[] = {
	CKR_PIN_INCORRECT, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE, CKR_PIN_EXPIRED, CKR_PIN_LOCKED,
};

static bool is_pin_refusal(ck_rv_t code)
{
	for (size_t i = 0; i < ARRAY_LEN(pin_refusals); i++)
		if (pin_refusals[i] == code)
			return true;
	return false;
}

static bool log_in(struct token *token, struct error *err)
{
	struct secret *pin = &token->pin.pin;
	ck_rv_t code = token->module.calls->C_Login(token->login, CKU_USER, pin->data, pin->len);

	if (code == CKR_OK || code == CKR_USER_ALREADY_LOGGED_IN) {
		token_pin_forget_refusal(&token->pin);
		return true;
	}
	if (!is_pin_refusal(code))
		return error_set(err, REASON_CA_UNAVAILABLE, "the token: C_Login: %s",
				 pkcs11_code_text(code));
	token_pin_remember_refusal(&token->pin);
	return error_set(err, REASON_SECRET_FILE,
			 "the token refuses the PIN (%s); it is not tried again before pin_file "
			 "says another",
			 pkcs11_code_text(code));
}

static bool open_login(struct token *token, struct error *err)
{
	ck_rv_t code = token->module.calls->C_OpenSession(token->slot, CKF_SERIAL_SESSION, NULL,
							  NULL, &token->login);

	return code == CKR_OK || error_set(err, REASON_CA_UNAVAILABLE,
					   "the token: C_OpenSession: %s", pkcs11_code_text(code));
}

static bool check_pin(struct token *token, struct error *err)
{
	if (!token_pin_refresh(&token->pin, err))
		return false;
	if (token_pin_was_refused(&token->pin))
		return error_set(err, REASON_SECRET_FILE,
				 "the token has refused this PIN before; it is tried again when "
				 "pin_file says another");
	return true;
}

static bool connect_token(struct token *token, struct error *err)
{
	const struct token_options *options = &token->options;

	return check_pin(token, err) && pkcs11_module_start(&token->module, options->module, err) &&
	       pkcs11_module_find(&token->module, options->label, &token->slot, &token->info,
				  err) &&
	       check_pin_flags(&token->info, err) && open_login(token, err) && log_in(token, err);
}

/* -- the keeper: watching -- */

/* Asks the token only when nobody else does: a signature under way will tell. */
static void probe(struct token *token)
{
	CLEANUP(token_give_back) struct token_session session = { 0 };
	struct ck_session_info info;
	struct ck_token_info found;
	struct error err;

	pthread_mutex_lock(&token->lock);
	bool is_quiet = token->standing == TOKEN_READY && token->out == 0;
	pthread_mutex_unlock(&token->lock);
	if (!is_quiet || !token_take(token, &session, &err))
		return;
	ck_rv_t code = session.calls->C_GetSessionInfo(session.handle, &info);
	if (code != CKR_OK)
		(void)!token_refuse(&session, "C_GetSessionInfo", code, &err);
	else if ((code = session.calls->C_GetTokenInfo(session.slot, &found)) != CKR_OK)
		(void)!token_refuse(&session, "C_GetTokenInfo", code, &err);
	else if (info.state != CKS_RO_USER_FUNCTIONS && info.state != CKS_RW_USER_FUNCTIONS)
		(void)!token_lost(&session, "it has logged us out", &err);
}

/* Under the lock: until then, or until somebody changes something. False when closing. */
static bool rest(struct token *token, uint64_t ms)
{
	struct timespec until = moment_after(ms);
	enum standing before = token->standing;

	while (token->standing == before &&
	       pthread_cond_timedwait(&token->changed, &token->lock, &until) != ETIMEDOUT)
		;
	return token->standing != TOKEN_CLOSING;
}

/* Whoever is inside the module must be out of it first, however long that takes. */
static bool wait_for_all(struct token *token)
{
	pthread_mutex_lock(&token->lock);
	while (token->standing != TOKEN_CLOSING && token->out)
		pthread_cond_wait(&token->changed, &token->lock);
	bool goes_on = token->standing != TOKEN_CLOSING;
	pthread_mutex_unlock(&token->lock);
	return goes_on;
}

static void be_ready(struct token *token)
{
	pthread_mutex_lock(&token->lock);
	token->generation++;
	token->idle_count = 0;
	token->max = token->module.is_threaded ? token->options.sessions : 1;
	if (token->standing == TOKEN_AWAY)
		token->standing = TOKEN_READY;
	token->tried = true;
	pthread_cond_broadcast(&token->changed);
	pthread_mutex_unlock(&token->lock);
	tell(token, SIGNER_TOKEN_READY, token->options.label);
}

/* What an operator has read already is told again only after a while. */
static void stay_away(struct token *token, const struct error *why, uint64_t *complained)
{
	uint64_t now = monotonic_ms();

	pthread_mutex_lock(&token->lock);
	bool is_news = !token->tried || strcmp(token->why.detail, why->detail) != 0 ||
		       now - *complained >= COMPLAIN_MS;
	token->why = *why;
	token->tried = true;
	pthread_cond_broadcast(&token->changed);
	pthread_mutex_unlock(&token->lock);
	if (!is_news)
		return;
	*complained = now;
	tell(token, why->reason == REASON_SECRET_FILE ? SIGNER_PIN_REFUSED : SIGNER_TOKEN_ABSENT,
	     why->detail);
}

static void come_back(struct token *token, uint64_t *delay, uint64_t *complained)
{
	struct error why = { 0 };

	if (!wait_for_all(token))
		return;
	if (connect_token(token, &why)) {
		*delay = BACKOFF_FIRST_MS;
		be_ready(token);
		return;
	}
	stay_away(token, &why, complained);
	pthread_mutex_lock(&token->lock);
	(void)rest(token, *delay);
	pthread_mutex_unlock(&token->lock);
	*delay = *delay * 2 < BACKOFF_MAX_MS ? *delay * 2 : BACKOFF_MAX_MS;
}

static enum standing standing_of(struct token *token)
{
	pthread_mutex_lock(&token->lock);
	enum standing standing = token->standing;
	pthread_mutex_unlock(&token->lock);
	return standing;
}

static void *keep(void *context)
{
	struct token *token = context;
	uint64_t delay = BACKOFF_FIRST_MS, complained = 0;

	for (;;) {
		switch (standing_of(token)) {
		case TOKEN_CLOSING:
			return NULL;
		case TOKEN_AWAY:
			come_back(token, &delay, &complained);
			break;
		case TOKEN_READY:
			pthread_mutex_lock(&token->lock);
			(void)rest(token, PROBE_MS);
			pthread_mutex_unlock(&token->lock);
			probe(token);
			break;
		}
	}
}

/* -- life -- */

static bool start_keeper(struct token *token, struct error *err)
{
	pthread_attr_t attributes;
	sigset_t all, before;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, KEEPER_STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&token->keeper, &attributes, keep, token);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	token->has_keeper = !failed;
	return !failed || error_set(err, REASON_INTERNAL, "token thread: %s", strerror(failed));
}

static void wait_for_first_try(struct token *token)
{
	struct timespec until = moment_after(FIRST_WAIT_MS);

	pthread_mutex_lock(&token->lock);
	while (!token->tried &&
	       pthread_cond_timedwait(&token->changed, &token->lock, &until) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&token->lock);
}

static void init_locks(struct token *token)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&token->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&token->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

bool token_open(const struct token_options *options, const struct token_watch *watch,
		struct token **ret, struct error *err)
{
	CLEANUP(token_closep) struct token *token = calloc(1, sizeof *token);

	if (!token)
		return error_set(err, REASON_NO_MEMORY, "token");
	init_locks(token);
	token->options = *options;
	token->watch = *watch;
	token->pin = (struct token_pin){ .file = options->pin_file, .memory = options->pin_memory };
	(void)!error_set(&token->why, REASON_CA_UNAVAILABLE, "the token has not answered yet");
	if (!token_pin_init(&token->pin, options->pin, options->pin_secret, err) ||
	    !start_keeper(token, err))
		return false;
	wait_for_first_try(token);
	*ret = TAKE(token);
	return true;
}

void token_close(struct token *token)
{
	if (!token)
		return;
	pthread_mutex_lock(&token->lock);
	token->standing = TOKEN_CLOSING;
	pthread_cond_broadcast(&token->changed);
	pthread_mutex_unlock(&token->lock);
	if (token->has_keeper)
		pthread_join(token->keeper, NULL);
	pkcs11_module_stop(&token->module);
	token_pin_done(&token->pin);
	pthread_cond_destroy(&token->changed);
	pthread_mutex_destroy(&token->lock);
	free(token);
}

void token_standing(struct token *token, struct token_standing *ret)
{
	pthread_mutex_lock(&token->lock);
	*ret = (struct token_standing){ .is_ready = token->standing == TOKEN_READY };
	if (ret->is_ready) {
		pkcs11_field(token->info.manufacturer_id, sizeof token->info.manufacturer_id,
			     ret->manufacturer);
		pkcs11_field(token->info.model, sizeof token->info.model, ret->model);
		pkcs11_field(token->info.serial_number, sizeof token->info.serial_number,
			     ret->serial);
	} else {
		snprintf(ret->detail, sizeof ret->detail, "%s", token->why.detail);
	}
	pthread_mutex_unlock(&token->lock);
}
