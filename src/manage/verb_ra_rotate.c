#include "manage/verb_ra_rotate.h"

#include <string.h>

#include "ca/ca.h"
#include "manage/describe.h"
#include "manage/issue.h"
#include "manage/ra_key.h"
#include "manage/ra_scope.h"
#include "store/store_certificate.h"
#include "store/store_config.h"

#define OVERLAP_DEFAULT ((int64_t)7 * 86400) /* a proxy's operator gets to it within a week */

/* The certificate that is to be succeeded. */
struct old {
	struct certificate record;
	struct cert *cert;
};

static void old_done(struct old *old)
{
	certificate_done(&old->record);
	cert_free(old->cert);
}

static bool old_load(const struct call *call, const struct ra_scope *scope, struct old *ret,
		     struct error *err)
{
	return store_certificate_find(call->manage->store, scope->certificate_id, &ret->record,
				      err) &&
	       cert_parse((struct bytes){ ret->record.der, ret->record.der_len }, &ret->cert, err);
}

static bool old_holds(const struct old *old, int64_t now)
{
	return certificate_holds_until(&old->record) > now;
}

/* Whoever has the old key would have the new certificate's, too, after the old one's end. */
static bool check_key_is_new(const struct old *old, const struct ra_key *key, struct error *err)
{
	return memcmp(public_key_hash(ra_key_public(key)), old->record.key_hash, KEY_HASH_LEN) !=
		       0 ||
	       error_set(err, REASON_KEY_REUSED,
			 "the request has the key of the certificate that it is to replace");
}

/* The old one's, unless another is asked for. */
static const char *choose_ca(const struct call *call, const struct old *old)
{
	const struct ca *ca = catalog_ca(call->catalog, old->record.ca_id);
	const char *asked = param_text(call->params, "ca");

	return asked || !ca ? asked : ca->name;
}

/* RFC 5280 4.1.2.5: the last second counts. */
static int64_t validity_of(const struct certificate *record)
{
	return record->not_after - record->created + 1;
}

static bool issue(const struct call *call, const struct old *old, const struct ra_key *key,
		  struct certificate *ret, struct error *err)
{
	const struct issue issue = {
		.purpose = PURPOSE_RA,
		.issuer = choose_ca(call, old),
		.subject = cert_subject(old->cert),
		.san = cert_san(old->cert),
		.key = ra_key_public(key),
		.validity_seconds =
			param_duration(call->params, "validity", validity_of(&old->record)),
		.path_len = -1,
	};

	if (!issue.issuer)
		return error_set(err, REASON_INVALID, "params.ca: the old one's CA is gone");
	return issue_certificate(call, &issue, ret, err);
}

/* Somebody else may have rotated it while the new one was signed. */
static bool check_unchanged(const struct ra_scope *scope, const struct old *old, struct error *err)
{
	return scope->certificate_id == old->record.id ||
	       error_set(err, REASON_CONFLICT, "%s was rotated meanwhile", scope->name);
}

/* What is on hold, revoked or expired stays so: no overlap brings it back. */
static int64_t end_of_overlap(const struct call *call, const struct old *old)
{
	return old_holds(old, call->now)
		       ? call->now + param_duration(call->params, "overlap", OVERLAP_DEFAULT)
		       : call->now;
}

static bool supersede(const struct call *call, const struct change *change,
		      const struct ra_scope *scope, const struct old *old,
		      const struct certificate *leaf, struct error *err)
{
	int64_t end = end_of_overlap(call, old);
	const struct ra_rotation rotation = { leaf->id, end > call->now, call->now };

	/* those from before hold no longer than this one */
	for (size_t i = 0; i < scope->former_count; i++)
		if (!store_certificate_supersede(change->tx, scope->former_ids[i], end, call->now,
						 err))
			return false;
	return store_certificate_supersede(change->tx, old->record.id, end, call->now, err) &&
	       store_ra_scope_rotate(change->tx, scope, &rotation, err);
}

static bool record(const struct call *call, struct change *change, const struct ra_key *key,
		   const struct old *old, struct certificate *leaf, json_t **ret, struct error *err)
{
	struct ra_handover handover = { .leaf = leaf, .catalog = change->catalog };

	return find_ra_scope(change->catalog, change->account, param_text(call->params, "name"),
			     &handover.scope, err) &&
	       check_unchanged(handover.scope, old, err) &&
	       find_ca(change->catalog, change->account, choose_ca(call, old), &handover.ca, err) &&
	       ca_record(change->tx, leaf, err) &&
	       supersede(call, change, handover.scope, old, leaf, err) &&
	       ra_key_hand_over(call, key, &handover, ret, err);
}

/* {"serial", "until"}; null for one that holds no longer. */
static json_t *describe_old(const struct call *call, const struct old *old)
{
	int64_t end = end_of_overlap(call, old);
	struct bytes serial = { old->record.serial, old->record.serial_len };

	if (end > old->record.not_after)
		end = old->record.not_after;
	return json_pack("{s:o, s:o}", "serial", describe_hex(serial), "until",
			 describe_time(end > call->now ? end : 0));
}

static bool commit(const struct call *call, struct change *change, const struct old *old,
		   json_t *reply, json_t **ret, struct error *err)
{
	json_auto_t *own = reply;
	json_t *before = describe_old(call, old);

	if (json_object_set(own, "old", before) != 0) {
		json_decref(before);
		return error_set(err, REASON_NO_MEMORY, "RA certificate");
	}
	json_t *serial = json_object_get(json_object_get(own, "certificate"), "serial");
	return change_commit(call, change,
			     (struct change_note){ "ra", param_text(call->params, "name"), before,
						   json_pack("{s:O}", "serial", serial) },
			     TAKE(own), ret, err);
}

bool ra_certificate_rotate(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	CLEANUP(certificate_done) struct certificate leaf = { 0 };
	CLEANUP(ra_key_done) struct ra_key key = { 0 };
	CLEANUP(old_done) struct old old = { 0 };
	const struct ra_scope *scope;
	json_t *reply = NULL;

	return find_ra_scope(call->catalog, call->account, param_text(call->params, "name"), &scope,
			     err) &&
	       old_load(call, scope, &old, err) && ra_key_obtain(call, &key, err) &&
	       check_key_is_new(&old, &key, err) && issue(call, &old, &key, &leaf, err) &&
	       change_begin(call, &change, err) &&
	       record(call, &change, &key, &old, &leaf, &reply, err) &&
	       commit(call, &change, &old, reply, ret, err);
}
