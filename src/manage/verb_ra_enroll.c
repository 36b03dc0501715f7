#include "manage/verb_ra_enroll.h"

#include "ca/ca.h"
#include "manage/csr_file.h"
#include "manage/describe.h"
#include "manage/issue.h"
#include "manage/keygen.h"
#include "manage/ra_scope.h"
#include "pki/bundle.h"
#include "pki/chain.h"
#include "ra/passphrase.h"
#include "store/store_config.h"

#define RA_VALIDITY_DEFAULT ((int64_t)365 * 86400)

/* Where the key comes from: a CSR, whose key we never see, or one made here. */
struct ra_key {
	struct csr *csr;
	struct private_key *private_key;
	struct public_key *generated;
};

static void ra_key_done(struct ra_key *key)
{
	csr_free(key->csr);
	private_key_free(key->private_key);
	public_key_free(key->generated);
}

static const struct public_key *ra_key_public(const struct ra_key *key)
{
	return key->csr ? csr_key(key->csr) : key->generated;
}

static bool check_passphrase(const struct call *call, struct error *err)
{
	size_t len = param_secret(call->params, "passphrase").len;

	if (len < PASSPHRASE_MIN)
		return error_set(err, REASON_INVALID,
				 "params.passphrase: the PKCS#12 needs one of at least %d "
				 "characters",
				 PASSPHRASE_MIN);
	return true;
}

static bool obtain_key(const struct call *call, struct ra_key *ret, struct error *err)
{
	if (!param_is_given(call->params, "csr"))
		return check_passphrase(call, err) &&
		       key_choice_generate(param_text(call->params, "key"), &ret->private_key,
					   &ret->generated, err);
	if (param_is_given(call->params, "key") || param_is_given(call->params, "passphrase"))
		return error_set(err, REASON_INVALID,
				 "params: a CSR brings its key; key and passphrase go without");
	return csr_file_parse(call->params, "csr", &ret->csr, err);
}

/* As asked for, else the CSR's, else the name of the RA. */
static bool choose_subject(const struct call *call, const struct ra_key *key, struct name *ret,
			   struct error *err)
{
	const char *asked = param_text(call->params, "subject");

	if (asked)
		return name_from_text(asked, ret, err);
	if (key->csr && csr_subject(key->csr)->count > 0)
		return name_copy(csr_subject(key->csr), ret, err);
	return name_append(ret, NAME_COMMON_NAME, param_text(call->params, "name"), err);
}

static bool check_name_is_free(const struct call *call, const char *name, struct error *err)
{
	const struct ra_scope *taken;

	if (!object_name_check(name, err))
		return false;
	if (find_ra_scope(call->catalog, call->account, name, &taken, NULL))
		return error_set(err, REASON_CONFLICT, "there is an RA certificate %s", name);
	return true;
}

static bool issue(const struct call *call, const struct ra_key *key, struct certificate *ret,
		  struct error *err)
{
	CLEANUP(name_done) struct name subject = { 0 };
	const struct issue issue = {
		.purpose = PURPOSE_RA,
		.issuer = param_text(call->params, "ca"),
		.subject = &subject,
		.key = ra_key_public(key),
		.validity_seconds = param_duration(call->params, "validity", RA_VALIDITY_DEFAULT),
		.path_len = -1,
	};

	return choose_subject(call, key, &subject, err) &&
	       issue_certificate(call, &issue, ret, err);
}

/* -- what the operator takes away -- */

static size_t certs_of(const struct certificate *leaf, const struct ca *ca,
		       struct bytes into[2 + CHAIN_DEPTH_MAX])
{
	size_t count = 0;

	into[count++] = (struct bytes){ leaf->der, leaf->der_len };
	into[count++] = cert_der(ca->cert);
	for (size_t i = 0; i < ca->chain_count && i < CHAIN_DEPTH_MAX; i++)
		into[count++] = cert_der(ca->chain[i]);
	return count;
}

static bool add_pkcs12(const struct call *call, const struct ra_key *key, const struct bytes *certs,
		       size_t count, json_t *reply, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer p12 = { 0 };

	if (!key->private_key)
		return true;
	if (!pkcs12_encode(key->private_key, certs, count, param_text(call->params, "name"),
			   param_secret(call->params, "passphrase"), &p12, err))
		return false;
	if (json_object_set_new(reply, "p12", describe_base64(buffer_view(&p12))) != 0)
		return error_set(err, REASON_NO_MEMORY, "PKCS#12");
	return true;
}

static json_t *describe_warnings(const struct ca *ca, const struct catalog *catalog)
{
	if (ca_is_trusted(ca, catalog))
		return json_array();
	return json_pack("[s]", "its CA is not in EST authentication, so EST will refuse this "
				"certificate; bestowctl trust add --ca does that");
}

static bool record(const struct call *call, const struct ra_key *key, struct certificate *leaf,
		   struct change *change, json_t **ret, struct error *err)
{
	CLEANUP(freep) int64_t *profile_ids = NULL;
	struct ra_scope scope = {
		.account_id = call->account->id,
		.certificate_id = leaf->id,
		.name = (char *)param_text(call->params, "name"),
	};
	struct bytes certs[2 + CHAIN_DEPTH_MAX];
	const struct ca *ca;

	if (!find_ca(change->catalog, change->account, param_text(call->params, "ca"), &ca, err) ||
	    !ra_scope_read(call, change, &scope, &profile_ids, err) ||
	    !ca_record(change->tx, leaf, err) ||
	    !store_ra_scope_insert(change->tx, &scope, &scope.id, err))
		return false;

	size_t count = certs_of(leaf, ca, certs);
	json_auto_t *reply = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o}", "name", describe_text(scope.name), "profiles",
		ra_scope_describe_reach(&scope, change->catalog), "certificate",
		describe_certificate(leaf, change->catalog, call->now), "pem",
		describe_pem(certs, 1), "chain", describe_pem(certs + 1, count - 1), "warnings",
		describe_warnings(ca, change->catalog));
	if (!reply)
		return error_set(err, REASON_NO_MEMORY, "RA certificate");
	if (!add_pkcs12(call, key, certs, count, reply, err))
		return false;
	*ret = TAKE(reply);
	return true;
}

/* All that can be found wrong before a certificate exists. */
static bool check_request(const struct call *call, struct error *err)
{
	CLEANUP(freep) int64_t *profile_ids = NULL;
	const struct change now = { NULL, (struct catalog *)call->catalog, call->account };
	struct ra_scope scope = { 0 };
	const struct ca *ca;

	return check_name_is_free(call, param_text(call->params, "name"), err) &&
	       find_ca(call->catalog, call->account, param_text(call->params, "ca"), &ca, err) &&
	       ra_scope_read(call, &now, &scope, &profile_ids, err);
}

bool ra_certificate_enroll(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	CLEANUP(certificate_done) struct certificate leaf = { 0 };
	CLEANUP(ra_key_done) struct ra_key key = { 0 };
	json_auto_t *reply = NULL;

	if (!check_request(call, err) || !obtain_key(call, &key, err) ||
	    !issue(call, &key, &leaf, err) || !change_begin(call, &change, err) ||
	    !record(call, &key, &leaf, &change, &reply, err))
		return false;

	json_t *reach = json_object_get(reply, "profiles");
	return change_commit(call, &change,
			     (struct change_note){ "ra", param_text(call->params, "name"),
						   json_null(), json_incref(reach) },
			     TAKE(reply), ret, err);
}
