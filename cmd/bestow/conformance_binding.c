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

	if (kit_is_ra(kit))
		return not_applicable(finding, "an RA's requests are others' (see POP-04)");
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

/* RFC 7030 3.7: whoever vouches for others has sessions of its own. */
static enum verdict try_ra(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	CLEANUP(bestow_key_donep) struct bestow_key *key = NULL;
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };
	char text[160];

	if (!kit_is_ra(kit))
		return not_applicable(finding, "--cert is no certificate with id-kp-cmcRA");
	if (!kit_binding_is_wanted(kit))
		return not_applicable(finding, "csrattrs asks for no binding");
	if (!kit_key(kit, &key, &err) ||
	    !kit_csr(kit, &(struct csr_wish){ .key = key, .challenge = WRONG_BINDING }, &der, &err))
		return not_applicable(finding, "%s", err.detail);
	if (!kit_post(kit, "simpleenroll", buffer_view(&der), &answer, &err))
		return unanswered(finding, "a request bound to the device's session", &err);
	if (answer.status != 200 && answer.status != 202)
		return failed(finding, "a request bound to the device's session: %s",
			      answer_text(&answer, text));
	return passed(finding, "%d for a request bound to the device's session", answer.status);
}

enum link { LINK_CHALLENGE, LINK_LINKING, LINK_LINKING_WRONG };

static struct csr_wish wish_of(enum link link, const char *value, const struct bestow_key *key)
{
	switch (link) {
	case LINK_CHALLENGE:
		return (struct csr_wish){ .key = key, .challenge = value };
	case LINK_LINKING:
		return (struct csr_wish){ .key = key, .linking = value };
	case LINK_LINKING_WRONG:
		return (struct csr_wish){ .key = key, .linking = WRONG_BINDING };
	}
	return (struct csr_wish){ .key = key };
}

/* A request that says which session it is for, on that session. */
static bool enroll_bound(struct kit *kit, enum probe_version version, enum link link,
			 struct probe_answer *ret, struct error *err)
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
	const struct csr_wish named = wish_of(
		link, version == PROBE_TLS_1_2 ? binding.tls_unique : binding.tls_exporter, key);
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

		if (!enroll_bound(kit, sessions[i].version, LINK_CHALLENGE, &answer, &err))
			return unanswered(finding, sessions[i].words, &err);
		if (answer.status != 200 && answer.status != 202)
			return failed(finding, "%s is refused: %s", sessions[i].words,
				      answer_text(&answer, text));
	}
	return passed(finding, "tls-unique in TLS 1.2 and tls-exporter in TLS 1.3");
}

static enum verdict try_linking(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer right = { 0 };
	CLEANUP(probe_answer_donep) struct probe_answer wrong = { 0 };
	struct error err = { 0 };
	char text[160];

	if (kit_is_ra(kit))
		return not_applicable(finding, "an RA's requests are others' (see POP-04)");
	if (!kit_binding_is_wanted(kit))
		return not_applicable(finding, "csrattrs asks for no binding");
	if (!enroll_bound(kit, PROBE_TLS_1_2, LINK_LINKING, &right, &err) ||
	    !enroll_bound(kit, PROBE_TLS_1_2, LINK_LINKING_WRONG, &wrong, &err))
		return unanswered(finding, "a request with estIdentityLinking", &err);
	if (wrong.status == 200 || wrong.status == 202)
		return failed(finding, "estIdentityLinking of no session of ours is accepted: %d",
			      wrong.status);
	if (right.status != 200 && right.status != 202)
		return warned(finding, "estIdentityLinking is not understood: %s",
			      answer_text(&right, text));
	return passed(finding, "estIdentityLinking is understood, and refused when it is wrong");
}

static const struct item rows[] = {
	{ "POP-02", "a request bound to another session is refused",
	  "RFC 7030 3.5: a server must verify the binding that is there", true, .risk = 1,
	  .run = try_wrong },
	{ "POP-03", "tls-unique and tls-exporter are understood",
	  "RFC 7030 3.5, RFC 5929 3 in TLS 1.2; RFC 9266 4.2 in TLS 1.3", true, .cost = 2,
	  .run = try_right },
	{ "POP-04", "an RA vouches for others' requests",
	  "RFC 7030 3.7: an RA's session is not the device's, so the two are not compared", true,
	  .cost = 1, .run = try_ra },
	{ "POP-05", "the attribute of RFC 7894 says what it is",
	  "RFC 7894 3.3: estIdentityLinking links as challengePassword does, and means nothing "
	  "else",
	  true, .cost = 1, .risk = 1, .run = try_linking },
};

const struct item_list binding_items = { rows, ARRAY_LEN(rows) };
