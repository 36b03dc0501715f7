/* simpleenroll and simplereenroll: RFC 7030 4.2. */
#include <string.h>

#include "bestow/conformance.h"
#include "est_client/client_certs.h"
#include "est_client/client_key.h"
#include "pki/csr_encode.h"
#include "pki/der.h"
#include "pki/extension.h"

#define CERTS_ONLY "application/pkcs7-mime; smime-type=certs-only"
#define RETRY_AFTER_MAX 86400

static bool is_refusal(int status)
{
	return status >= 400 && status < 500;
}

/* -- first -- */

static enum verdict try_possession(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	CLEANUP(bestow_key_donep) struct bestow_key *key = NULL;
	CLEANUP(bestow_key_donep) struct bestow_key *other = NULL;
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };
	char text[160];

	if (!kit_key(kit, &key, &err) || !kit_key(kit, &other, &err) ||
	    !kit_csr(kit, &(struct csr_wish){ .key = key }, &der, &err))
		return not_applicable(finding, "%s", err.detail);
	/* somebody else's key in a request that ours has signed */
	struct bytes spki = public_key_spki(key->public), forged = public_key_spki(other->public);
	unsigned char *at = memmem(der.data, der.len, spki.data, spki.len);
	if (!at || spki.len != forged.len)
		return not_applicable(finding, "the request could not be forged");
	memcpy(at, forged.data, forged.len);
	if (!kit_post(kit, "simpleenroll", buffer_view(&der), &answer, &err))
		return unanswered(finding, "a request with a false signature", &err);
	if (!is_refusal(answer.status))
		return failed(finding, "a certificate for a key that did not sign: %s",
			      answer_text(&answer, text));
	return passed(finding, "%s", answer_text(&answer, text));
}

static enum verdict try_answer(struct kit *kit, struct finding *finding)
{
	enum verdict verdict;
	char type[160] = "";
	bool is_there = kit_first(kit, finding, &verdict);
	const struct probe_answer *answer = &kit->first.answer;

	if (!is_there && answer->status == 200)
		return failed(finding, "200, but the body is no certs-only message");
	if (!is_there && answer->status != 202 && answer->status)
		return failed(finding, "%s", answer_text(answer, type));
	if (!is_there)
		return verdict;
	const struct bestow_certs *certs = kit->first.certs;
	if (!bestow_cert_has_key(certs, 0, kit->first.key))
		return failed(finding, "the certificate is not for the key of the request");
	if (bestow_certs_count(certs) != 1)
		return warned(finding, "%zu certificates: only the one that was issued should come",
			      bestow_certs_count(certs));
	(void)probe_answer_field(answer, "Content-Type", type, sizeof type);
	if (strcmp(type, CERTS_ONLY) != 0)
		return warned(finding, "the type is \"%s\": libest reads \"%s\" only", type,
			      CERTS_ONLY);
	return passed(finding, "200, %s, the certificate alone", type);
}

static enum verdict try_pending(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	struct error err = { 0 };
	enum verdict verdict;
	char text[160];

	if (kit_first(kit, finding, &verdict) || kit->first.answer.status != 202)
		return not_applicable(finding, "no request had to wait");
	if (!kit_post(kit, "simpleenroll", buffer_view(&kit->first.csr), &answer, &err))
		return unanswered(finding, "the same request once more", &err);
	if (answer.status != 200 && answer.status != 202)
		return failed(finding, "202, and then the same request: %s",
			      answer_text(&answer, text));
	return passed(finding, "202, and %d for the same request", answer.status);
}

static enum verdict try_delay(struct kit *kit, struct finding *finding)
{
	enum verdict verdict;
	char text[160], *end;

	if (kit_first(kit, finding, &verdict) || kit->first.answer.status != 202)
		return not_applicable(finding, "no request had to wait");
	if (!probe_answer_field(&kit->first.answer, "Retry-After", text, sizeof text))
		return failed(finding, "202 without Retry-After");
	unsigned long seconds = strtoul(text, &end, 10);
	if (*end || end == text || seconds < 1 || seconds > RETRY_AFTER_MAX)
		return warned(finding, "Retry-After: %s; devices read seconds, up to a day", text);
	return passed(finding, "Retry-After: %s", text);
}

/* -- renewal -- */

static bool renew(struct kit *kit, struct bytes der, struct probe_answer *ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer body = { 0 };

	if (!kit_need_holder(kit, err) || !encode_line(der, &body, err))
		return false;
	const struct call call = { .operation = "simplereenroll",
				   .content_type = "application/pkcs10",
				   .body = buffer_view(&body) };
	if (!kit_call_as(kit, &kit->holder, &call, ret, err))
		return false;
	kit->certificates += ret->status == 200;
	return true;
}

