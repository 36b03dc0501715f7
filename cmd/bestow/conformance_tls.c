/* TLS and trust: RFC 7030 3.3, RFC 8996, RFC 9325. */
#include <string.h>

#include "bestow/conformance.h"
#include "est_client/client_internal.h"

#define CERT_REQUEST_MAX 4096

static bool shakes_hands(const struct kit *kit, enum probe_version version,
			 struct probe_facts *ret_facts, struct error *err)
{
	CLEANUP(probe_freep) struct probe *probe = NULL;
	const struct probe_wish wish = { .client = kit->anonymous.client, .version = version };

	return probe_open(&wish, &probe, ret_facts, err);
}

static enum verdict try_versions(struct kit *kit, struct finding *finding)
{
	struct probe_facts facts = { 0 };
	struct error err = { 0 }, newer = { 0 };
	bool could_ask = true;

	for (enum probe_version old = PROBE_TLS_1_0; old <= PROBE_TLS_1_1; old++) {
		if (shakes_hands(kit, old, &facts, &err))
			return failed(finding, "%s is accepted", facts.version);
		could_ask &= facts.hello_sent;
	}
	bool has_2 = shakes_hands(kit, PROBE_TLS_1_2, &facts, &err);
	bool has_3 = shakes_hands(kit, PROBE_TLS_1_3, &facts, &newer);
	if (!has_2 && !has_3)
		return unanswered(finding, "neither TLS 1.2 nor TLS 1.3", &err);
	if (!has_2 || !has_3)
		return warned(finding, "TLS 1.%d is refused; old and new devices need both",
			      has_2 ? 3 : 2);
	return passed(finding, "TLS 1.2 and 1.3; %s",
		      could_ask ? "1.0 and 1.1 are refused" : "1.0 and 1.1 could not be asked for");
}

static enum verdict try_host(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_freep) struct probe *probe = NULL;
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(cert_freep) struct cert *cert = NULL;
	struct error err = { 0 };
	const char *host = kit->anonymous.client->url.host;

	if (!kit_connect(kit, false, &probe, &err))
		return failed(finding, "%s", err.detail);
	if (!probe_certificate(probe, &der, &err) || !cert_parse(buffer_view(&der), &cert, &err))
		return failed(finding, "%s", err.detail);
	if (!trust_host_matches(cert, host))
		return failed(finding, "no subjectAltName of the certificate is %s", host);
	return passed(finding, "%s is in the subjectAltName, and the chain ends in an anchor",
		      host);
}

static enum verdict try_anonymous(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	const struct call call = { .operation = "cacerts" };
	struct probe_facts facts = { 0 };
	struct error err = { 0 };
	char text[160];

	if (!shakes_hands(kit, PROBE_TLS_1_2, &facts, &err) &&
	    !shakes_hands(kit, PROBE_ANY, &facts, &err))
		return unanswered(finding, "a handshake without a certificate", &err);
	if (!kit_call(kit, &call, &answer, &err))
		return unanswered(finding, "GET cacerts without a certificate", &err);
	if (answer.status != 200)
		return failed(finding, "GET cacerts without a certificate: %s",
			      answer_text(&answer, text));
	if (!facts.asked_for_cert)
		return failed(finding, "the handshake asks for no client certificate, so none can "
				       "ever be shown");
	return passed(finding, "the handshake asks for a certificate and goes on without one");
}

static enum verdict try_stranger_enrolls(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	CLEANUP(bestow_key_donep) struct bestow_key *key = NULL;
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(buffer_done) struct buffer body = { 0 };
	struct error err = { 0 };
	char text[160];

	if (!kit_need_stranger(kit, &err) || !kit_key(kit, &key, &err) ||
	    !kit_csr(kit, &(struct csr_wish){ .key = key }, &der, &err) ||
	    !encode_line(buffer_view(&der), &body, &err))
		return not_applicable(finding, "%s", err.detail);
	const struct call call = { .operation = "simpleenroll",
				   .content_type = "application/pkcs10",
				   .body = buffer_view(&body) };
	if (!kit_call_as(kit, &kit->stranger, &call, &answer, &err))
		return passed(finding, "nothing is issued: %s", err.detail);
	kit->certificates += answer.status == 200;
	if (answer.status == 200)
		return failed(finding, "a certificate was issued to whoever shows one that he "
				       "signed himself");
	return passed(finding, "%s", answer_text(&answer, text));
}

static enum verdict resume(struct kit *kit, void *ticket, struct finding *finding)
{
	CLEANUP(probe_freep) struct probe *probe = NULL;
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	CLEANUP(buffer_done) struct buffer request = { 0 };
	CLEANUP(buffer_done) struct buffer stream = { 0 };
	const struct probe_wish wish = { .client = kit->anonymous.client,
					 .version = PROBE_TLS_1_2,
					 .ticket = ticket };
	const struct call call = { .operation = "cacerts" };
	struct probe_facts facts = { 0 };
	struct error err = { 0 };
	bool ended = false;

	if (!probe_open(&wish, &probe, &facts, &err))
		return unanswered(finding, "an attempt to resume", &err);
	if (!facts.is_resumed)
		return passed(finding, "sessions are not resumed, and a full handshake follows");
	if (!call_encode(kit, &call, &request, &err) ||
	    !probe_send(probe, buffer_view(&request), &err) ||
	    !answer_next(probe, &stream, &ended, &answer, &err) || answer.status != 200)
		return warned(finding, "after resumption GET cacerts fails: %d %s", answer.status,
			      err.detail);
	return passed(finding, "a resumed session is as good as a new one");
}

