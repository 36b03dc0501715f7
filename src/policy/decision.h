/* What one decision knows: the question, and what its rules have found out so far. Each rule reads
 * what the rules before it wrote, so their order (decide.c) is part of their meaning. */
#pragma once

#include "policy/policy.h"

struct decision {
	const struct profile *profile;
	const struct facts *facts;
	enum identity_kind identity; /* who speaks; IDENTITY_NONE until authentication passed */
	bool by_code;                /* a device's code is among what the caller is believed by */
	bool renews;
	bool waits;          /* for an operator's decision */
	struct name subject; /* as it will be issued */
	struct san san;
	char words[ERROR_DETAIL_MAX]; /* what a passing rule has to say; never a stranger's text */
};

/* Leaves words for the trace. */
void decision_note(struct decision *decision, const char *format, ...) PRINTF_LIKE(2, 3);
void decision_done(struct decision *decision);

/* A TLS certificate, and no passphrase, is what the caller is believed by. */
bool decision_by_certificate(const struct decision *decision);
/* The caller asks for a renewal, by the operation or by what the profile makes of its own
 * certificates (ENR-10). Whether it may have one is for the rules to say. */
bool decision_asks_renewal(const struct decision *decision);

/* Makes the leave to issue from a decision that every rule has passed. */
MUST_CHECK bool grant_build(const struct decision *decision, struct grant **ret, struct error *err);
