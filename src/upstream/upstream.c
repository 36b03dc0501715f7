#include "upstream/upstream.h"

#include <string.h>

#include "base/clock.h"
#include "est/via.h"
#include "model/snapshot.h"
#include "pki/pkcs7.h"
#include "upstream/relay.h"

#define FAILED_AGAIN_MS 10000 /* an upstream that is away is looked for more often */

struct service_profile {
	struct remote *remote;
	struct gate gate;
	struct known known;
	char *labels[UPSTREAM_LABELS_MAX];
	size_t label_count;
	bool is_default;
	uint32_t refresh_ms;
	uint64_t due_ms;        /* when to ask again */
	bool is_away, is_heard; /* when it was asked last; it was asked at all */
	bool is_told;           /* edges know what it said */
};

struct upstream {
	struct est_service service; /* first: upstream_service() hands it out */
	struct upstream_options options;
	char via[VIA_MAX]; /* where this proxy itself is who asks */
	struct service_profile **profiles;
	size_t profile_count;
};

/* -- making -- */

static void profile_done(struct service_profile *profile)
{
	if (!profile)
		return;
	remote_free(profile->remote);
	gate_done(&profile->gate);
	known_done(&profile->known);
	for (size_t i = 0; i < profile->label_count; i++)
		free(profile->labels[i]);
	free(profile);
}
DEFINE_CLEANUP(struct service_profile *, profile_done)

static bool copy_labels(const struct upstream_profile_options *options,
			struct service_profile *profile, struct error *err)
{
	for (; profile->label_count < options->label_count; profile->label_count++) {
		const char *label = options->labels[profile->label_count];

		if (!label_check(label, err))
			return false;
		profile->labels[profile->label_count] = strdup(label);
		if (!profile->labels[profile->label_count])
			return error_set(err, REASON_NO_MEMORY, "label");
	}
	return true;
}

bool upstream_add(struct upstream *upstream, const struct upstream_profile_options *options,
		  struct error *err)
{
	CLEANUP(profile_donep) struct service_profile *profile = calloc(1, sizeof *profile);

	if (!profile)
		return error_set(err, REASON_NO_MEMORY, "profile");
	known_init(&profile->known);
	profile->is_default = options->is_default;
	profile->refresh_ms = options->refresh_ms;
	if (!remote_new(&options->remote, &profile->remote, err) ||
	    !copy_labels(options, profile, err))
		return false;
	struct service_profile **grown =
		reallocarray(upstream->profiles, upstream->profile_count + 1, sizeof *grown);
	if (!grown)
		return error_set(err, REASON_NO_MEMORY, "profile");
	upstream->profiles = grown;
	profile->gate = *options->gate;
	*options->gate = (struct gate){ 0 };
	upstream->profiles[upstream->profile_count++] = TAKE(profile);
	return true;
}

void upstream_free(struct upstream *upstream)
{
	if (!upstream)
		return;
	for (size_t i = 0; i < upstream->profile_count; i++)
		profile_done(upstream->profiles[i]);
	free(upstream->profiles);
	free(upstream);
}

/* -- answering -- */

static struct service_profile *find_profile(struct upstream *upstream, int64_t id)
{
	for (size_t i = 0; i < upstream->profile_count; i++)
		if (upstream->profiles[i]->gate.profile->id == id)
			return upstream->profiles[i];
	return NULL;
}

static bool read_csr(const struct est_request *request, struct csr **ret, struct error *err)
{
	return request->operation == EST_SERVERKEYGEN
		       ? csr_parse_unkeyed(request->csr, true, ret, err)
		       : csr_parse(request->csr, true, ret, err);
}

/* A story with one asker: what it came with, who it is, what became of it. */
struct passage {
	struct upstream *upstream;
	struct service_profile *profile;
	const struct est_request *request;
	struct csr *csr;
	struct gate_caller caller;
};

static void passage_donep(struct passage *passage)
{
	csr_free(passage->csr);
}

/* A device that comes before the first answer did asks for it itself. */
static bool know_cacerts(struct passage *passage, struct error *err)
{
	struct known *known = &passage->profile->known;
	bool ignored;

	pthread_rwlock_rdlock(&known->lock);
	bool is_there = known->is_there;
	pthread_rwlock_unlock(&known->lock);
	return is_there || known_refresh(known, passage->profile->remote, passage->upstream->via,
					 &ignored, err);
}

static bool admit(struct passage *passage, struct error *err)
{
	struct service_profile *profile = passage->profile;

	pthread_rwlock_rdlock(&profile->known.lock);
	bool admitted =
		gate_admit(&profile->gate, passage->request, passage->csr, &profile->known.cacerts,
			   clock_now(&clock_system), &passage->caller, err);
	pthread_rwlock_unlock(&profile->known.lock);
	return admitted;
}

static bool take(struct passage *passage, const struct exchange_answer *from, struct est_reply *ret,
		 struct error *err)
{
	struct known *known = &passage->profile->known;

