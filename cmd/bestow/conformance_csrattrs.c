/* csrattrs: RFC 7030 4.5, RFC 8951 4, RFC 9908. */
#include <string.h>
#include <strings.h>

#include "bestow/conformance.h"
#include "est_client/client_key.h"
#include "pki/csr_attrs.h"
#include "pki/der.h"

#define LEGACY_MAX 1024

/* The list's DER; empty where the server has none to tell. */
static bool fetch(struct kit *kit, struct finding *finding, struct buffer *ret,
		  enum verdict *ret_verdict)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	const struct call call = { .operation = "csrattrs", .is_known = true };
	struct error err = { 0 };
	char text[160] = "";

	if (!kit_call(kit, &call, &answer, &err)) {
		*ret_verdict = unanswered(finding, "GET csrattrs", &err);
		return false;
	}
	if (answer.status == 204 || answer.status == 404)
		return true;
	if (answer.status != 200) {
		*ret_verdict = failed(finding, "GET csrattrs: %s", answer_text(&answer, text));
		return false;
	}
	(void)probe_answer_field(&answer, "Content-Type", text, sizeof text);
	if (strncasecmp(text, "application/csrattrs", 20) != 0) {
		*ret_verdict = failed(finding, "the type is \"%s\"", text);
		return false;
	}
	if (!answer_decode(&answer, ret, &err)) {
		*ret_verdict = failed(finding, "%s", err.detail);
		return false;
	}
	return true;
}

/* CsrAttrs ::= SEQUENCE SIZE (0..MAX) OF AttrOrOID */
static bool is_csr_attrs(struct bytes der)
{
	struct der whole = der_open(der);
	struct der list = der_enter(&whole, DER_SEQUENCE);
	unsigned int tag = 0;

	while (!list.failed && !der_at_end(&list)) {
		(void)der_read_any(&list, &tag);
		if (tag != DER_OID && tag != DER_SEQUENCE)
			return false;
	}
	return !list.failed && der_at_end(&whole);
}

static enum verdict try_fetch(struct kit *kit, struct finding *finding)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	enum verdict verdict;

	if (!fetch(kit, finding, &der, &verdict))
		return verdict;
	if (der.len == 0)
		return passed(finding, "the server wants nothing in particular");
	if (!is_csr_attrs(buffer_view(&der)))
		return failed(finding, "what comes is no CsrAttrs");
	return passed(finding, "200, %zu octets of CsrAttrs", der.len);
}

static enum verdict try_extensions(struct kit *kit, struct finding *finding)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct csr_attrs attrs;
	struct error err = { 0 };
	enum verdict verdict;

	if (!fetch(kit, finding, &der, &verdict))
		return not_applicable(finding, "there are no csrattrs");
	if (der.len == 0)
		return not_applicable(finding, "the server wants nothing in particular");
	if (!csr_attrs_parse(buffer_view(&der), &attrs, &err))
		return failed(finding, "%s", err.detail);
	return passed(finding, "%zu extensions, each once", attrs.extension_count);
}

static enum verdict try_round_trip(struct kit *kit, struct finding *finding)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	enum verdict verdict;
	char text[160];

	if (!fetch(kit, finding, &der, &verdict) || der.len == 0)
		return not_applicable(finding, "the server wants nothing in particular");
	if (kit_first(kit, finding, &verdict))
		return passed(finding, "a request made from csrattrs is accepted");
	const struct probe_answer *answer = &kit->first.answer;
	if (answer->status >= 400 && answer->status < 500 && answer->status != 401)
		return failed(finding, "a request made from csrattrs is refused: %s",
			      answer_text(answer, text));
	return verdict;
}

static enum verdict try_size(struct kit *kit, struct finding *finding)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	enum verdict verdict;

	if (!fetch(kit, finding, &der, &verdict))
		return not_applicable(finding, "there are no csrattrs");
	if (der.len > LEGACY_MAX)
		return warned(finding, "%zu octets: libest reads 1024", der.len);
	return passed(finding, "%zu octets", der.len);
}

/* -- what is wanted is said -- */

static bool enroll_key(struct kit *kit, const char *kind, struct probe_answer *ret,
		       struct error *err)
{
	CLEANUP(bestow_key_donep) struct bestow_key *key = NULL;
	CLEANUP(buffer_done) struct buffer der = { 0 };

