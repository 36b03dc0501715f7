#include "ra/enrollment.h"

#include <stdio.h>
#include <string.h>

#include "model/event_trace.h"

/* The edge has verified the CSR's own signature, where that counts; its contents are read anew. */
static bool read_csr(const struct est_request *request, const struct profile *profile,
		     struct csr **ret, struct error *err)
{
	bool lenient = !profile->strict_encoding;

	if (request->operation == EST_SERVERKEYGEN)
		return csr_parse_unkeyed(request->csr, lenient, ret, err);
	return csr_parse(request->csr, lenient, ret, err);
}

bool enrollment_open_bare(struct ra *ra, const struct est_request *request, struct enrollment *ret,
			  struct error *err)
{
	*ret = (struct enrollment){ .ra = ra,
				    .request = request,
				    .catalog = ra_catalog(ra),
				    .moments.began = monotonic_us() };
	ret->profile = catalog_profile(ret->catalog, request->profile_id);
	if (!ret->profile)
		return error_set(err, REASON_UNKNOWN_LABEL, "the profile is gone");
	address_to_text(&request->peer, ret->peer);
	ret->facts = (struct facts){
		.operation = request->operation,
		.peer = request->peer,
		.request_id = request->request_id,
		.now = clock_now(ra->options.clock),
	};
	return true;
}

bool enrollment_open(struct ra *ra, const struct est_request *request, struct enrollment *ret,
		     struct error *err)
{
	if (!enrollment_open_bare(ra, request, ret, err) ||
	    !read_csr(request, ret->profile, &ret->csr, err))
		return false;
	ret->facts.csr = ret->csr;
	return true;
}

void enrollment_done(struct enrollment *e)
{
	verdict_done(&e->verdict);
	held_request_done(&e->held);
	for (size_t i = 0; i < e->chain_count; i++)
		cert_free(e->chain[i]);
	cert_free(e->renewed_cert);
	certificate_done(&e->client_record);
	certificate_done(&e->renewed_record);
	private_key_free(e->made_key);
	csr_free(e->csr);
	catalog_unref(e->catalog);
}

static void copy_text(struct buffer *text, char *into, size_t size)
{
	const char *whole = buffer_cstring(text);

	snprintf(into, size, "%s", whole ? whole : "");
}

/* What else came along, and was not what the caller was believed by, is not told: it may be wrong.
 * Nothing was decided yet of who asks for something else than a certificate. */
static bool is_by_certificate(const struct enrollment *e)
{
	switch (e->verdict.identity) {
	case IDENTITY_OWN:
	case IDENTITY_THIRD_PARTY:
	case IDENTITY_RA:
	case IDENTITY_NONE:
		return e->facts.certificate.cert != NULL;
	case IDENTITY_PASSPHRASE:
	case IDENTITY_NOBODY:
	case IDENTITY_CODE:
		break;
	}
	return false;
}

static enum identity_kind kind_without_certificate(const struct enrollment *e)
{
	return e->verdict.identity == IDENTITY_NONE ? IDENTITY_NOBODY : e->verdict.identity;
}

void enrollment_requester(const struct enrollment *e, char *into, size_t size)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };

	if (!is_by_certificate(e)) {
		snprintf(into, size, "%s", identity_kind_text(kind_without_certificate(e)));
		return;
	}
	buffer_printf(&text, "%s ", identity_kind_text(e->facts.certificate.kind));
	name_to_text(cert_subject(e->facts.certificate.cert), &text);
	copy_text(&text, into, size);
}

/* An RA is told together with whom it speaks for. */
static void describe_client(const struct enrollment *e, struct buffer *to)
{
	const struct cert *cert = e->facts.certificate.cert;
	bool is_ra = cert && e->facts.certificate.kind == IDENTITY_RA;

	if (e->csr && (is_ra || !cert))
		name_to_text(csr_subject(e->csr), to);
	if (is_ra)
		buffer_append_text(to, to->len ? ", by RA " : "by RA ");
	if (cert)
		name_to_text(cert_subject(cert), to);
}

void enrollment_event(const struct enrollment *e, const struct error *refusal,
		      const struct certificate *issued, struct event *ret)
{
	CLEANUP(buffer_done) struct buffer client = { 0 };

	*ret = (struct event){
		.at = e->facts.now,
		.account_id = e->profile ? e->profile->account_id : 0,
		.profile_id = e->profile ? e->profile->id : 0,
		.operation = e->request->operation,
		.reason = refusal ? refusal->reason : REASON_NONE,
		.certificate_id = issued ? issued->id : e->client_record.id,
	};
	snprintf(ret->request_id, sizeof ret->request_id, "%s", e->request->request_id);
	snprintf(ret->peer, sizeof ret->peer, "%s", e->peer);
	if (refusal)
		snprintf(ret->detail, sizeof ret->detail, "%s", refusal->detail);
	describe_client(e, &client);
	copy_text(&client, ret->client, sizeof ret->client);
}

static void trace_connection(const struct enrollment *e, struct buffer *to)
{
	char words[64];

	snprintf(words, sizeof words, "%s, %s", e->request->tls_version,
		 e->request->client_chain_count ? "with a client certificate"
						: "without a client certificate");
	event_trace_add(to, EVENT_STEP_PASSED, "TLS", words);
}

/* What comes before the rules, and what it took. */
static void trace_preparation(const struct enrollment *e, struct buffer *to)
{
	const struct {
		const char *name;
		uint64_t from, until;
	} parts[] = {
		{ "request", e->moments.began, e->moments.opened },
		{ "credentials", e->moments.opened, e->moments.authenticated },
		{ "records", e->moments.authenticated, e->moments.gathered },
	};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		event_trace_add_timed(to, EVENT_STEP_PASSED, parts[i].name, "",
				      (int64_t)(parts[i].until - parts[i].from));
}

/* The rules are too quick to be measured one by one: the last has the time of them all. */
const char *enrollment_trace(const struct enrollment *e, uint64_t ended, struct buffer *into)
{
	static const enum event_step_outcome outcomes[] = { [TRACE_PASSED] = EVENT_STEP_PASSED,
							    [TRACE_REFUSED] = EVENT_STEP_REFUSED,
							    [TRACE_SKIPPED] = EVENT_STEP_SKIPPED };
	const struct trace *trace = &e->verdict.trace;

	if (trace->count == 0)
		return NULL;
	trace_connection(e, into);
	trace_preparation(e, into);
	for (size_t i = 0; i < trace->count; i++)
		event_trace_add_timed(into, outcomes[trace->steps[i].outcome], trace->steps[i].rule,
				      trace->steps[i].words,
				      i + 1 == trace->count ? (int64_t)(ended - e->moments.gathered)
							    : -1);
	return buffer_cstring(into);
}