	pthread_rwlock_rdlock(&known->lock);
	bool taken = relay_take(from, passage->request, passage->csr, &known->cacerts, ret, err);
	pthread_rwlock_unlock(&known->lock);
	return taken;
}

/* SKG-03: whose a key is that was encrypted for the device cannot be seen on its way, so no such
 * one passes; and none is asked for that would come plain instead. */
static bool check_decrypt_key(const struct passage *passage, struct error *err)
{
	return passage->request->operation != EST_SERVERKEYGEN ||
	       csr_decrypt_key(passage->csr)->kind == DECRYPT_KEY_NONE ||
	       error_set(err, REASON_DECRYPT_KEY,
			 "a key that is encrypted for the device does not pass this proxy");
}

/* Nothing is locked while the upstream thinks. */
static bool pass(struct passage *passage, struct est_reply *ret, struct error *err)
{
	CLEANUP(exchange_answer_donep) struct exchange_answer from = { 0 };

	return know_cacerts(passage, err) && admit(passage, err) &&
	       check_decrypt_key(passage, err) &&
	       relay_send(passage->profile->remote, passage->request, passage->csr, &from, err) &&
	       take(passage, &from, ret, err);
}

static bool is_upstreams(enum reason reason)
{
	switch (reason) {
	case REASON_UPSTREAM_UNAVAILABLE:
	case REASON_UPSTREAM_SLOW:
	case REASON_UPSTREAM_BROKEN:
	case REASON_UPSTREAM_REFUSED:
	case REASON_UPSTREAM_REJECTED:
	case REASON_SERVER_PENDING:
		return true;
	default:
		return false;
	}
}

/* What the upstream said is between it and the operator. */
static bool refuse(const struct passage *passage, const struct error *why, struct est_reply *ret,
		   struct error *err)
{
	const struct upstream_options *options = &passage->upstream->options;
	bool is_theirs = is_upstreams(why->reason);

	options->tell_refusal(options->context, passage->request, &passage->caller, passage->csr,
			      passage->profile ? passage->profile->gate.profile->name : "", why);
	ret->authenticated = passage->caller.authenticated && !is_theirs;
	return error_set_retry(err, why->reason, why->retry_after, "%s",
			       is_theirs ? "" : why->detail);
}

static bool answer(struct est_service *service, const struct est_request *request,
		   struct est_reply *ret, struct error *err)
{
	CLEANUP(passage_donep)
	struct passage passage = { .upstream = (struct upstream *)service, .request = request };
	struct error why = { 0 };

	passage.profile = find_profile(passage.upstream, request->profile_id);
	if (!passage.profile) {
		(void)!error_set(&why, REASON_UNKNOWN_LABEL, "the profile is gone");
		return refuse(&passage, &why, ret, err);
	}
	if (read_csr(request, &passage.csr, &why) && pass(&passage, ret, &why))
		return true;
	return refuse(&passage, &why, ret, err);
}

static const struct est_service_ops ops = { .answer = answer };

struct est_service *upstream_service(struct upstream *upstream)
{
	return &upstream->service;
}

bool upstream_new(const struct upstream_options *options, struct upstream **ret, struct error *err)
{
	CLEANUP(upstream_freep) struct upstream *upstream = calloc(1, sizeof *upstream);

	if (!upstream)
		return error_set(err, REASON_NO_MEMORY, "upstream");
	upstream->service.ops = &ops;
	upstream->options = *options;
	if (!via_add(NULL, options->via_name, upstream->via, err))
		return false;
	*ret = TAKE(upstream);
	return true;
}

/* -- what edges know -- */

static bool refresh_profile(struct upstream *upstream, struct service_profile *profile)
{
	const struct upstream_options *options = &upstream->options;
	struct error failure = { 0 };
	bool changed = false;
	bool answered =
		known_refresh(&profile->known, profile->remote, upstream->via, &changed, &failure);

	if (!profile->is_heard || profile->is_away == answered)
		options->tell_state(options->context, profile->gate.profile->name,
				    answered ? NULL : &failure);
	changed |= answered && !profile->is_told;
	profile->is_told |= answered;
	profile->is_heard = true;
	profile->is_away = !answered;
	profile->due_ms = monotonic_ms() + (answered || profile->refresh_ms < FAILED_AGAIN_MS
						    ? profile->refresh_ms
						    : FAILED_AGAIN_MS);
	return changed;
}

bool upstream_refresh(struct upstream *upstream, uint64_t now_ms, bool *ret_changed)
{
	for (size_t i = 0; i < upstream->profile_count; i++) {
		if (upstream->profiles[i]->due_ms > now_ms)
			continue;
		*ret_changed |= refresh_profile(upstream, upstream->profiles[i]);
		return true;
	}
	return false;
}

