/* The node itself: its own TLS certificate and a copy of its store. */
#include <limits.h>
#include <string.h>

#include "ca/ca.h"
#include "manage/console_identity.h"
#include "manage/describe.h"
#include "manage/issue.h"
#include "manage/keygen.h"
#include "manage/verb_node_token.h"
#include "pki/bundle.h"
#include "pki/chain.h"
#include "store/store_config.h"

#define NODE_VALIDITY_DEFAULT ((int64_t)365 * 86400)
#define COMMON_NAME_MAX 64 /* ub-common-name, RFC 5280 appendix A */

/* -- the TLS certificate -- */

static bool add_host(struct san *san, const char *host, struct error *err)
{
	struct address address;
	char text[ADDRESS_TEXT_MAX];

	if (address_parse(host, &address, NULL))
		return san_append(san, SAN_IP, address_to_text(&address, text), err);
	return san_append(san, SAN_DNS, host, err);
}

/* RFC 6125 6.4.4: clients look at the SAN; the common name is for people. */
static bool read_hosts(const struct call *call, struct name *ret_subject, struct san *ret_san,
		       struct error *err)
{
	const json_t *hosts = param_list(call->params, "hosts");
	const char *first = json_string_value(json_array_get(hosts, 0));

	if (!first)
		return error_set(err, REASON_INVALID,
				 "params.hosts: name what devices call the node by");
	for (size_t i = 0; i < json_array_size(hosts); i++)
		if (!add_host(ret_san, json_string_value(json_array_get(hosts, i)), err))
			return false;
	return strlen(first) > COMMON_NAME_MAX ||
	       name_append(ret_subject, NAME_COMMON_NAME, first, err);
}

/* The leaf and the CAs above it without the root, which clients have or do not believe. */
static void write_chain(const struct certificate *leaf, const struct ca *ca, struct buffer *ret)
{
	pem_encode("CERTIFICATE", (struct bytes){ leaf->der, leaf->der_len }, ret);
	if (!cert_is_self_issued(ca->cert))
		pem_encode("CERTIFICATE", cert_der(ca->cert), ret);
	for (size_t i = 0; i < ca->chain_count; i++)
		if (!cert_is_self_issued(ca->chain[i]))
			pem_encode("CERTIFICATE", cert_der(ca->chain[i]), ret);
}

static bool keep(const struct call *call, struct change *change, struct certificate *leaf,
		 const struct private_key *key, struct error *err)
{
	CLEANUP(buffer_done) struct buffer chain = { 0 };
	CLEANUP(buffer_wipe) struct buffer encrypted = { 0 };
	const struct ca *ca;

	if (!find_ca(change->catalog, change->account, param_text(call->params, "ca"), &ca, err))
		return false;
	write_chain(leaf, ca, &chain);
	if (!buffer_ok(&chain))
		return error_set(err, REASON_NO_MEMORY, "certificate");
	return private_key_encrypt(key, call->manage->key_secret, &encrypted, err) &&
	       ca_record(change->tx, leaf, err) &&
	       store_tls_identity_set(change->tx, buffer_view(&chain), buffer_view(&encrypted),
				      err) &&
	       store_console_identity_delete(change->tx, err);
}

static bool certificate(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(name_done) struct name subject = { 0 };
	CLEANUP(san_done) struct san san = { 0 };
	CLEANUP(private_key_freep) struct private_key *key = NULL;
	CLEANUP(public_key_freep) struct public_key *public_key = NULL;
	CLEANUP(certificate_done) struct certificate leaf = { 0 };
	CLEANUP(change_done) struct change change = { 0 };

	if (!read_hosts(call, &subject, &san, err) ||
	    !key_choice_generate(param_text(call->params, "key"), &key, &public_key, err))
		return false;
	const struct issue issue = {
		.purpose = PURPOSE_SERVER,
		.issuer = param_text(call->params, "ca"),
		.subject = &subject,
		.san = &san,
		.key = public_key,
		.validity_seconds = param_duration(call->params, "validity", NODE_VALIDITY_DEFAULT),
		.path_len = -1,
	};
	if (!issue_certificate(call, &issue, &leaf, err) || !change_begin(call, &change, err) ||
	    !keep(call, &change, &leaf, key, err))
		return false;

	json_auto_t *described = describe_certificate(&leaf, change.catalog, call->now);
	return change_commit(call, &change,
			     (struct change_note){ "node", "TLS certificate", json_null(),
						   json_incref(described) },
			     json_pack("{s:O}", "certificate", described), ret, err);
}

