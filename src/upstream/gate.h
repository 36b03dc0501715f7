/* Who may ask through this proxy: Bestow's own rules (policy/), over what the proxy knows by
 * itself. It has no store, so what was issued, and what was revoked, is for the upstream to say. */
#pragma once

#include "base/secret.h"
#include "model/est_service.h"
#include "model/profile.h"
#include "pki/bundle.h"
#include "pki/csr.h"

#define GATE_PASSPHRASES_MAX 64
/* Who guesses is not slowed down here, so what could be guessed is not taken. */
#define GATE_PASSPHRASE_MIN 20

struct gate {
	struct profile *profile; /* owned */
	struct address_set allowed;
	struct bundle
		anchors; /* who issues the certificates that devices, and other RAs, come with */
	struct secret passphrases[GATE_PASSPHRASES_MAX];
	size_t passphrase_count;
	bool accept_ra; /* certificates with id-kp-cmcRA speak for others */
};
void gate_done(struct gate *gate);
/* One passphrase a line; empty lines and those that begin with # are passed by. */
MUST_CHECK bool gate_add_passphrases(struct gate *gate, struct bytes text, struct error *err);
/* Anchors that may be used by several threads from then on. */
MUST_CHECK bool gate_add_anchors(struct gate *gate, struct bytes text, struct error *err);

/* Who was found to ask. */
struct gate_caller {
	bool authenticated;
	char words[ERROR_DETAIL_MAX]; /* "ra CN=site-7", for the log */
};
/* `cacerts` are the upstream's: whose certificates these issued may renew. Thread-safe. */
MUST_CHECK bool gate_admit(const struct gate *gate, const struct est_request *request,
			   const struct csr *csr, const struct bundle *cacerts, int64_t now,
			   struct gate_caller *ret, struct error *err);
