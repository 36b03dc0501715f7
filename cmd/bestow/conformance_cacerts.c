/* cacerts: RFC 7030 4.1. */
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "bestow/conformance.h"
#include "est_client/client_certs.h"
#include "pki/bundle.h"
#include "pki/chain.h"

static bool fetch(struct kit *kit, const char *fields, struct probe_answer *ret, struct error *err)
{
	const struct call call = { .operation = "cacerts", .fields = fields };

	return kit_call(kit, &call, ret, err);
}

static bool fetch_bundle(struct kit *kit, struct bundle *ret, struct error *err)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };

	if (!fetch(kit, NULL, &answer, err))
		return false;
	if (answer.status != 200)
		return error_set(err, REASON_SERVER_ANSWER, "%d", answer.status);
	return answer_decode(&answer, &der, err) && bundle_parse(buffer_view(&der), ret, err);
}

static enum verdict try_fetch(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	struct error err = { 0 };
	char type[160] = "";

	if (!fetch(kit, NULL, &answer, &err))
		return unanswered(finding, "GET cacerts", &err);
	if (answer.status != 200)
		return failed(finding, "%s", answer_text(&answer, type));
	(void)probe_answer_field(&answer, "Content-Type", type, sizeof type);
	if (strncasecmp(type, "application/pkcs7-mime", 22) != 0)
		return failed(finding, "the type is \"%s\"", type);
	return passed(finding, "200, %s", type);
}

static bool is_root(const struct cert *cert)
{
	return cert_is_self_issued(cert) && cert_key(cert) != NULL &&
	       public_key_verify(cert_key(cert), cert_signature_algorithm(cert), cert_tbs(cert),
				 cert_signature(cert));
}

static size_t collect_roots(const struct bundle *bundle, const struct cert *ret[BUNDLE_CERTS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < bundle->count; i++)
		if (is_root(bundle->certs[i]))
			ret[count++] = bundle->certs[i];
	return count;
}

static bool leads_to_root(const struct cert *leaf, const struct bundle *bundle, struct error *err)
{
	const struct cert *roots[BUNDLE_CERTS_MAX];
	const struct chain_request request = {
		.leaf = leaf,
		.sent = (const struct cert *const *)bundle->certs,
		.sent_count = bundle->count < CHAIN_DEPTH_MAX ? bundle->count : CHAIN_DEPTH_MAX,
		.anchors = roots,
		.anchor_count = collect_roots(bundle, roots),
		.now = clock_now(&clock_system),
	};
	size_t anchor;

	return chain_check(&request, &anchor, err);
}

static enum verdict try_chain(struct kit *kit, struct finding *finding)
{
	CLEANUP(bundle_done) struct bundle bundle = { 0 };
	const struct cert *roots[BUNDLE_CERTS_MAX];
	struct error err = { 0 };

	if (!fetch_bundle(kit, &bundle, &err))
		return unanswered(finding, "GET cacerts", &err);
	if (collect_roots(&bundle, roots) == 0)
		return failed(finding, "none of the %zu certificates is a root", bundle.count);
	for (size_t i = 0; i < bundle.count; i++)
		if (!is_root(bundle.certs[i]) && !leads_to_root(bundle.certs[i], &bundle, &err))
			return failed(finding, "one of the CAs does not lead to a root: %s",
				      err.detail);
	if (!kit->first.certs)
		return passed(finding,
			      "%zu certificates, a root among them; no issued one was "
			      "there to be tried",
			      bundle.count);
	if (!leads_to_root(kit->first.certs->bundle.certs[0], &bundle, &err))
		return failed(finding, "the issued certificate does not lead to a root: %s",
			      err.detail);
	return passed(finding, "%zu certificates, to whose root the issued one leads",
		      bundle.count);
}

/* A certificate of one root's key, made by another root. */
static bool is_crossed(const struct bundle *bundle, const struct cert *root)
{
	for (size_t i = 0; i < bundle->count; i++)
		if (bytes_equal(cert_spki(bundle->certs[i]), cert_spki(root)) &&
		    !is_root(bundle->certs[i]))
			return true;
	return false;
}

static enum verdict try_rollover(struct kit *kit, struct finding *finding)
{
	CLEANUP(bundle_done) struct bundle bundle = { 0 };
	const struct cert *roots[BUNDLE_CERTS_MAX];
	struct error err = { 0 };

	if (!fetch_bundle(kit, &bundle, &err))
		return unanswered(finding, "GET cacerts", &err);
	size_t count = collect_roots(&bundle, roots);
	if (count < 2 || !bytes_equal(cert_subject_der(roots[0]), cert_subject_der(roots[1])))
		return not_applicable(finding, "no rollover of a root is under way");
	for (size_t i = 0; i < 2; i++)
		if (!is_crossed(&bundle, roots[i]))
			return warned(finding, "two roots of one name, and no certificate of the "
					       "one by the other");
	return passed(finding, "OldWithNew and NewWithOld are there");
}

static enum verdict try_cache(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer first = { 0 };
	CLEANUP(probe_answer_donep) struct probe_answer second = { 0 };
	struct error err = { 0 };
	char tag[160], fields[200];

	if (!fetch(kit, NULL, &first, &err))
		return unanswered(finding, "GET cacerts", &err);
	if (!probe_answer_field(&first, "ETag", tag, sizeof tag))
		return not_applicable(finding, "there is no ETag");
	snprintf(fields, sizeof fields, "If-None-Match: %s\r\n", tag);
	if (!fetch(kit, fields, &second, &err))
		return unanswered(finding, "If-None-Match", &err);
	if (second.status != 304)
		return warned(finding, "the ETag that was given is answered by %d", second.status);
	return passed(finding, "304 for %s", tag);
}

static enum verdict try_stable(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer first = { 0 };
	CLEANUP(probe_answer_donep) struct probe_answer second = { 0 };
	struct error err = { 0 };

	if (!fetch(kit, NULL, &first, &err) || !fetch(kit, NULL, &second, &err))
		return unanswered(finding, "GET cacerts", &err);
	if (!bytes_equal(buffer_view(&first.body), buffer_view(&second.body)))
		return warned(finding,
			      "two calls give different octets: clients that compare see a "
			      "change each time");
	return passed(finding, "the same octets twice");
}

static const struct item rows[] = {
	{ "CA-01", "cacerts is there for anybody",
	  "RFC 7030 4.1.2, 4.1.3: 200, application/pkcs7-mime", true, .run = try_fetch },
	{ "CA-02", "cacerts leads from a certificate to the root",
	  "RFC 7030 4.1.3: the root, and whatever is needed to build a chain to it", true,
	  .run = try_chain },
	{ "CA-03", "a rollover of the root is bridged",
	  "RFC 7030 4.1.3: OldWithNew and NewWithOld should be there", false, .run = try_rollover },
	{ "CA-05", "an ETag that is given is honoured", "RFC 9110 13.1.2: 304", false,
	  .run = try_cache },
	{ "CA-06", "cacerts does not change by itself",
	  "RFC 5652 5.1, X.690 11.6: one order in DER; clients compare", false, .run = try_stable },
};

const struct item_list cacerts_items = { rows, ARRAY_LEN(rows) };
