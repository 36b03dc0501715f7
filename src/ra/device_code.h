/* Enrollment codes of devices: made, kept as verifiers, and judged.
 *
 * A generated code has 130 bits and is found by its keyed hash, so a device need not say who it is.
 * A code from elsewhere may be short: it is kept under argon2id, found only by the device that is
 * named beside it, and each address has some tries at it. */
#pragma once

#include "model/device.h"
#include "model/identity.h"
#include "model/profile.h"
#include "ra/limiter.h"
#include "store/store.h"

#define DEVICE_CODE_MIN 8
#define DEVICE_CODE_MAX 256

/* Fills kind, verifier and verifier_len. REASON_INVALID for a given code that is too short, too
 * long or holds control characters. */
MUST_CHECK bool device_code_make_verifier(struct bytes pepper, struct bytes code, bool generated,
					  struct device_code *ret, struct error *err);

/* The code holds at `now`: REASON_CODE_LOCKED, REASON_CODE_EXPIRED or REASON_CODE_USED_UP. */
MUST_CHECK bool device_code_check(const struct device_code *code, int64_t now, struct error *err);

struct code_checker;
MUST_CHECK bool code_checker_new(struct store *store, struct bytes pepper,
				 struct code_checker **ret, struct error *err);
void code_checker_free(struct code_checker *checker);
DEFINE_CLEANUP(struct code_checker *, code_checker_free)

/* What a request brings: the texts that may be the code, and those that may name the device. */
struct code_question {
	const struct profile *profile;
	const struct address *peer;
	const struct bytes *candidates;
	size_t candidate_count;
	const char *const *names; /* serial numbers or fingerprints, some of them NULL */
	size_t name_count;
	int64_t device_id; /* of the device that a certificate has proven already; 0: none */
	int64_t now;
};

/* Fills *ret with the code that was given, also when it is expired, used up or locked; its failure
 * says so. REASON_BAD_CODE counts against the source address, and is counted at the device that was
 * named; REASON_CODE_GUESSED to an address that has had its tries at the device's short code. False
 * when the question could not be judged: REASON_BUSY while a slow verifier is at work for someone
 * else, or the store failed. Thread-safe. */
MUST_CHECK bool code_check(struct code_checker *checker, const struct code_question *question,
			   struct code_finding *ret, struct error *err);
