#include "ca/crl_issuer.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "model/publication.h"
#include "pki/crl.h"
#include "pki/tbs.h"
#include "store/store_audit.h"
#include "store/store_crl.h"
#include "store/store_restore.h"

/* Deltas reach back a little beyond their base: an entry that is in both does no harm, one that is
 * in neither would. */
#define DELTA_OVERLAP 600
#define BACKDATE 60 /* clocks of relying parties run behind */

const struct crl_schedule crl_schedule_default = {
	.validity = 7 * 86400,
	.interval = 86400,
	.after_revocation = 30,
};

struct crl_issuer {
	struct crl_issuer_options options;
	/* held while one is made, so that numbers and contents agree; of CAs with slow keys, and
	 * of those with local ones */
	pthread_mutex_t locks[2];
};

bool crl_issuer_new(const struct crl_issuer_options *options, struct crl_issuer **ret,
		    struct error *err)
{
	struct crl_issuer *issuer = calloc(1, sizeof *issuer);

	if (!issuer)
		return error_set(err, REASON_NO_MEMORY, "CRL issuer");
	issuer->options = *options;
	for (size_t i = 0; i < ARRAY_LEN(issuer->locks); i++)
		pthread_mutex_init(&issuer->locks[i], NULL);
	*ret = issuer;
	return true;
}

void crl_issuer_free(struct crl_issuer *issuer)
{
	if (!issuer)
		return;
	for (size_t i = 0; i < ARRAY_LEN(issuer->locks); i++)
		pthread_mutex_destroy(&issuer->locks[i]);
	free(issuer);
}

bool ca_publishes(const struct ca *ca)
{
	return ca->state != CA_DISABLED && cert_key(ca->cert) &&
	       (!cert_has_key_usage(ca->cert) || (cert_key_usage(ca->cert) & KU_CRL_SIGN));
}

/* -- what there is -- */

struct standing {
	struct crl full, delta; /* without DER; number 0: none */
	int64_t changes;
	int64_t floor; /* numbers are above it */
};

static bool find_crl(struct store *store, int64_t ca_id, enum crl_kind kind, struct crl *ret,
		     struct error *err)
{
	struct error missing = { 0 };

	if (store_crl_find(store, ca_id, kind, false, ret, &missing) ||
	    missing.reason == REASON_NOT_FOUND)
		return true;
	if (err)
		*err = missing;
	return false;
}

/* The count of changes is read before the list: what comes between is taken in again. */
static bool look(const struct crl_issuer *issuer, const struct ca *ca, struct standing *ret,
		 struct error *err)
{
	struct store *store = issuer->options.store;

	return find_crl(store, ca->id, CRL_FULL, &ret->full, err) &&
	       find_crl(store, ca->id, CRL_DELTA, &ret->delta, err) &&
	       store_revocation_changes(store, ca->id, &ret->changes, err) &&
	       store_crl_floor(store, &ret->floor, err);
}

/* -- making one -- */

/* One CRL under way. */
struct making {
	const struct crl_issuer *issuer;
	const struct ca *ca;
	const struct standing *standing;
	int64_t now;
	struct buffer entries;
	int64_t count;
};

static bool each_revoked(void *context, const struct revoked *revoked)
{
	struct making *making = context;
	const struct crl_entry entry = {
		.serial = revoked->serial,
		.date = revoked->revoked_at,
		.reason = (int)revoked->reason,
		.invalidity_date = revoked->invalidity_date,
	};

	crl_entry_encode(&entry, &making->entries);
	making->count++;
	return buffer_ok(&making->entries);
}

static bool each_released(void *context, struct bytes serial, int64_t released_at)
{
	struct making *making = context;
	const struct crl_entry entry = { serial, released_at, CRL_REASON_REMOVE, 0 };

	crl_entry_encode(&entry, &making->entries);
	making->count++;
	return buffer_ok(&making->entries);
}

/* RFC 5280 3.3: an entry stays until it was on one CRL that was made after its certificate's end.
 */
static bool list_all(struct making *making, struct error *err)
{
	const struct revoked_filter filter = {
		.ca_id = making->ca->id,
		.from = 0,
		.until = making->now,
		.ends_from = making->standing->full.this_update,
	};

	return store_revoked_each(making->issuer->options.store, &filter, each_revoked, making,
				  err);
}

static bool list_since_base(struct making *making, struct error *err)
{
	const struct crl *base = &making->standing->full;
	const struct revoked_filter filter = {
		.ca_id = making->ca->id,
		.from = base->this_update - DELTA_OVERLAP,
		.until = making->now,
		.ends_from = base->this_update,
	};
	struct store *store = making->issuer->options.store;

	return store_revoked_each(store, &filter, each_revoked, making, err) &&
	       store_released_each(store, making->ca->id, base->this_update - DELTA_OVERLAP,
				   each_released, making, err);
}

static struct bytes key_id_of(const struct cert *ca)
{
	struct bytes id = cert_subject_key_id(ca);

