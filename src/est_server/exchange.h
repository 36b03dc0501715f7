/* One EST request in hand, within est_server/. */
#pragma once

#include "est/path.h"
#include "est/via.h"
#include "est_server/est_server.h"
#include "est_server/fetch_note.h"
#include "http/log_budget.h"
#include "pki/verifier.h"

struct est_server {
	struct est_server_options options;
	struct snapshot *snapshot;
	struct verifier *verifier; /* of the CSRs' signatures */
	struct fetch_notes fetches;
	struct log_budget refusals; /* that were decided on this side */
};

struct est_exchange {
	struct est_server *server;
	struct http_exchange *http;
	struct est_path path;
	char via[VIA_MAX];                       /* to send on; "" where this is no proxy */
	const struct snapshot_profile *profile;  /* while the request is being read */
	char account_name[65], profile_name[65]; /* for log and metrics, after that */
	char detail[ERROR_DETAIL_MAX];
	bool is_repeated;  /* answered with what was issued before */
	bool is_withheld;  /* too many like it in this second: no event, no line in the log */
	uint32_t withheld; /* how many before it were */
};

/* -- reply.c: every answer leaves by one of these, and is logged -- */
void reply_cacerts(struct est_exchange *exchange);
void reply_csrattrs(struct est_exchange *exchange);
/* What the authority answered: a certificate, one with the key that was made for it, or a CMC
 * response. */
void reply_success(struct est_exchange *exchange, const struct est_reply *reply);
/* `authenticated` callers read why; strangers read a class and the request's id. */
void reply_refusal(struct est_exchange *exchange, const struct error *refusal, bool authenticated);

/* -- est_server.c -- */
/* Refuses what was decided on this side: the operator hears `why`, the caller `shown`. Of a flood
 * the operator hears some, and how many there were. */
void exchange_refuse(struct est_exchange *exchange, const struct error *why,
		     const struct error *shown);

/* -- source.c -- */
/* Some account lists the client's address, and a proxy has named it. */
MUST_CHECK bool source_check(const struct est_exchange *exchange, struct error *err);
/* The profile's account lists it. An address that another account lists may not learn that this
 * profile exists: it is `shown` what it would read if there were none. */
MUST_CHECK bool source_check_account(const struct est_exchange *exchange, struct error *ret_shown,
				     struct error *err);

/* -- ask.c -- */
/* Asks the authority, with the decoded body, and replies when it has answered. A body that
 * `claims_binding` is judged with the TLS session's own values. */
void exchange_ask(struct est_exchange *exchange, struct bytes body, bool claims_binding);

/* -- op_enroll.c, op_fullcmc.c -- */
void op_enroll(struct est_exchange *exchange);
void op_fullcmc(struct est_exchange *exchange);
