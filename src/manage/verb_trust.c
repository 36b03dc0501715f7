/* EST authentication: the issuing CAs that may vouch for an account's EST clients. */
#include <stdio.h>
#include <string.h>

#include "manage/change.h"
#include "manage/describe.h"
#include "pki/bundle.h"
#include "pki/chain.h"
#include "store/store_certificate.h"
#include "store/store_config.h"

enum outcome { OUTCOME_NEW, OUTCOME_PRESENT, OUTCOME_REFUSED };

static bool is_present(const struct catalog *catalog, int64_t account_id, const struct cert *cert)
{
	for (size_t i = 0; i < catalog->anchor_count; i++)
		if (catalog->anchors[i].account_id == account_id &&
		    bytes_equal(cert_der(catalog->anchors[i].cert), cert_der(cert)))
			return true;
	return false;
}

static enum outcome judge(const struct call *call, const struct catalog *catalog,
			  const struct cert *cert, struct error *ret_why)
{
	if (is_present(catalog, call->account->id, cert))
		return OUTCOME_PRESENT;
	return chain_check_anchor(cert, call->now, ret_why) ? OUTCOME_NEW : OUTCOME_REFUSED;
}

/* The CA of ours whose certificate this is, so that the anchor can say whose it is. */
static int64_t own_ca_id(const struct catalog *catalog, int64_t account_id, const struct cert *cert)
{
	for (size_t i = 0; i < catalog->ca_count; i++)
		if (catalog->cas[i].account_id == account_id &&
		    bytes_equal(cert_der(catalog->cas[i].cert), cert_der(cert)))
			return catalog->cas[i].id;
	return 0;
}

static json_t *describe_item(const struct cert *cert, const char *outcome, const struct error *why)
{
	return json_pack("{s:s, s:o, s:o}", "outcome", outcome, "why",
			 describe_text(why->reason ? why->detail : NULL), "certificate",
			 describe_cert(cert));
}

/* -- from a pasted or uploaded bundle -- */

static bool load_bundle(const struct call *call, struct bundle *ret, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer text = { 0 }; /* it may turn out to hold a key */

	return param_file(call->params, "file", &text, err) &&
	       bundle_parse(buffer_view(&text), ret, err);
}

/* What would be trusted, for the operator's eyes, before anything is saved. */
static bool preview(const struct call *call, json_t **ret, struct error *err)
{
	static const char *const words[] = {
		[OUTCOME_NEW] = "new",
		[OUTCOME_PRESENT] = "present",
		[OUTCOME_REFUSED] = "refused",
	};
	CLEANUP(bundle_done) struct bundle bundle = { 0 };
	json_auto_t *items = json_array();

	if (!load_bundle(call, &bundle, err))
		return false;
	for (size_t i = 0; i < bundle.count; i++) {
		struct error why = { 0 };
		enum outcome outcome = judge(call, call->catalog, bundle.certs[i], &why);

		if (json_array_append_new(
			    items, describe_item(bundle.certs[i], words[outcome], &why)) != 0)
			return error_set(err, REASON_NO_MEMORY, "certificates");
	}
	return call_return(json_pack("{s:O}", "items", items), ret, err);
}

static bool add_one(const struct call *call, struct change *change, const struct cert *cert,
		    json_t *items, struct error *err)
{
	static const char *const words[] = {
		[OUTCOME_NEW] = "added",
		[OUTCOME_PRESENT] = "present",
		[OUTCOME_REFUSED] = "refused",
	};
	struct error why = { 0 };
	enum outcome outcome = judge(call, change->catalog, cert, &why);
	int64_t id;

	if (outcome == OUTCOME_NEW &&
	    !store_anchor_insert(change->tx, call->account->id,
				 own_ca_id(change->catalog, call->account->id, cert),
				 cert_der(cert), &id, err))
		return false;
	if (json_array_append_new(items, describe_item(cert, words[outcome], &why)) != 0)
		return error_set(err, REASON_NO_MEMORY, "certificates");
	return true;
}

/* All that can be trusted in one transaction; the rest with its reason. */
static bool add_bundle(const struct call *call, struct change *change, json_t *items,
		       struct error *err)
{
	CLEANUP(bundle_done) struct bundle bundle = { 0 };

	if (!load_bundle(call, &bundle, err) || !change_begin(call, change, err))
		return false;
	for (size_t i = 0; i < bundle.count; i++)
		if (!add_one(call, change, bundle.certs[i], items, err))
			return false;
	return true;
}

static bool add_own_ca(const struct call *call, struct change *change, json_t *items,
		       struct error *err)
{
	const struct ca *ca;

