/* A token that may go away and come back: one PKCS#11 module, one token in it, one login, and as
 * many sessions as there are signatures at a time.
 *
 * A thread of its own, the keeper, opens the token, watches it and opens it again, so that whoever
 * wants a signature is told at once that there is none to be had. A PIN that the token refused is
 * not tried again before the PIN's file says something else, also not by the next process: a third
 * try locks most tokens. Thread-safe; one lock, never held during a call of the module. */
#pragma once

#include "base/secret.h"
#include "ca/pkcs11_module.h"
#include "ca/signer.h"

#define TOKEN_SESSIONS_MAX 64
#define TOKEN_RETRY_AFTER 5 /* seconds: told to who asks while it is away */

/* Who is told what happens to the token; on the thread that noticed. */
struct token_watch {
	void (*tell)(void *context, enum signer_event event, const char *words);
	void *context;
};

struct token;
/* Waits a moment for the token, not for ever: one that is away is no failure. */
MUST_CHECK bool token_open(const struct token_options *options, const struct token_watch *watch,
			   struct token **ret, struct error *err);
void token_close(struct token *token);
DEFINE_CLEANUP(struct token *, token_close)

void token_standing(struct token *token, struct token_standing *ret);

/* -- a session, for one operation -- */
struct token_session {
	struct token *token;
	struct ck_function_list *calls;
	ck_slot_id_t slot;
	ck_session_handle_t handle;
	uint64_t generation; /* which opening of the token it belongs to */
	bool is_broken;      /* not to be used again */
};
/* REASON_CA_UNAVAILABLE while the token is away; REASON_BUSY when all sessions stay in use. */
MUST_CHECK bool token_take(struct token *token, struct token_session *ret, struct error *err);
void token_give_back(struct token_session *session); /* for CLEANUP(); an empty one is fine */

/* What a call returned that was not CKR_OK. Where it says that the token is gone or ill, the keeper
 * is woken, and nobody gets a session before it was opened anew. Always false. */
MUST_CHECK bool token_refuse(struct token_session *session, const char *call, ck_rv_t code,
			     struct error *err);
/* Objects that were there and are not any more: the same. */
MUST_CHECK bool token_lost(struct token_session *session, const char *what, struct error *err);