	return client_key_generate(kind, &key, err) &&
	       kit_csr(kit, &(struct csr_wish){ .key = key }, &der, err) &&
	       kit_post(kit, "simpleenroll", buffer_view(&der), ret, err);
}

/* Only a server that says nothing of keys promises to take any that devices have. */
static enum verdict try_keys(struct kit *kit, struct finding *finding)
{
	static const char *const kinds[] = { "p384", "rsa2048" };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct csr_attrs attrs = { .key_type = KEY_TYPE_COUNT };
	struct error err = { 0 };
	enum verdict verdict;
	char text[160];

	if (!fetch(kit, finding, &der, &verdict))
		return not_applicable(finding, "there are no csrattrs");
	if (der.len && !csr_attrs_parse(buffer_view(&der), &attrs, &err))
		return not_applicable(finding, "csrattrs cannot be read (see ATT-01)");
	if (attrs.key_type != KEY_TYPE_COUNT)
		return passed(finding, "csrattrs ask for %s", key_type_text(attrs.key_type));
	if (!kit_first(kit, finding, &verdict))
		return verdict;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };

		if (!enroll_key(kit, kinds[i], &answer, &err))
			return unanswered(finding, kinds[i], &err);
		if (answer.status != 200 && answer.status != 202)
			return failed(finding,
				      "csrattrs say nothing of keys, and %s is refused: %s",
				      kinds[i], answer_text(&answer, text));
	}
	return passed(finding, "csrattrs say nothing of keys, and P-384 and RSA are taken");
}

static bool holds_template(struct bytes der)
{
	static const struct bytes id_request_template =
		BYTES_LITERAL("\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x3d");

	return der.len &&
	       memmem(der.data, der.len, id_request_template.data, id_request_template.len) != NULL;
}

static enum verdict try_template(struct kit *kit, struct finding *finding)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct csr_attrs attrs;
	struct error err = { 0 };
	enum verdict verdict;

	if (!fetch(kit, finding, &der, &verdict))
		return not_applicable(finding, "there are no csrattrs");
	if (!holds_template(buffer_view(&der)))
		return not_applicable(finding, "there is no template");
	if (!csr_attrs_parse(buffer_view(&der), &attrs, &err))
		return failed(finding, "%s", err.detail);
	return passed(finding, "a template with %zu names and %zu extensions", attrs.subject_count,
		      attrs.extension_count);
}

/* Devices ask before they have said who they are. */
static enum verdict try_anonymous(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	const struct call call = { .operation = "csrattrs" };
	struct error err = { 0 };
	char text[160];

	if (!kit_call(kit, &call, &answer, &err))
		return unanswered(finding, "GET csrattrs", &err);
	if (answer.status == 200 || answer.status == 204 || answer.status == 404)
		return passed(finding, "%d for anybody", answer.status);
	if (answer.status == 401 &&
	    probe_answer_field(&answer, "WWW-Authenticate", text, sizeof text))
		return passed(finding, "401, %s", text);
	return warned(finding, "who is nobody yet is not asked who it is: %s",
		      answer_text(&answer, text));
}

static const struct item rows[] = {
	{ "ATT-01", "csrattrs is a list, or says that there is none",
	  "RFC 7030 4.5.2, RFC 8951 4: application/csrattrs in base64; 204 or 404 for none", true,
	  .run = try_fetch },
	{ "ATT-03", "a kind of key that is required is said",
	  "RFC 7030 4.5.2: what the CA requires of keys must be in the answer", true, .cost = 2,
	  .uses_first = true, .run = try_keys },
	{ "ATT-04", "extensions are asked for once",
	  "RFC 9908 3.2: one ExtensionReq, one Extensions in it, no extension twice", true,
	  .run = try_extensions },
	{ "ATT-05", "a template is one that RFC 9908 knows",
	  "RFC 9908 3.4: one template, version 0, one request for extensions in it", true,
	  .run = try_template },
	{ "ATT-07", "who may not see csrattrs is asked who it is",
	  "RFC 7030 4.5: csrattrs should need no authentication; 9110 15.5.2: where they do, 401",
	  false, .run = try_anonymous },
	{ "ATT-08", "a request made from csrattrs is accepted",
	  "RFC 7030 4.5: what the server says there is what it wants", true, .uses_first = true,
	  .run = try_round_trip },
	{ "ATT-09", "csrattrs is short", "no RFC says so: libest reads 1024 octets", false,
	  .run = try_size },
};

const struct item_list csrattrs_items = { rows, ARRAY_LEN(rows) };
