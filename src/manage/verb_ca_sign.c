/* A CA of somebody else is signed: its key never was here, its certificate is recorded as all are.
 */
#include <string.h>

#include "base/hex.h"
#include "ca/ca.h"
#include "manage/change.h"
#include "manage/csr_file.h"
#include "manage/describe.h"
#include "manage/issue.h"
#include "manage/verb_ca.h"
#include "pki/der.h"

#define SIGNED_VALIDITY_DEFAULT ((int64_t)5 * 365 * 86400)

static bool decode_key_id(const char *hex, struct buffer *ret, struct error *err)
{
	unsigned char key_id[64];
	size_t len = 0;

	if (!hex_decode(hex, key_id, sizeof key_id, &len) || len == 0)
		return error_set(err, REASON_INVALID, "params.key_id: 1 to %zu octets, hexadecimal",
				 sizeof key_id);
	buffer_append(ret, (struct bytes){ key_id, len });
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "key identifier");
}

/* By which the other CA's certificates know it: as the operator says, or as the CSR asks. */
static bool read_key_id(const struct call *call, const struct csr *csr, struct buffer *ret,
			struct error *err)
{
	const char *hex = param_text(call->params, "key_id");
	const struct extension *extension =
		extensions_find(csr_extensions(csr), oid_subject_key_id);

	if (hex)
		return decode_key_id(hex, ret, err);
	if (!extension)
		return true;

	struct der reader = der_open(extension->value);
	buffer_append(ret, der_read(&reader, DER_OCTET_STRING));
	if (!der_at_end(&reader))
		return error_set(err, REASON_EXTENSION_NOT_ALLOWED,
				 "the CSR's subjectKeyIdentifier is malformed");
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "key identifier");
}

/* What is asked for, whatever the CSR itself would like: of that only name and key are taken, and
 * the key's identifier. */
static bool read_issue(const struct call *call, const struct csr *csr, struct buffer *constraints,
		       struct buffer *key_id, struct issue *ret, struct error *err)
{
	int64_t path_len = param_number(call->params, "path_len", 0);

	if (csr_subject(csr)->count == 0)
		return error_set(err, REASON_INVALID, "the CSR names nobody");
	if (path_len > CHAIN_DEPTH_MAX)
		return error_set(err, REASON_INVALID, "params.path_len: at most %d",
				 CHAIN_DEPTH_MAX);
	if (!params_name_constraints(call->params, constraints, err) ||
	    !read_key_id(call, csr, key_id, err))
		return false;
	*ret = (struct issue){
		.purpose = PURPOSE_CA,
		.issuer = param_text(call->params, "name"),
		.subject = csr_subject(csr),
		.subject_der = csr_subject_der(csr),
		.key_id = buffer_view(key_id),
		.key = csr_key(csr),
		.validity_seconds =
			param_duration(call->params, "validity", SIGNED_VALIDITY_DEFAULT),
		.path_len = (int)path_len,
		.name_constraints = buffer_view(constraints),
	};
	return true;
}

static bool show_only(const struct call *call, const struct issue *issue, json_t **ret,
		      struct error *err)
{
	CLEANUP(cert_freep) struct cert *cert = NULL;

	return issue_preview(call, issue, &cert, err) &&
	       call_return(
		       json_pack("{s:o, s:b}", "certificate", describe_cert(cert), "dry_run", true),
		       ret, err);
}

static bool record(const struct call *call, struct certificate *signed_one, json_t **ret,
		   struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	CLEANUP(cert_freep) struct cert *cert = NULL;
	const struct bytes der = { signed_one->der, signed_one->der_len };
	struct bytes chain[CHAIN_DEPTH_MAX];
	const struct ca *issuer;

	if (!change_begin(call, &change, err) ||
	    !find_ca(change.catalog, change.account, param_text(call->params, "name"), &issuer,
		     err) ||
	    !ca_record(change.tx, signed_one, err) || !cert_parse(der, &cert, err))
		return false;

	size_t count = ca_chain_below(issuer, chain);
	json_auto_t *described = describe_cert(cert);
	return change_commit(
		call, &change,
		(struct change_note){ "ca", issuer->name, json_null(), json_incref(described) },
		json_pack("{s:O, s:b, s:o, s:o}", "certificate", described, "dry_run", false, "pem",
			  describe_pem(&der, 1), "chain", describe_pem(chain, count)),
		ret, err);
}

bool ca_sign_other(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(csr_freep) struct csr *csr = NULL;
	CLEANUP(buffer_done) struct buffer constraints = { 0 };
	CLEANUP(buffer_done) struct buffer key_id = { 0 };
	CLEANUP(certificate_done) struct certificate signed_one = { 0 };
	struct issue issue;

	if (!csr_file_parse(call->params, "csr", &csr, err) ||
	    !read_issue(call, csr, &constraints, &key_id, &issue, err))
		return false;
	if (param_flag(call->params, "dry_run"))
		return show_only(call, &issue, ret, err);
	return issue_certificate(call, &issue, &signed_one, err) &&
	       record(call, &signed_one, ret, err);
}
