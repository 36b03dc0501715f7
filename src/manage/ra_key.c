#include "manage/ra_key.h"

#include "manage/csr_file.h"
#include "manage/describe.h"
#include "manage/keygen.h"
#include "manage/ra_scope.h"
#include "pki/bundle.h"
#include "pki/chain.h"
#include "ra/passphrase.h"

void ra_key_done(struct ra_key *key)
{
	csr_free(key->csr);
	private_key_free(key->private_key);
	public_key_free(key->generated);
}

const struct public_key *ra_key_public(const struct ra_key *key)
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

bool ra_key_obtain(const struct call *call, struct ra_key *ret, struct error *err)
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

bool ra_key_hand_over(const struct call *call, const struct ra_key *key,
		      const struct ra_handover *handover, json_t **ret, struct error *err)
{
	struct bytes certs[2 + CHAIN_DEPTH_MAX];
	size_t count = certs_of(handover->leaf, handover->ca, certs);
	json_auto_t *reply = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o}", "name", describe_text(handover->scope->name),
		"profiles", ra_scope_describe_reach(handover->scope, handover->catalog),
		"certificate", describe_certificate(handover->leaf, handover->catalog, call->now),
		"pem", describe_pem(certs, 1), "chain", describe_pem(certs + 1, count - 1),
		"warnings", describe_warnings(handover->ca, handover->catalog));

	if (!reply)
		return error_set(err, REASON_NO_MEMORY, "RA certificate");
	if (!add_pkcs12(call, key, certs, count, reply, err))
		return false;
	*ret = TAKE(reply);
	return true;
}