static enum verdict try_resumption(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_freep) struct probe *probe = NULL;
	const struct probe_wish wish = { .client = kit->anonymous.client,
					 .version = PROBE_TLS_1_2 };
	struct error err = { 0 };

	if (!probe_open(&wish, &probe, NULL, &err))
		return not_applicable(finding, "no TLS 1.2: %s", err.detail);
	void *ticket = probe_ticket(probe);
	if (!ticket)
		return passed(finding, "the server offers no resumption");
	enum verdict verdict = resume(kit, ticket, finding);
	probe_ticket_free(ticket);
	return verdict;
}

static enum verdict try_weak(struct kit *kit, struct finding *finding)
{
	static const char *const weak[] = { "aNULL:@SECLEVEL=0", "eNULL:@SECLEVEL=0" };
	struct probe_facts facts = { 0 };
	struct error err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(weak); i++) {
		CLEANUP(probe_freep) struct probe *probe = NULL;
		const struct probe_wish wish = { .client = kit->anonymous.client,
						 .version = PROBE_TLS_1_2,
						 .ciphers = weak[i] };

		if (probe_open(&wish, &probe, &facts, &err))
			return failed(finding, "a suite without %s is accepted",
				      i == 0 ? "authentication" : "encryption");
	}
	CLEANUP(probe_freep) struct probe *probe = NULL;
	const struct probe_wish wish = { .client = kit->anonymous.client,
					 .version = PROBE_TLS_1_2 };
	if (!probe_open(&wish, &probe, &facts, &err))
		return not_applicable(finding, "no TLS 1.2: %s", err.detail);
	if (facts.compresses)
		return failed(finding, "TLS compression is on");
	if (!facts.renegotiates_safely && probe_renegotiate(probe))
		return failed(finding, "renegotiation without RFC 5746");
	return passed(finding, "no suite without authentication or encryption, no compression");
}

static enum verdict try_stranger(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	const struct call call = { .operation = "cacerts" };
	struct error err = { 0 };
	char text[160];

	if (!kit_need_stranger(kit, &err))
		return not_applicable(finding, "%s", err.detail);
	if (!kit_call_as(kit, &kit->stranger, &call, &answer, &err))
		return warned(finding,
			      "TLS itself breaks on an unknown certificate (%s): the device is not "
			      "told why",
			      err.detail);
	return passed(finding, "an unknown certificate is answered in HTTP: %s",
		      answer_text(&answer, text));
}

static enum verdict try_ca_list(struct kit *kit, struct finding *finding)
{
	struct probe_facts facts = { 0 };
	struct error err = { 0 };

	/* in TLS 1.3 the request may come as well, but its list is an extension of it */
	if (!shakes_hands(kit, PROBE_TLS_1_2, &facts, &err) &&
	    !shakes_hands(kit, PROBE_ANY, &facts, &err))
		return unanswered(finding, "a handshake", &err);
	if (!facts.asked_for_cert)
		return not_applicable(finding, "no certificate is asked for");
	if (facts.cert_request_len > CERT_REQUEST_MAX)
		return warned(finding, "CertificateRequest has %zu octets", facts.cert_request_len);
	return passed(finding, "CertificateRequest has %zu octets", facts.cert_request_len);
}

static const struct item rows[] = {
	{ "TLS-01", "TLS 1.2 and 1.3, nothing older",
	  "RFC 8996 4 and 5: TLS 1.0 and 1.1 must not be negotiated; RFC 9325 3.1.1: 1.2 must be "
	  "there, 1.3 should",
	  true, .run = try_versions },
	{ "TLS-02", "the server proves its name",
	  "RFC 7030 3.6.1, RFC 9525 6: the URI's host is looked for in the subjectAltName", true,
	  .run = try_host },
	{ "TLS-03", "a client certificate is asked for, never demanded",
	  "RFC 7030 4.1.2: cacerts needs no client authentication; 3.3.2: certificates "
	  "authenticate clients",
	  true, .run = try_anonymous },
	{ "TLS-04", "a certificate that nobody issued opens no door",
	  "RFC 7030 3.3.2: a client certificate is judged by the server's trust anchors", true,
	  .risk = 1, .run = try_stranger_enrolls },
	{ "TLS-09", "a resumed session works",
	  "RFC 7030 3.3.1 permits resumption; it must not lose the request", false,
	  .run = try_resumption },
	{ "TLS-10", "no suite without authentication or encryption",
	  "RFC 7030 3.3: no anonymous and no NULL suites; RFC 9325 3.3, 4.1: no compression", true,
	  .run = try_weak },
	{ "TLS-12", "an unknown client certificate is answered in HTTP",
	  "no RFC says so: a device that is cut off in the handshake cannot tell its operator why",
	  false, .run = try_stranger },
	{ "TLS-13", "the list of CAs in CertificateRequest is short",
	  "no RFC says so: constrained TLS stacks take about 4 kB", false, .run = try_ca_list },
};

const struct item_list tls_items = { rows, ARRAY_LEN(rows) };