	return id.len ? id : (struct bytes){ cert_key_hash(ca), 20 };
}

static bool sign(const struct making *making, struct crl *crl, struct error *err)
{
	const struct crl_issuer_options *options = &making->issuer->options;
	const struct cert *issuer = making->ca->cert;
	const struct public_key *key = cert_key(issuer);
	enum signature_algorithm algorithm = ca_signature(making->ca);
	CLEANUP(buffer_done) struct buffer tbs = { 0 };
	CLEANUP(buffer_done) struct buffer signature = { 0 };
	char freshest[PUBLICATION_URL_MAX];
	bool tells_of_deltas = crl->kind == CRL_FULL && options->url &&
			       options->schedule.delta_interval &&
			       publication_url(options->url, issuer, PUBLICATION_DELTA, freshest);
	const struct crl_head head = {
		.signature_algorithm = algorithm,
		.issuer = cert_subject_der(issuer),
		.authority_key_id = key_id_of(issuer),
		.this_update = crl->this_update,
		.next_update = crl->next_update,
		.number = crl->number,
		.base_number = crl->kind == CRL_DELTA ? crl->base_number : -1,
		.freshest_uri = tells_of_deltas ? freshest : NULL,
	};

	return crl_tbs_encode(&head, buffer_view(&making->entries), &tbs, err) &&
	       signer_sign(options->signer, making->ca->key_name, key, algorithm, buffer_view(&tbs),
			   &signature, err) &&
	       tbs_sign_result(buffer_view(&tbs), algorithm, buffer_view(&signature), &crl->der,
			       err);
}