static enum verdict try_other_name(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	CLEANUP(bestow_key_donep) struct bestow_key *key = NULL;
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };
	enum verdict verdict;
	char text[160];

	if (!kit_first(kit, finding, &verdict))
		return verdict;
	if (!kit_key(kit, &key, &err))
		return not_applicable(finding, "%s", err.detail);
	const struct csr_wish wish = { .key = key, .subject = "CN=bestow-conformance-other" };
	if (!kit_csr(kit, &wish, &der, &err))
		return not_applicable(finding, "%s", err.detail);
	if (!renew(kit, buffer_view(&der), &answer, &err))
		return unanswered(finding, "simplereenroll with another name", &err);
	if (!is_refusal(answer.status))
		return failed(finding, "a renewal may change the name: %s",
			      answer_text(&answer, text));
	return passed(finding, "%s", answer_text(&answer, text));
}

/* The subject's strings in the other type that can hold them: the same name (RFC 5280 7.1). */
static bool respell(struct bytes subject, struct buffer *ret)
{
	struct der whole = der_open(subject);
	struct der rdns = der_enter(&whole, DER_SEQUENCE);
	size_t name = der_begin(ret, DER_SEQUENCE);
	bool is_changed = false;

	while (!rdns.failed && !der_at_end(&rdns)) {
		struct der rdn = der_enter(&rdns, DER_SET);
		struct der pair = der_enter(&rdn, DER_SEQUENCE);
		struct bytes type = der_read(&pair, DER_OID);
		unsigned int tag = 0;
		struct bytes value = der_read_any(&pair, &tag);

		if (pair.failed || !der_at_end(&rdn))
			return false;
		is_changed |= tag == DER_UTF8_STRING;
		size_t set = der_begin(ret, DER_SET), sequence = der_begin(ret, DER_SEQUENCE);
		der_write_oid(ret, type);
		der_write(ret, tag == DER_UTF8_STRING ? DER_PRINTABLE_STRING : tag, value);
		der_end(ret, sequence);
		der_end(ret, set);
	}
	der_end(ret, name);
	return is_changed && !rdns.failed && buffer_ok(ret);
}

static bool respelled_csr(const struct cert *cert, const struct bestow_key *key, struct buffer *ret,
			  struct error *err)
{
	CLEANUP(buffer_done) struct buffer subject = { 0 };
	CLEANUP(buffer_done) struct buffer extensions = { 0 };
	const struct extension *san = extensions_find(cert_extensions(cert), oid_subject_alt_name);

	if (!respell(cert_subject_der(cert), &subject))
		return error_set(err, REASON_INVALID, "the name has but one spelling");
	if (san)
		extension_write(&extensions, san->oid, san->critical, san->value);
	const struct csr_draft draft = { .subject = buffer_view(&subject),
					 .extensions = buffer_view(&extensions) };
	return csr_encode(&draft, key->private,
			  key_type_default_algorithm(public_key_type(key->public)), ret, err);
}

static enum verdict try_respelled(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	CLEANUP(bestow_key_donep) struct bestow_key *key = NULL;
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };
	enum verdict verdict;
	char text[160];

	if (!kit_first(kit, finding, &verdict))
		return verdict;
	if (!kit_key(kit, &key, &err) ||
	    !respelled_csr(kit->first.certs->bundle.certs[0], key, &der, &err))
		return not_applicable(finding, "%s", err.detail);
	if (!renew(kit, buffer_view(&der), &answer, &err))
		return unanswered(finding, "simplereenroll", &err);
	if (answer.status != 200 && answer.status != 202)
		return failed(finding, "the same name as PrintableString: %s",
			      answer_text(&answer, text));
	return passed(finding, "%d for the same name as PrintableString", answer.status);
}

static enum verdict try_no_certificate(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	CLEANUP(bestow_key_donep) struct bestow_key *key = NULL;
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };
	enum verdict verdict;
	char text[160];

	if (!kit_first(kit, finding, &verdict))
		return verdict;
	const struct bestow_certs *as = kit->first.certs;
	if (!kit_key(kit, &key, &err) ||
	    !kit_csr(kit, &(struct csr_wish){ .key = key, .as = as }, &der, &err))
		return not_applicable(finding, "%s", err.detail);
	if (!kit_post_unknown(kit, "simplereenroll", buffer_view(&der), &answer, &err))
		return unanswered(finding, "simplereenroll without a certificate", &err);
	if (!is_refusal(answer.status))
		return failed(finding, "whoever knows the name may renew: %s",
			      answer_text(&answer, text));
	return passed(finding, "%s", answer_text(&answer, text));
}

/* -- details -- */

static enum verdict try_again(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(bundle_done) struct bundle bundle = { 0 };
	struct error err = { 0 };
	enum verdict verdict;
	char text[160];

	if (!kit_first(kit, finding, &verdict))
		return verdict;
	if (!kit_post(kit, "simpleenroll", buffer_view(&kit->first.csr), &answer, &err))
		return unanswered(finding, "the same request", &err);
	if (answer.status != 200 || !answer_decode(&answer, &der, &err) ||
	    !bundle_parse(buffer_view(&der), &bundle, &err))
		return warned(finding, "the same request, as after a lost answer: %s",
			      answer_text(&answer, text));
	if (!bytes_equal(cert_der(bundle.certs[0]), cert_der(kit->first.certs->bundle.certs[0])))
		return warned(finding,
			      "the same request gives another certificate: each lost answer "
			      "leaves one behind");
	return passed(finding, "the same request gives the same certificate");
}

