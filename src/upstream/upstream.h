/* est_service by way of other EST servers (est_client/): what bestow-ra has where bestowd has an
 * authority. */
#pragma once

#include "model/est_service.h"
#include "upstream/gate.h"
#include "upstream/remote.h"

#define UPSTREAM_LABELS_MAX 16

struct upstream_profile_options {
	struct remote_options remote;
	struct gate *gate; /* its profile tells id, name and what is on; taken over */
	char *labels[UPSTREAM_LABELS_MAX]; /* copied */
	size_t label_count;
	bool is_default;
	uint32_t refresh_ms;
};

struct upstream_options {
	const char *via_name; /* of this proxy; borrowed */
	/* For what an operator should hear of: a refusal, with the upstream's words in its detail;
	 * and whether an upstream answers. Called on any thread. */
	void (*tell_refusal)(void *context, const struct est_request *request,
			     const struct gate_caller *caller, const struct csr *csr,
			     const char *profile, const struct error *refusal);
	void (*tell_state)(void *context, const char *profile, const struct error *failure);
	void *context;
};

struct upstream;
MUST_CHECK bool upstream_new(const struct upstream_options *options, struct upstream **ret,
			     struct error *err);
MUST_CHECK bool upstream_add(struct upstream *upstream,
			     const struct upstream_profile_options *options, struct error *err);
void upstream_free(struct upstream *upstream);
DEFINE_CLEANUP(struct upstream *, upstream_free)

/* Answers as est_service has it, with a detail that devices may read: the upstream's words are the
 * operator's. */
struct est_service *upstream_service(struct upstream *upstream);
/* Asks for CA certificates and csrattrs of the first profile for which that is due; false when none
 * is. *ret_changed becomes true when edges should hear of it. One thread's. */
bool upstream_refresh(struct upstream *upstream, uint64_t now_ms, bool *ret_changed);
/* What edges are to know. Thread-safe. */
MUST_CHECK bool upstream_snapshot(struct upstream *upstream, struct buffer *ret, struct error *err);