static bool encode_cacerts(const struct bundle *cacerts, struct buffer *ret, struct error *err)
{
	struct bytes ders[BUNDLE_CERTS_MAX];

	for (size_t i = 0; i < cacerts->count; i++)
		ders[i] = cert_der(cacerts->certs[i]);
	return pkcs7_certs_only_encode(ders, cacerts->count, ret, err);
}

static bool fill_known(struct service_profile *profile, struct snapshot_profile *ret,
		       struct error *err)
{
	pthread_rwlock_rdlock(&profile->known.lock);
	ret->is_unknown = !profile->known.is_there;
	bool filled =
		ret->is_unknown || encode_cacerts(&profile->known.cacerts, &ret->cacerts, err);
	buffer_append(&ret->csrattrs, buffer_view(&profile->known.csrattrs));
	pthread_rwlock_unlock(&profile->known.lock);
	return filled &&
	       (buffer_ok(&ret->csrattrs) || error_set(err, REASON_NO_MEMORY, "csrattrs"));
}

/* Each profile has its own list of addresses, as an account has on a node with a store. */
static bool fill_profile(struct service_profile *from, size_t index, struct snapshot *snapshot,
			 struct error *err)
{
	const struct profile *profile = from->gate.profile;
	struct snapshot_account *account = &snapshot->accounts[index];
	struct snapshot_profile *to = &snapshot->profiles[index];

	*account = (struct snapshot_account){ .id = profile->id };
	snapshot->account_count++;
	*to = (struct snapshot_profile){
		.id = profile->id,
		.account = index,
		.name = strdup(profile->name),
		.active = true,
		.strict_encoding = profile->strict_encoding,
		.offers_basic = auth_takes_passphrase(profile->auth),
		.serverkeygen = profile->serverkeygen,
	};
	snapshot->profile_count++;
	if (from->is_default) {
		snapshot->has_default = true;
		snapshot->default_profile = index;
	}
	return (to->name || error_set(err, REASON_NO_MEMORY, "snapshot")) &&
	       address_set_make(from->gate.allowed.ranges, from->gate.allowed.count,
				&account->allowed, err) &&
	       fill_known(from, to, err);
}

static int compare_labels(const void *a, const void *b)
{
	return strcmp(((const struct snapshot_label *)a)->text,
		      ((const struct snapshot_label *)b)->text);
}

static bool fill_labels(const struct upstream *upstream, struct snapshot *snapshot,
			struct error *err)
{
	snapshot->labels =
		calloc(upstream->profile_count * UPSTREAM_LABELS_MAX + 1, sizeof *snapshot->labels);
	if (!snapshot->labels)
		return error_set(err, REASON_NO_MEMORY, "snapshot");
	for (size_t i = 0; i < upstream->profile_count; i++)
		for (size_t j = 0; j < upstream->profiles[i]->label_count; j++) {
			struct snapshot_label *label = &snapshot->labels[snapshot->label_count];

			*label = (struct snapshot_label){ strdup(upstream->profiles[i]->labels[j]),
							  i };
			if (!label->text)
				return error_set(err, REASON_NO_MEMORY, "snapshot");
			snapshot->label_count++;
		}
	qsort(snapshot->labels, snapshot->label_count, sizeof *snapshot->labels, compare_labels);
	return true;
}

static bool fill_everyone(struct snapshot *snapshot, struct error *err)
{
	CLEANUP(freep) struct address_range *ranges = NULL;
	size_t count = 0;

	for (size_t i = 0; i < snapshot->account_count; i++)
		count += snapshot->accounts[i].allowed.count;
	ranges = calloc(count + 1, sizeof *ranges);
	if (!ranges)
		return error_set(err, REASON_NO_MEMORY, "snapshot");
	count = 0;
	for (size_t i = 0; i < snapshot->account_count; i++)
		for (size_t j = 0; j < snapshot->accounts[i].allowed.count; j++)
			ranges[count++] = snapshot->accounts[i].allowed.ranges[j];
	return address_set_make(ranges, count, &snapshot->everyone, err);
}

bool upstream_snapshot(struct upstream *upstream, struct buffer *ret, struct error *err)
{
	CLEANUP(snapshot_freep) struct snapshot *snapshot = calloc(1, sizeof *snapshot);

	if (!snapshot)
		return error_set(err, REASON_NO_MEMORY, "snapshot");
	snapshot->accounts = calloc(upstream->profile_count + 1, sizeof *snapshot->accounts);
	snapshot->profiles = calloc(upstream->profile_count + 1, sizeof *snapshot->profiles);
	if (!snapshot->accounts || !snapshot->profiles)
		return error_set(err, REASON_NO_MEMORY, "snapshot");
	for (size_t i = 0; i < upstream->profile_count; i++)
		if (!fill_profile(upstream->profiles[i], i, snapshot, err))
			return false;
	if (!fill_labels(upstream, snapshot, err) || !fill_everyone(snapshot, err))
		return false;
	snapshot_pack(snapshot, ret);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "snapshot");
}