/* -- showing -- */

static json_t *describe_tls(struct bytes chain_pem)
{
	CLEANUP(bundle_done) struct bundle chain = { 0 };

	if (!bundle_parse(chain_pem, &chain, NULL) || chain.count == 0)
		return json_null();
	return describe_cert(chain.certs[0]);
}

static bool load_tls(const struct call *call, struct buffer *ret, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer key = { 0 };
	struct error why = { 0 };

	if (store_tls_identity_get(call->manage->store, ret, &key, &why) ||
	    why.reason == REASON_NOT_FOUND)
		return true;
	return error_set(err, why.reason, "%s", why.detail);
}

/* Its certificate is told while it is one that nobody vouches for. */
static json_t *describe_console(const struct call *call, const struct cert *self_made)
{
	if (!call->manage->console_url)
		return json_null();
	return json_pack("{s:o, s:o}", "url", describe_text(call->manage->console_url), "self_made",
			 self_made ? describe_cert(self_made) : json_null());
}

/* null where no token is configured; node.token tells more. */
static json_t *describe_token(const struct call *call)
{
	struct token_standing standing;

	if (!signer_token_standing(call->manage->signer, &standing))
		return json_null();
	return json_pack("{s:b}", "ready", standing.is_ready);
}

static bool show(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer chain = { 0 };
	CLEANUP(cert_freep) struct cert *self_made = NULL;
	const struct profile *standard =
		catalog_profile(call->catalog, call->catalog->default_profile_id);

	return load_tls(call, &chain, err) &&
	       console_identity_find(call->manage, &self_made, err) &&
	       call_return(
		       json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:I}", "version", BESTOW_VERSION,
				 "est_url", describe_text(call->manage->est_url), "tls",
				 describe_tls(buffer_view(&chain)), "console",
				 describe_console(call, self_made), "token", describe_token(call),
				 "default_profile", describe_text(standard ? standard->name : NULL),
				 "configuration", (json_int_t)call->catalog->version),
		       ret, err);
}

/* -- backup -- */

static bool backup(const struct call *call, json_t **ret, struct error *err)
{
	const char *path = param_text(call->params, "path");
	json_auto_t *reply = NULL;
	CLEANUP(change_done) struct change change = { 0 };

	if (path[0] != '/' || strlen(path) >= PATH_MAX)
		return error_set(err, REASON_INVALID, "params.path: must be absolute");
	/* the entry first, so that the copy tells of itself */
	if (!change_begin(call, &change, err) ||
	    !change_commit(
		    call, &change,
		    (struct change_note){ "node", "backup", json_null(), describe_text(path) },
		    json_pack("{s:o}", "path", describe_text(path)), &reply, err) ||
	    !store_backup(call->manage->store, path, err))
		return false;
	*ret = TAKE(reply);
	return true;
}

static const struct param certificate_params[] = {
	{ "ca", PARAM_TEXT, true },
	{ "hosts", PARAM_TEXTS, true },
	{ "validity", PARAM_DURATION, false },
	{ "key", PARAM_TEXT, false },
	{ 0 },
};
static const struct param backup_params[] = {
	{ "path", PARAM_TEXT, true },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "node.certificate", certificate, REACH_ACCOUNT, true, certificate_params },
	{ "node.show", show, REACH_NODE, false, NULL },
	{ "node.token", node_token, REACH_NODE, false, NULL },
	{ "node.backup", backup, REACH_NODE, false, backup_params },
};
const struct verb_table node_verbs = { verbs, ARRAY_LEN(verbs) };
