/* A CA that is to be signed elsewhere: its key and request go first, its certificate comes later.
 */
#include <string.h>

#include "ca/ca_csr.h"
#include "manage/change.h"
#include "manage/describe.h"
#include "manage/verb_ca.h"
#include "pki/bundle.h"
#include "pki/csr.h"
#include "store/store_ca_request.h"

json_t *ca_describe_request(const struct ca_request *request)
{
	CLEANUP(csr_freep) struct csr *csr = NULL;
	CLEANUP(buffer_done) struct buffer pem = { 0 };

	if (!csr_parse(buffer_view(&request->csr), false, &csr, NULL))
		return NULL;
	pem_encode("CERTIFICATE REQUEST", buffer_view(&request->csr), &pem);
	if (!buffer_ok(&pem))
		return NULL;
	return json_pack("{s:o, s:s, s:n, s:b, s:b, s:i, s:b, s:o, s:o, s:{s:o, s:o}}", "name",
			 describe_text(request->name), "state", "waiting for its certificate",
			 "parent", "root", false, "trusted", false, "profiles", 0, "renews",
			 request->ca_id != 0, "created", describe_time(request->created), "csr",
			 json_stringn((const char *)pem.data, pem.len), "certificate", "subject",
			 describe_name(csr_subject(csr)), "key", describe_key(csr_key(csr)));
}

/* -- the key -- */

/* What the request is made of: a new key, or that of the CA that is to be renewed. Views. */
struct asked {
	const struct ca *renewed; /* NULL: a new CA */
	const char *key_name;
	struct ca_csr csr;
};

static bool write_csr(const struct call *call, const struct asked *asked, struct ca_request *ret,
		      struct error *err)
{
	ret->account_id = call->account->id;
	ret->ca_id = asked->renewed ? asked->renewed->id : 0;
	ret->created = call->now;
	ret->name = strdup(param_text(call->params, "name"));
	ret->key_name = strdup(asked->key_name);
	if (!ret->name || !ret->key_name)
		return error_set(err, REASON_NO_MEMORY, "CA request");
	return ca_csr_sign(call->manage->signer, asked->key_name, &asked->csr, &ret->csr, err);
}

static bool record(const struct call *call, struct ca_request *request, json_t **ret,
		   struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	json_auto_t *described = ca_describe_request(request);

	return change_begin(call, &change, err) &&
	       store_ca_request_insert(change.tx, request, &request->id, err) &&
	       change_commit(call, &change,
			     (struct change_note){ "ca", request->name, json_null(),
						   json_incref(described) },
			     json_pack("{s:O}", "ca", described), ret, err);
}

static bool request_as(const struct call *call, const struct asked *asked, json_t **ret,
		       struct error *err)
{
	CLEANUP(ca_request_done) struct ca_request request = { 0 };

	return write_csr(call, asked, &request, err) && record(call, &request, ret, err);
}

/* -- a new CA -- */

static bool read_subject(const struct call *call, struct buffer *ret, struct error *err)
{
	CLEANUP(name_done) struct name subject = { 0 };
	const char *text = param_text(call->params, "subject");

	if (!text)
		return error_set(err, REASON_INVALID, "params.subject: a CA needs a name");
	if (!name_from_text(text, &subject, err))
		return false;
	if (subject.count == 0)
		return error_set(err, REASON_INVALID, "params.subject: a CA needs a name");
	return name_encode(&subject, ret, err);
}

static bool request_new(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer subject = { 0 };
	CLEANUP(buffer_done) struct buffer constraints = { 0 };
	CLEANUP(public_key_freep) struct public_key *key = NULL;
	struct new_ca ca = { .name = param_text(call->params, "name") };

	if (!new_ca_check_name(call, ca.name, err) || !read_subject(call, &subject, err) ||
	    !params_name_constraints(call->params, &constraints, err) ||
	    !new_ca_make_key(call, param_text(call->params, "key"),
			     param_text(call->params, "key_store"), &ca, &key, err))
		return false;

	const struct asked asked = {
		.key_name = ca.key_name,
		.csr = { .subject = buffer_view(&subject),
			 .key = key,
			 .path_len = (int)param_number(call->params, "path_len", 0),
			 .name_constraints = buffer_view(&constraints) },
	};
	if (request_as(call, &asked, ret, err))
		return true;
	signer_remove(call->manage->signer, ca.key_name);
	return false;
}

/* -- the CA that is there -- */

static bool request_renewal(const struct call *call, json_t **ret, struct error *err)
{
	static const char *const fixed[] = { "subject", "key", "path_len", "permitted",
					     "excluded" };
	const struct ca *ca;

	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		if (param_is_given(call->params, fixed[i]))
			return error_set(err, REASON_INVALID,
					 "params.%s: a renewed CA stays as it is", fixed[i]);
	if (!find_ca(call->catalog, call->account, param_text(call->params, "name"), &ca, err) ||
	    !ca_check_renewable(ca, err))
		return false;

	const struct asked asked = {
		.renewed = ca,
		.key_name = ca->key_name,
		.csr = { .subject = cert_subject_der(ca->cert),
			 .key = cert_key(ca->cert),
			 .key_id = cert_subject_key_id(ca->cert),
			 .path_len = cert_path_len(ca->cert),
			 .name_constraints = cert_name_constraints_der(ca->cert) },
	};
	if (!asked.csr.key)
		return error_set(err, REASON_CA_UNAVAILABLE, "the CA's own key is unsound");
	return request_as(call, &asked, ret, err);
}

bool ca_request(const struct call *call, json_t **ret, struct error *err)
{
	return param_flag(call->params, "renew") ? request_renewal(call, ret, err)
						 : request_new(call, ret, err);
}

/* -- taking it back -- */

bool ca_cancel(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(ca_request_done) struct ca_request request = { 0 };
	CLEANUP(change_done) struct change change = { 0 };
	const char *name = param_text(call->params, "name");

	if (!store_ca_request_find(call->manage->store, call->account->id, name, &request, err) ||
	    !change_begin(call, &change, err) ||
	    !store_ca_request_delete(change.tx, change.account->id, request.id, err) ||
	    !change_commit(
		    call, &change,
		    (struct change_note){ "ca", name, ca_describe_request(&request), json_null() },
		    json_pack("{s:o}", "cancelled", describe_text(name)), ret, err))
		return false;
	if (request.ca_id == 0)
		signer_remove(call->manage->signer, request.key_name);
	return true;
}