	return change_begin(call, change, err) &&
	       find_ca(change->catalog, change->account, param_text(call->params, "ca"), &ca,
		       err) &&
	       add_one(call, change, ca->cert, items, err);
}

static bool add(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	json_auto_t *items = json_array();
	bool from_file = param_is_given(call->params, "file");

	if (from_file == param_is_given(call->params, "ca"))
		return error_set(err, REASON_INVALID, "params: either file or ca");
	if (!(from_file ? add_bundle : add_own_ca)(call, &change, items, err))
		return false;
	return change_commit(call, &change,
			     (struct change_note){ "trust", call->account->name, json_null(),
						   json_deep_copy(items) },
			     json_pack("{s:O}", "items", items), ret, err);
}

static bool list(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *anchors = json_array();

	for (size_t i = 0; i < call->catalog->anchor_count; i++) {
		const struct anchor *anchor = &call->catalog->anchors[i];

		if (anchor->account_id == call->account->id &&
		    json_array_append_new(anchors, describe_anchor(anchor, call->catalog)) != 0)
			return error_set(err, REASON_NO_MEMORY, "anchors");
	}
	return call_return(json_pack("{s:O}", "anchors", anchors), ret, err);
}

/* -- removal -- */

static bool find_anchor(const struct change *change, int64_t id, const struct anchor **ret,
			struct error *err)
{
	for (size_t i = 0; i < change->catalog->anchor_count; i++)
		if (change->catalog->anchors[i].id == id &&
		    change->catalog->anchors[i].account_id == change->account->id) {
			*ret = &change->catalog->anchors[i];
			return true;
		}
	return error_set(err, REASON_NOT_FOUND, "trusted CA %lld", (long long)id);
}

static size_t count_anchors(const struct change *change)
{
	size_t count = 0;

	for (size_t i = 0; i < change->catalog->anchor_count; i++)
		count += change->catalog->anchors[i].account_id == change->account->id;
	return count;
}

/* The certificates that could not renew any more: those of our own CA, if the anchor is one's. */
static bool count_stranded(const struct call *call, const struct change *change,
			   const struct anchor *anchor, int64_t *ret, struct error *err)
{
	int64_t expired, revoked;

	*ret = 0;
	return anchor->ca_id == 0 ||
	       store_certificate_count(call->manage->store, change->account->id, call->now, ret,
				       &expired, &revoked, err);
}

/* Removing the last anchor, or one that our own CA's devices renew by, locks devices out. */
static bool check_confirmed(const struct call *call, const struct change *change,
			    const struct anchor *anchor, struct error *err)
{
	const char *confirm = param_text(call->params, "confirm");
	size_t profiles = count_active_profiles(change->catalog, change->account);
	bool is_last = count_anchors(change) == 1;
	int64_t stranded;

	if (!count_stranded(call, change, anchor, &stranded, err))
		return false;
	if ((!is_last || profiles == 0) && stranded == 0)
		return true;
	if (confirm && strcmp(confirm, "last") == 0)
		return true;
	return error_set(err, REASON_NEEDS_CONFIRMATION,
			 "%s (active profiles: %zu, valid certificates of the account: %lld); "
			 "--confirm=last",
			 is_last ? "no device could authenticate by certificate any more"
				 : "devices of this CA could not renew any more",
			 profiles, (long long)stranded);
}

static bool remove_anchor(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	int64_t id = param_number(call->params, "id", 0);
	const struct anchor *anchor;

	if (!change_begin(call, &change, err) || !find_anchor(&change, id, &anchor, err) ||
	    !check_confirmed(call, &change, anchor, err))
		return false;

	json_auto_t *described = describe_anchor(anchor, change.catalog);
	return store_anchor_delete(change.tx, change.account->id, id, err) &&
	       change_commit(call, &change,
			     (struct change_note){ "trust", change.account->name,
						   json_incref(described), json_null() },
			     json_pack("{s:O}", "removed", described), ret, err);
}

static const struct param preview_params[] = {
	{ "file", PARAM_FILE, true },
	{ 0 },
};
static const struct param add_params[] = {
	{ "file", PARAM_FILE, false },
	{ "ca", PARAM_TEXT, false },
	{ 0 },
};
static const struct param remove_params[] = {
	{ "id", PARAM_NUMBER, true },
	{ "confirm", PARAM_TEXT, false },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "trust.preview", preview, REACH_ACCOUNT, false, preview_params },
	{ "trust.add", add, REACH_ACCOUNT, true, add_params },
	{ "trust.list", list, REACH_ACCOUNT, false, NULL },
	{ "trust.remove", remove_anchor, REACH_ACCOUNT, true, remove_params },
};
const struct verb_table trust_verbs = { verbs, ARRAY_LEN(verbs) };
