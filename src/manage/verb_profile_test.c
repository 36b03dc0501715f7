#include "manage/verb_profile_test.h"

#include "manage/csr_file.h"
#include "manage/describe.h"
#include "manage/describe_tbs.h"
#include "pki/bundle.h"
#include "ra/rehearse.h"

/* -- the question -- */

const struct param profile_test_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "csr", PARAM_FILE, true },
	{ "client_cert", PARAM_FILE, false },
	{ "chain", PARAM_FILE, false },
	{ "passphrase", PARAM_FLAG, false },
	{ "address", PARAM_TEXT, false },
	{ "renew", PARAM_FLAG, false },
	{ "at", PARAM_TIME, false },
	{ 0 },
};

/* The leaf first, as TLS has it. */
struct sent_chain {
	struct bundle client, above;
	struct bytes certs[2 * BUNDLE_CERTS_MAX];
	size_t count;
};

static void sent_chain_done(struct sent_chain *chain)
{
	bundle_done(&chain->client);
	bundle_done(&chain->above);
}

static bool read_bundle(const struct call *call, const char *name, struct sent_chain *chain,
			struct bundle *into, struct error *err)
{
	CLEANUP(buffer_done) struct buffer file = { 0 };

	if (!param_is_given(call->params, name))
		return true;
	if (!param_file(call->params, name, &file, err) ||
	    !bundle_parse(buffer_view(&file), into, err))
		return false;
	for (size_t i = 0; i < into->count; i++)
		chain->certs[chain->count++] = cert_der(into->certs[i]);
	return true;
}

static bool read_chain(const struct call *call, struct sent_chain *ret, struct error *err)
{
	if (param_is_given(call->params, "chain") && !param_is_given(call->params, "client_cert"))
		return error_set(err, REASON_INVALID, "params.chain: goes with a client_cert");
	return read_bundle(call, "client_cert", ret, &ret->client, err) &&
	       read_bundle(call, "chain", ret, &ret->above, err);
}

static bool read_address(const struct call *call, struct address *into,
			 struct rehearsal_question *question, struct error *err)
{
	const char *text = param_text(call->params, "address");

	if (!text)
		return true;
	question->peer = into;
	return address_parse(text, into, err);
}

/* -- the answer -- */

static json_t *describe_trace(const struct trace *trace)
{
	static const char *const outcomes[] = {
		[TRACE_PASSED] = "passed", [TRACE_REFUSED] = "refused", [TRACE_SKIPPED] = "skipped"
	};
	json_auto_t *steps = json_array();

	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_step *step = &trace->steps[i];

		if (json_array_append_new(steps, json_pack("{s:s, s:s, s:o}", "rule", step->rule,
							   "outcome", outcomes[step->outcome],
							   "words", describe_text(step->words))) !=
		    0)
			return NULL;
	}
	return TAKE(steps);
}

/* Before the rules a request is read; behind them the certificate is built and linted. */
static const char *refusing_rule(const struct trace *trace)
{
	if (trace->count == 0)
		return "request";

	const struct trace_step *last = &trace->steps[trace->count - 1];
	return last->outcome == TRACE_REFUSED ? last->rule : "certificate";
}

static json_t *describe_refusal(const struct rehearsal *rehearsal)
{
	const struct error *refusal = &rehearsal->refusal;

	if (rehearsal->outcome != REHEARSAL_REFUSED)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:o, s:s}", "code", reason_code(refusal->reason), "rule",
			 refusing_rule(&rehearsal->trace), "words", reason_words(refusal->reason),
			 "detail", describe_text(refusal->detail), "remedy",
			 reason_remedy(refusal->reason));
}

static json_t *describe_assumptions(const struct call *call, const struct rehearsal *rehearsal)
{
	static const struct {
		enum presumption bit;
		const char *words;
	} rows[] = {
		{ PRESUMED_CERTIFICATE_KEY,
		  "the client proves in TLS that it holds its certificate's key" },
		{ PRESUMED_PASSPHRASE, "the passphrase that it sends is right" },
		{ PRESUMED_BINDING, "the request is bound to the TLS session that it comes in" },
		{ PRESUMED_ADDRESS, "it comes from an address that the account lists" },
	};
	json_auto_t *list = json_array();

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if ((rehearsal->presumed & rows[i].bit) &&
		    json_array_append_new(list, json_string(rows[i].words)) != 0)
			return NULL;
	if (param_is_given(call->params, "at") &&
	    json_array_append_new(list, json_string("profile, CAs and certificates are then as "
						    "they are now")) != 0)
		return NULL;
	return TAKE(list);
}

static json_t *describe_certificate_to_be(const struct rehearsal *rehearsal)
{
	CLEANUP(cert_freep) struct cert *cert = NULL;

	if (rehearsal->outcome == REHEARSAL_REFUSED)
		return json_null();
	if (rehearsal->outcome != REHEARSAL_REPEATED)
		return describe_tbs(buffer_view(&rehearsal->preview.tbs));
	return cert_parse(buffer_view(&rehearsal->repeated), &cert, NULL)
		       ? describe_tbs(cert_tbs(cert))
		       : NULL;
}

static json_t *describe_rehearsal(const struct call *call, const struct profile *profile,
				  const struct rehearsal_question *question,
				  const struct rehearsal *rehearsal)
{
	const char *held = rehearsal->held_id[0] ? rehearsal->held_id : NULL;

	return json_pack(
		"{s:s, s:s, s:I, s:s, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:s?}", "outcome",
		rehearsal_outcome_text(rehearsal->outcome), "profile", profile->name,
		"profile_version", (json_int_t)profile->version, "operation",
		est_operation_text(question->operation), "at", describe_time(question->now),
		"renewal", rehearsal->renews, "requested_by", describe_text(rehearsal->requester),
		"assumptions", describe_assumptions(call, rehearsal), "refusal",
		describe_refusal(rehearsal), "certificate", describe_certificate_to_be(rehearsal),
		"trace", describe_trace(&rehearsal->trace), "request_id", held);
}

bool profile_test(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(sent_chain_done) struct sent_chain chain = { 0 };
	CLEANUP(rehearsal_done) struct rehearsal rehearsal = { 0 };
	CLEANUP(buffer_done) struct buffer csr = { 0 };
	struct rehearsal_question question = {
		.operation =
			param_flag(call->params, "renew") ? EST_SIMPLEREENROLL : EST_SIMPLEENROLL,
		.sends_passphrase = param_flag(call->params, "passphrase"),
		.now = param_time(call->params, "at", call->now),
	};
	const struct profile *profile;
	struct address address;

	if (!find_profile(call->catalog, call->account, param_text(call->params, "name"), &profile,
			  err) ||
	    !csr_file_read(call->params, "csr", &csr, err) || !read_chain(call, &chain, err) ||
	    !read_address(call, &address, &question, err))
		return false;
	question.profile_id = profile->id;
	question.csr = buffer_view(&csr);
	question.chain = chain.certs;
	question.chain_count = chain.count;
	ra_rehearse(call->manage->ra, &question, &rehearsal);
	return call_return(describe_rehearsal(call, profile, &question, &rehearsal), ret, err);
}
