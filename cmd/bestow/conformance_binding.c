/* The link between request and TLS session: RFC 7030 3.5, RFC 9266. */
#include "bestow/conformance.h"

/* As long as a tls-unique, in base64, and no session's. */
#define WRONG_BINDING "AAAAAAAAAAAAAAAA"

static enum verdict try_wrong(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	CLEANUP(bestow_key_donep) struct bestow_key *key = NULL;
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };
	char text[160];

	if (!kit_binding_is_wanted(kit))
		return not_applicable(finding,
				      "csrattrs asks for no binding, and challengePassword "
				      "may mean something else");
	if (!kit_key(kit, &key, &err) ||
	    !kit_csr(kit, &(struct csr_wish){ .key = key, .challenge = WRONG_BINDING }, &der, &err))
		return not_applicable(finding, "%s", err.detail);
	if (!kit_post(kit, "simpleenroll", buffer_view(&der), &answer, &err))
		return unanswered(finding, "a request bound to no session", &err);
	if (answer.status == 200 || answer.status == 202)
		return failed(finding, "a request bound to no session of ours is accepted: %d",
			      answer.status);
	return passed(finding, "%s", answer_text(&answer, text));
}

/* A request that says which session it is for, on that session. */
static bool enroll_bound(struct kit *kit, enum probe_version version, struct probe_answer *ret,
			 struct error *err)
{
	CLEANUP(probe_freep) struct probe *probe = NULL;
	CLEANUP(bestow_key_donep) struct bestow_key *key = NULL;
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(buffer_done) struct buffer body = { 0 };
	CLEANUP(buffer_wipe) struct buffer request = { 0 };
	CLEANUP(buffer_done) struct buffer stream = { 0 };
	const struct probe_wish wish = { .client = kit->known.client, .version = version };
	struct bestow_session_binding binding;
	bool ended = false;

	if (!kit_key(kit, &key, err) || !probe_open(&wish, &probe, NULL, err))
		return false;
	probe_binding(probe, &binding);
	const struct csr_wish named = { .key = key,
					.challenge = version == PROBE_TLS_1_2
							     ? binding.tls_unique
							     : binding.tls_exporter };
	if (!kit_csr(kit, &named, &der, err) || !encode_line(buffer_view(&der), &body, err))
		return false;
	const struct call call = { .operation = "simpleenroll",
				   .content_type = "application/pkcs10",
				   .body = buffer_view(&body),
				   .is_known = true };
	if (!call_encode(kit, &call, &request, err) ||
	    !probe_send(probe, buffer_view(&request), err) ||
	    !answer_next(probe, &stream, &ended, ret, err))
		return false;
	kit->certificates += ret->status == 200;
	return true;
}

static enum verdict try_right(struct kit *kit, struct finding *finding)
{
	static const struct {
		enum probe_version version;
		const char *words;
	} sessions[] = {
		{ PROBE_TLS_1_2, "tls-unique of TLS 1.2" },
		{ PROBE_TLS_1_3, "tls-exporter of TLS 1.3" },
	};
	char text[160];

	if (!kit_binding_is_wanted(kit))
		return not_applicable(finding, "csrattrs asks for no binding");
	for (size_t i = 0; i < ARRAY_LEN(sessions); i++) {
		CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
		struct error err = { 0 };

		if (!enroll_bound(kit, sessions[i].version, &answer, &err))
			return unanswered(finding, sessions[i].words, &err);
		if (answer.status != 200 && answer.status != 202)
			return failed(finding, "%s is refused: %s", sessions[i].words,
				      answer_text(&answer, text));
	}
	return passed(finding, "tls-unique in TLS 1.2 and tls-exporter in TLS 1.3");
}

static const struct item rows[] = {
	{ "POP-02", "a request bound to another session is refused",
	  "RFC 7030 3.5: a server must verify the binding that is there", true, .risk = 1,
	  .run = try_wrong },
	{ "POP-03", "tls-unique and tls-exporter are understood",
	  "RFC 7030 3.5, RFC 5929 3 in TLS 1.2; RFC 9266 4.2 in TLS 1.3", true, .cost = 2,
	  .run = try_right },
};

const struct item_list binding_items = { rows, ARRAY_LEN(rows) };