static bool twice_extended(const struct bestow_key *key, struct buffer *ret, struct error *err)
{
	CLEANUP(name_done) struct name name = { 0 };
	CLEANUP(buffer_done) struct buffer subject = { 0 };
	CLEANUP(buffer_done) struct buffer usage = { 0 };
	CLEANUP(buffer_done) struct buffer extensions = { 0 };

	if (!name_from_text("CN=bestow-conformance", &name, err) ||
	    !name_encode(&name, &subject, err))
		return false;
	key_usage_encode(KU_DIGITAL_SIGNATURE, &usage);
	for (size_t i = 0; i < 2; i++)
		extension_write(&extensions, oid_key_usage, true, buffer_view(&usage));
	const struct csr_draft draft = { .subject = buffer_view(&subject),
					 .extensions = buffer_view(&extensions) };
	return csr_encode(&draft, key->private,
			  key_type_default_algorithm(public_key_type(key->public)), ret, err);
}

static enum verdict try_twice(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	CLEANUP(bestow_key_donep) struct bestow_key *key = NULL;
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };
	char text[160];

	if (!kit_key(kit, &key, &err) || !twice_extended(key, &der, &err))
		return not_applicable(finding, "%s", err.detail);
	if (!kit_post(kit, "simpleenroll", buffer_view(&der), &answer, &err))
		return unanswered(finding, "a request with keyUsage twice", &err);
	if (!is_refusal(answer.status))
		return failed(finding, "keyUsage twice: %s", answer_text(&answer, text));
	return passed(finding, "%s", answer_text(&answer, text));
}

/* A key that can agree on secrets and nothing else, signed for by one that it looks like: X25519
 * under Ed25519's signature. */
static bool unsigning_csr(struct kit *kit, struct buffer *ret, struct error *err)
{
	static const struct bytes signs = BYTES_LITERAL("\x30\x05\x06\x03\x2b\x65\x70\x03\x21");
	CLEANUP(bestow_key_donep) struct bestow_key *key = NULL;

	if (!client_key_generate("ed25519", &key, err) ||
	    !kit_csr(kit, &(struct csr_wish){ .key = key }, ret, err))
		return false;
	unsigned char *at = memmem(ret->data, ret->len, signs.data, signs.len);
	if (!at)
		return error_set(err, REASON_INTERNAL, "no Ed25519 key in the request");
	at[6] = 0x6e;
	return true;
}

static enum verdict try_unsigning_key(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };
	char text[160];

	if (!unsigning_csr(kit, &der, &err))
		return not_applicable(finding, "%s", err.detail);
	if (!kit_post(kit, "simpleenroll", buffer_view(&der), &answer, &err))
		return unanswered(finding, "a request for an X25519 key", &err);
	if (!is_refusal(answer.status))
		return failed(finding, "a key that cannot have signed: %s",
			      answer_text(&answer, text));
	return passed(finding, "an X25519 key: %s", answer_text(&answer, text));
}

static const struct item rows[] = {
	{ "ENR-01", "only the holder of a key gets a certificate for it",
	  "RFC 7030 3.4, 4.2.1; RFC 2986 3: the request's signature is verified", true, .risk = 1,
	  .run = try_possession },
	{ "ENR-02", "the answer is the certificate, as certs-only",
	  "RFC 7030 4.2.3: 200, a certs-only message with the certificate", true,
	  .uses_first = true, .run = try_answer },
	{ "ENR-03", "who has to wait may ask again",
	  "RFC 7030 4.2.3: after 202 the client repeats the request", true, .uses_first = true,
	  .run = try_pending },
	{ "ENR-05", "202 says how long to wait", "RFC 7030 4.2.3: Retry-After must be there", true,
	  .uses_first = true, .run = try_delay },
	{ "ENR-06", "a renewal keeps its names",
	  "RFC 7030 4.2.2: subject and subjectAltName must be those of the certificate", true,
	  .risk = 1, .uses_first = true, .run = try_other_name },
	{ "ENR-07", "a renewal's names are compared as names",
	  "RFC 5280 7.1: the string's type does not count", true, .cost = 1, .uses_first = true,
	  .run = try_respelled },
	{ "ENR-08", "a renewal needs more than the name",
	  "RFC 7030 4.2.2, 3.3.2: the client proves who it is", true, .risk = 1, .uses_first = true,
	  .run = try_no_certificate },
	{ "ENR-11", "a lost answer costs no second certificate",
	  "no RFC says so: on bad links requests are repeated", false, .cost = 1,
	  .uses_first = true, .run = try_again },
	{ "ENR-12", "a key that cannot sign is refused as such",
	  "RFC 7030 3.4: it cannot prove possession by a signature; 4.2.3, RFC 9110 15.5: 4xx",
	  false, .risk = 1, .run = try_unsigning_key },
	{ "ENR-13", "no extension twice", "RFC 5280 4.2: one instance of an extension", true,
	  .risk = 1, .run = try_twice },
};

const struct item_list enroll_items = { rows, ARRAY_LEN(rows) };
