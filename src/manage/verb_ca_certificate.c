/* The certificate that another CA made of our request comes in. */
#include <string.h>

#include "manage/change.h"
#include "manage/describe.h"
#include "manage/issuer_search.h"
#include "manage/verb_ca.h"
#include "pki/csr.h"
#include "store/store_ca_request.h"
#include "store/store_config.h"

/* What came in, held against what went out. Views into the file. */
struct arrival {
	const struct ca_request *request;
	const struct bundle *file;
	const struct cert *cert;
	struct bytes chain[CHAIN_DEPTH_MAX];
	size_t chain_count;
};

static bool find_cert(struct arrival *arrival, const struct csr *csr, struct error *err)
{
	for (size_t i = 0; i < arrival->file->count && !arrival->cert; i++)
		if (memcmp(cert_key_hash(arrival->file->certs[i]), public_key_hash(csr_key(csr)),
			   KEY_HASH_LEN) == 0)
			arrival->cert = arrival->file->certs[i];
	return arrival->cert ||
	       error_set(err, REASON_CERT_OF_OTHER_KEY, "%zu certificates, none of this key",
			 arrival->file->count);
}

/* RFC 5280 4.1.2.6: what it issued bears its name in these very bytes. */
static bool check_name(const struct call *call, const struct arrival *arrival, struct error *err)
{
	const struct ca *renewed = catalog_ca(call->catalog, arrival->request->ca_id);

	if (cert_subject(arrival->cert)->count == 0)
		return error_set(err, REASON_NOT_A_CA, "the certificate names nobody");
	if (renewed &&
	    !bytes_equal(cert_subject_der(renewed->cert), cert_subject_der(arrival->cert)))
		return error_set(err, REASON_NOT_A_CA,
				 "the new certificate has another subject than CA %s, under whose "
				 "name certificates are out",
				 renewed->name);
	if (renewed &&
	    !bytes_equal(cert_subject_key_id(renewed->cert), cert_subject_key_id(arrival->cert)))
		return error_set(err, REASON_NOT_A_CA,
				 "the new certificate has another subjectKeyIdentifier, by which "
				 "what CA %s issued would not find it",
				 renewed->name);
	return true;
}

static bool read_arrival(const struct call *call, struct arrival *ret, struct error *err)
{
	CLEANUP(csr_freep) struct csr *csr = NULL;
	const struct issuer_pool pool = { ret->file, call->catalog, call->account };

	if (!csr_parse(buffer_view(&ret->request->csr), false, &csr, err) ||
	    !find_cert(ret, csr, err) || !chain_check_anchor(ret->cert, call->now, err) ||
	    !check_name(call, ret, err))
		return false;
	if (issuer_pool_ca_id(&pool, cert_der(ret->cert)))
		return error_set(err, REASON_CONFLICT, "the account has this certificate already");
	return issuer_search(&pool, ret->cert, call->now, ret->chain, &ret->chain_count, err);
}

static bool insert_new(const struct call *call, struct change *change,
		       const struct arrival *arrival, json_t **ret, struct error *err)
{
	const struct issuer_pool pool = { arrival->file, change->catalog, change->account };
	struct new_ca ca = {
		.name = arrival->request->name,
		.trust = param_flag(call->params, "trust"),
		.parent_id = arrival->chain_count ? issuer_pool_ca_id(&pool, arrival->chain[0]) : 0,
		.cert = cert_der(arrival->cert),
		.chain = arrival->chain,
		.chain_count = arrival->chain_count,
	};

	snprintf(ca.key_name, sizeof ca.key_name, "%s", arrival->request->key_name);
	return new_ca_insert(call, change, &ca, ret, err);
}

static bool replace_old(const struct call *call, struct change *change,
			const struct arrival *arrival, json_t **ret, struct error *err)
{
	int64_t id = arrival->request->ca_id;
	const struct ca *ca = catalog_ca(change->catalog, id);

	if (!ca)
		return error_set(err, REASON_NOT_FOUND, "CA %s", arrival->request->name);

	json_auto_t *before = describe_ca(ca, change->catalog);
	if (!ca_check_renewable(ca, err) ||
	    !ca_replace_cert(change, ca, cert_der(arrival->cert), arrival->chain,
			     arrival->chain_count, err) ||
	    !change_refresh(change, err))
		return false;

	json_auto_t *after = describe_ca(catalog_ca(change->catalog, id), change->catalog);
	return change_audit(call, change,
			    (struct change_note){ "ca", arrival->request->name, json_incref(before),
						  json_incref(after) },
			    err) &&
	       call_return(json_pack("{s:O}", "ca", after), ret, err);
}

bool ca_certificate(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(ca_request_done) struct ca_request request = { 0 };
	CLEANUP(bundle_done) struct bundle file = { 0 };
	CLEANUP(buffer_wipe) struct buffer text = { 0 };
	CLEANUP(change_done) struct change change = { 0 };
	struct arrival arrival = { .request = &request, .file = &file };
	json_auto_t *reply = NULL;

	if (!store_ca_request_find(call->manage->store, call->account->id,
				   param_text(call->params, "name"), &request, err) ||
	    !param_file(call->params, "file", &text, err) ||
	    !bundle_parse(buffer_view(&text), &file, err) || !read_arrival(call, &arrival, err) ||
	    !change_begin(call, &change, err) ||
	    !store_ca_request_delete(change.tx, change.account->id, request.id, err))
		return false;
	if (!(request.ca_id ? replace_old : insert_new)(call, &change, &arrival, &reply, err) ||
	    !store_commit(TAKE(change.tx), err))
		return false;
	*ret = TAKE(reply);
	return true;
}