static bool finish(struct making *making, struct crl *crl, struct error *err)
{
	crl->entries = making->count;
	crl->changes = making->standing->changes;
	crl->ca_id = making->ca->id;
	if (!buffer_ok(&making->entries))
		return error_set(err, REASON_NO_MEMORY, "CRL");
	return sign(making, crl, err);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t next_number(const struct making *making)
{
	const struct standing *standing = making->standing;
	int64_t last = later(standing->floor, later(standing->full.number, standing->delta.number));

	return later(making->now, last + 1);
}

static bool make_full(struct making *making, struct crl *ret, struct error *err)
{
	const struct crl_schedule *schedule = &making->issuer->options.schedule;

	ret->kind = CRL_FULL;
	ret->number = next_number(making);
	ret->this_update = making->now - BACKDATE;
	ret->next_update =
		earlier(making->now + schedule->validity, cert_not_after(making->ca->cert));
	return list_all(making, err) && finish(making, ret, err);
}

/* `base` is in the store or will be in the same transaction. A delta ends with its base, or when
 * the next is due and one more. */
static bool make_delta(struct making *making, const struct crl *base, struct crl *ret,
		       struct error *err)
{
	const struct crl_schedule *schedule = &making->issuer->options.schedule;

	ret->kind = CRL_DELTA;
	ret->base_number = base->number;
	ret->this_update = making->now - BACKDATE;
	ret->next_update = earlier(making->now + 2 * schedule->delta_interval, base->next_update);
	return finish(making, ret, err);
}

static bool audit(struct store_tx *tx, const struct ca *ca, const struct crl *crl,
		  const char *actor, struct error *err)
{
	char object[160], after[96];
	const struct audit_entry entry = {
		.account_id = ca->account_id,
		.actor = actor,
		.action = "crl.issue",
		.object = object,
		.after = after,
	};

	snprintf(object, sizeof object, "ca %s", ca->name);
	snprintf(after, sizeof after, "%s CRL number %lld with %lld entries",
		 crl_kind_text(crl->kind), (long long)crl->number, (long long)crl->entries);
	return store_audit_append(tx, &entry, err);
}

static void tell(const struct making *making, const struct crl *crl)
{
	const struct crl_issuer_options *options = &making->issuer->options;

	if (crl->number && options->on_issued)
		options->on_issued(options->context, making->ca, crl);
}

static bool issue_full(struct making *making, const char *actor, struct crl *ret, struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	CLEANUP(crl_done) struct crl full = { 0 };
	CLEANUP(crl_done) struct crl delta = { 0 };
	bool has_deltas = making->issuer->options.schedule.delta_interval != 0;

	if (!make_full(making, &full, err))
		return false;
	if (has_deltas) {
		/* RFC 5280 5.2.4: made at the same time, both have one number */
		buffer_clear(&making->entries);
		making->count = 0;
		delta.number = full.number;
		if (!make_delta(making, &full, &delta, err))
			return false;
	}
	if (!store_begin(making->issuer->options.store, &tx, err) ||
	    !(has_deltas ? store_crl_put_pair(tx, &full, &delta, err)
			 : store_crl_put(tx, &full, err)) ||
	    !audit(tx, making->ca, &full, actor, err) || !store_commit(TAKE(tx), err))
		return false;
	tell(making, &full);
	tell(making, &delta);
	if (ret) {
		*ret = full;
		ret->der = (struct buffer){ 0 };
	}
	return true;
}

static bool issue_delta(struct making *making, const char *actor, struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	CLEANUP(crl_done) struct crl delta = { .number = next_number(making) };

	if (!list_since_base(making, err) ||
	    !make_delta(making, &making->standing->full, &delta, err) ||
	    !store_begin(making->issuer->options.store, &tx, err) ||
	    !store_crl_put(tx, &delta, err) || !audit(tx, making->ca, &delta, actor, err) ||
	    !store_commit(TAKE(tx), err))
		return false;
	tell(making, &delta);
	return true;
}

/* -- when -- */

enum due { DUE_NOTHING, DUE_FULL, DUE_DELTA };

static bool has_changed(const struct crl_issuer *issuer, const struct ca *ca,
			const struct standing *standing, const struct crl *last, int64_t now,
			bool *ret, struct error *err)
{
	*ret = standing->changes != last->changes;
	return *ret || store_revocation_begins(issuer->options.store, ca->id,
					       last->this_update + BACKDATE, now, ret, err);
}

/* Where a CRL takes long to make, so do the pauses between: a tenth of the time at most is spent on
 * them (a million entries take about a second). */
static int64_t pause_after(const struct crl *last, int64_t wanted)
{
	int64_t by_size = last->entries / 100000;

	return wanted > by_size ? wanted : by_size;
}

static bool find_due(const struct crl_issuer *issuer, const struct ca *ca,
		     const struct standing *standing, int64_t now, enum due *ret, struct error *err)
{
	const struct crl_schedule *schedule = &issuer->options.schedule;
	const struct crl *last = schedule->delta_interval ? &standing->delta : &standing->full;
	bool changed = false;

	*ret = DUE_FULL;
	if (!standing->full.number ||
	    now >= standing->full.this_update + BACKDATE + schedule->interval ||
	    now >= standing->full.next_update - schedule->validity / 4 ||
	    (schedule->delta_interval && !standing->delta.number))
		return true;
	*ret = DUE_NOTHING;
	if (schedule->delta_interval &&
	    now >= last->this_update + BACKDATE + schedule->delta_interval) {
		*ret = DUE_DELTA;
		return true;
	}
	if (now < last->this_update + BACKDATE + pause_after(last, schedule->after_revocation))
		return true;
	if (!has_changed(issuer, ca, standing, last, now, &changed, err))
		return false;
	if (changed)
		*ret = schedule->delta_interval ? DUE_DELTA : DUE_FULL;
	return true;
}

static bool open_making(const struct crl_issuer *issuer, const struct ca *ca,
			struct standing *standing, struct making *ret, struct error *err)
{
	if (!ca_publishes(ca))
		return error_set(err, REASON_CONFLICT,
				 "CA %s is disabled, or its certificate does not let it sign CRLs",
				 ca->name);
	*ret = (struct making){ .issuer = issuer,
				.ca = ca,
				.standing = standing,
				.now = clock_now(issuer->options.clock) };
	return look(issuer, ca, standing, err);
}

static bool issue_now(struct crl_issuer *issuer, const struct ca *ca, const char *actor,
		      struct crl *ret, struct error *err)
{
	struct standing standing = { 0 };
	struct making making;

	if (!open_making(issuer, ca, &standing, &making, err))
		return false;
	bool issued = issue_full(&making, actor, ret, err);
	buffer_done(&making.entries);
	return issued;
}

static bool issue_due(struct crl_issuer *issuer, const struct ca *ca, struct error *err)
{
	struct standing standing = { 0 };
	struct making making;
	enum due due;

	if (!open_making(issuer, ca, &standing, &making, err) ||
	    !find_due(issuer, ca, &standing, making.now, &due, err))
		return false;
	bool issued =
		due == DUE_NOTHING || (due == DUE_FULL ? issue_full(&making, "schedule", NULL, err)
						       : issue_delta(&making, "schedule", err));
	buffer_done(&making.entries);
	return issued;
}

/* A token that is slow holds its own CAs' CRLs up, and no other's. */
static pthread_mutex_t *lock_of(struct crl_issuer *issuer, const struct ca *ca)
{
	return &issuer->locks[signer_is_local(issuer->options.signer, ca->key_name)];
}

bool crl_issuer_issue(struct crl_issuer *issuer, const struct ca *ca, const char *actor,
		      struct crl *ret, struct error *err)
{
	pthread_mutex_lock(lock_of(issuer, ca));
	bool issued = issue_now(issuer, ca, actor, ret, err);
	pthread_mutex_unlock(lock_of(issuer, ca));
	return issued;
}

bool crl_issuer_issue_due(struct crl_issuer *issuer, const struct ca *ca, struct error *err)
{
	pthread_mutex_lock(lock_of(issuer, ca));
	bool issued = issue_due(issuer, ca, err);
	pthread_mutex_unlock(lock_of(issuer, ca));
	return issued;
}
