/* csrattrs: RFC 7030 4.5, RFC 8951 4, RFC 9908. */
#include <string.h>
#include <strings.h>

#include "bestow/conformance.h"
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

static const struct item rows[] = {
	{ "ATT-01", "csrattrs is a list, or says that there is none",
	  "RFC 7030 4.5.2, RFC 8951 4: application/csrattrs in base64; 204 or 404 for none", true,
	  .run = try_fetch },
	{ "ATT-04", "extensions are asked for once",
	  "RFC 9908 3.2: one ExtensionReq, one Extensions in it, no extension twice", true,
	  .run = try_extensions },
	{ "ATT-08", "a request made from csrattrs is accepted",
	  "RFC 7030 4.5: what the server says there is what it wants", true, .uses_first = true,
	  .run = try_round_trip },
	{ "ATT-09", "csrattrs is short", "no RFC says so: libest reads 1024 octets", false,
	  .run = try_size },
};

const struct item_list csrattrs_items = { rows, ARRAY_LEN(rows) };
