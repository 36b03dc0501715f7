/* What the files of the authority share: its parts, what it tells and how it answers. */
#pragma once

#include <limits.h>
#include <pthread.h>

#include "base/hash.h"
#include "bestowd/authority.h"
#include "bestowd/census.h"
#include "bestowd/secret_source.h"
#include "jobs/jobs.h"
#include "manage/manage.h"
#include "manage/repeats.h"
#include "manage/sign_in.h"
#include "pki/opened_key.h"
#include "ra/ra.h"

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
	pthread_mutex_t
		publishing; /* held from looking at the catalog until it is sent, so that
			       no edge gets an older one after a newer; guards the two keys */
	struct opened_key tls_key, console_key;
};

/* An error for the log, where nobody waits for it. */
void authority_complain(const char *event, const struct error *err);

/* -- authority_publish.c: contexts are the authority -- */
/* To a process that has just come. */
void authority_on_line(void *context, size_t line, enum ipc_role role, const char *name);
/* Something of the configuration: every process is told. */
void authority_changed(void *context);
void authority_on_crl(void *context, const struct ca *ca, const struct crl *crl);
void authority_on_responder(void *context, const struct ca *ca,
			    const struct certificate *certificate);
void authority_complain_of_ca(void *context, const char *event, const struct ca *ca,
			      const struct error *err);
void authority_load_responders(struct authority *authority);
/* A reference of its own, to be given back with catalog_unref(). */
struct catalog *authority_catalog(void *context);

/* -- authority_answer.c: see struct ipc_server_options -- */
enum ipc_answer authority_on_message(void *context, enum ipc_kind kind, struct bytes payload,
				     struct ipc_turn turn, struct buffer *reply);
void authority_on_overload(void *context, enum ipc_kind kind, struct buffer *reply);
uint64_t authority_on_batch(void *context);
bool authority_on_settle(void *context, uint64_t mark);
void authority_on_unsettled(void *context, enum ipc_kind kind, struct buffer *reply);
