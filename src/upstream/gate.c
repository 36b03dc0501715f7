#include "upstream/gate.h"

#include <stdio.h>
#include <string.h>

#include "est/authorization.h"
#include "est/binding.h"
#include "pki/chain.h"
#include "policy/rule.h"

#define CANDIDATES_MAX 4

/* -- what there is to judge by -- */

void gate_done(struct gate *gate)
{
	profile_free(gate->profile);
	address_set_done(&gate->allowed);
	bundle_done(&gate->anchors);
	for (size_t i = 0; i < gate->passphrase_count; i++)
		secret_done(&gate->passphrases[i]);
	*gate = (struct gate){ 0 };
}

static bool add_passphrase(struct gate *gate, struct bytes line, struct error *err)
{
	while (line.len && strchr(" \t\r", line.data[line.len - 1]))
		line.len--;
	if (line.len == 0 || line.data[0] == '#')
		return true;
	if (line.len < GATE_PASSPHRASE_MIN || line.len > AUTHORIZATION_PASSPHRASE_MAX)
		return error_set(err, REASON_SECRET_FILE,
				 "a passphrase has %d to %d characters here; make one with: "
				 "openssl rand -hex 16",
				 GATE_PASSPHRASE_MIN, AUTHORIZATION_PASSPHRASE_MAX);
	if (gate->passphrase_count == GATE_PASSPHRASES_MAX)
		return error_set(err, REASON_SECRET_FILE, "more than %d passphrases",
				 GATE_PASSPHRASES_MAX);
	if (!secret_copy(line, &gate->passphrases[gate->passphrase_count], err))
		return false;
	gate->passphrase_count++;
	return true;
}

bool gate_add_passphrases(struct gate *gate, struct bytes text, struct error *err)
{
	while (text.len) {
		const unsigned char *end = memchr(text.data, '\n', text.len);
		size_t len = end ? (size_t)(end - text.data) : text.len;

		if (!add_passphrase(gate, (struct bytes){ text.data, len }, err))
			return false;
		len += end ? 1 : 0;
		text = (struct bytes){ text.data + len, text.len - len };
	}
	return gate->passphrase_count || error_set(err, REASON_SECRET_FILE, "no passphrase in it");
}

bool gate_add_anchors(struct gate *gate, struct bytes text, struct error *err)
{
	if (!bundle_parse(text, &gate->anchors, err))
		return false;
	for (size_t i = 0; i < gate->anchors.count; i++)
		if (!cert_is_ca(gate->anchors.certs[i]) ||
		    !cert_check_key(gate->anchors.certs[i], err))
			return error_set(err, REASON_NOT_A_CA, "certificate %zu is none", i + 1);
	return true;
}

/* -- what is found of one request -- */

struct admission {
	const struct gate *gate;
	const struct est_request *request;
	const struct bundle *cacerts;
	struct cert *chain[CLIENT_CHAIN_MAX];
	size_t chain_count;
	struct certificate record; /* stands for the upstream's: it has one */
	struct account account;
	struct anchor anchor;
	struct facts facts;
};

static void admission_donep(struct admission *admission)
{
	for (size_t i = 0; i < admission->chain_count; i++)
		cert_free(admission->chain[i]);
}

static bool leads_to(const struct admission *admission, const struct bundle *anchors,
		     struct error *err)
{
	const struct chain_request request = {
		.leaf = admission->chain[0],
		.sent = (const struct cert *const *)&admission->chain[1],
		.sent_count = admission->chain_count - 1,
		.anchors = (const struct cert *const *)anchors->certs,
		.anchor_count = anchors->count,
		.now = admission->facts.now,
	};
	size_t ignored;

	return chain_check(&request, &ignored, err);
}

/* A proxy has no store to look into: another RA says in its certificate that it is one, and the
 * upstream's CAs issued what is to be renewed. */
static enum identity_kind find_kind(const struct admission *admission)
{
	const struct cert *leaf = admission->chain[0];

	if (admission->gate->accept_ra && cert_ext_key_usage_holds(leaf, oid_cmc_ra))
		return IDENTITY_RA;
	return admission->cacerts->count && leads_to(admission, admission->cacerts, NULL)
		       ? IDENTITY_OWN
		       : IDENTITY_THIRD_PARTY;
}

static bool read_chain(struct admission *admission, struct error *err)
{
	for (; admission->chain_count < admission->request->client_chain_count;
	     admission->chain_count++)
		if (!cert_parse(admission->request->client_chain[admission->chain_count],
				&admission->chain[admission->chain_count], err))
			return false;
	return true;
}

static void find_certificate(struct admission *admission)
{
	struct certificate_finding *finding = &admission->facts.certificate;

	finding->offered = admission->request->client_chain_count > 0;
	if (!finding->offered || !read_chain(admission, &finding->failure))
		return;
	finding->cert = admission->chain[0];
	if (!leads_to(admission, &admission->gate->anchors, &finding->failure) ||
	    !chain_check_client_usage(finding->cert, true, &finding->failure))
		return;
	finding->anchor = &admission->anchor;
	finding->record = &admission->record;
	finding->kind = find_kind(admission);
}

static size_t add_text(struct bytes *candidates, size_t count, const char *text)
{
	if (text)
		candidates[count++] = bytes_of_string(text);
	return count;
}

static bool holds_passphrase(const struct gate *gate, struct bytes candidate)
{
	bool found = false;

	/* all of them, so that the time tells nothing of which */
	for (size_t i = 0; i < gate->passphrase_count; i++)
		found |= secret_equal(secret_view(&gate->passphrases[i]), candidate);
	return found;
}

static void find_passphrase(struct admission *admission)
{
	struct passphrase_finding *finding = &admission->facts.passphrase;
	const struct profile *profile = admission->gate->profile;
	CLEANUP(authorization_done) struct authorization authorization = { 0 };
	struct bytes candidates[CANDIDATES_MAX];
	size_t count = add_text(candidates, 0, csr_otp_challenge(admission->facts.csr));

	if (profile->challenge == CHALLENGE_IS_PASSPHRASE)
		count = add_text(candidates, count, csr_challenge_password(admission->facts.csr));
	finding->offered = admission->request->has_authorization || count > 0;
	if (!finding->offered)
		return;
	if (admission->request->has_authorization &&
	    !authorization_parse(admission->request->authorization, &authorization,
				 &finding->failure))
		return;
	for (size_t i = 0; i < authorization.candidate_count; i++)
		candidates[count++] = authorization.candidates[i];
	for (size_t i = 0; i < count; i++)
		if (holds_passphrase(admission->gate, candidates[i]))
			return;
	(void)!error_set(&finding->failure, REASON_BAD_PASSPHRASE,
			 "none of this profile's passphrases");
}

/* RFC 7894's attribute says what it is and wins over the overloaded challengePassword. */
static enum binding_finding find_binding(const struct admission *admission)
{
	const struct csr *csr = admission->facts.csr;
	const char *text = csr_est_identity_linking(csr);

	if (!text && admission->gate->profile->challenge == CHALLENGE_IS_BINDING)
		text = csr_challenge_password(csr);
	if (!text)
		return BINDING_ABSENT;
	if (admission->request->binding.proxied)
		return BINDING_NOT_COMPARABLE;
	return binding_names_session(&admission->request->binding, text) ? BINDING_MATCHES
									 : BINDING_DIFFERS;
}

/* -- the rules -- */

static bool is_not_ra(const struct decision *decision)
{
	return decision->identity != IDENTITY_RA;
}

static bool renews(const struct decision *decision)
{
	return decision->facts->operation == EST_SIMPLEREENROLL && is_not_ra(decision);
}

static bool enrolls_by_certificate(const struct decision *decision)
{
	return decision->facts->operation != EST_SIMPLEREENROLL && is_not_ra(decision) &&
	       decision_by_certificate(decision);
}

/* ENR-06, ENR-07. The upstream takes this proxy's word for whose request it is, so a name that
 * changes on the way would be another device's. */
static bool check_renewal(struct decision *decision, struct error *err)
{
	const struct facts *facts = decision->facts;
	const struct cert *old = facts->certificate.cert;
	const struct name *ignored_name;
	const struct san *ignored_san;

	if (decision->identity != IDENTITY_OWN)
		return error_set(err, REASON_RENEWAL_NOT_ALLOWED,
				 "no CA of the upstream issued the certificate to renew");
	if (!name_equal(csr_subject(facts->csr), cert_subject(old)) ||
	    !san_equal(csr_san(facts->csr), cert_san(old)))
		return error_set(err, REASON_SUBJECT_MISMATCH,
				 "the names are not those of the certificate to renew");
	if (csr_change_subject(facts->csr, &ignored_name, &ignored_san) &&
	    decision->profile->identity != IDENTITY_ANY)
		return error_set(err, REASON_SUBJECT_MISMATCH,
				 "the profile lets no device change its names");
	return true;
}

static const struct {
	bool (*check)(struct decision *decision, struct error *err);
	bool (*applies)(const struct decision *decision); /* NULL: always */
} rules[] = {
	{ rule_operation, NULL },
	{ rule_address, NULL },
	{ rule_authentication, NULL },
	{ rule_certificate_time, decision_by_certificate },
	/* POP-04: the session of another RA is not the device's */
	{ rule_possession, is_not_ra },
	{ rule_identity, enrolls_by_certificate },
	{ check_renewal, renews },
};

static bool run_rules(struct decision *decision, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if ((!rules[i].applies || rules[i].applies(decision)) &&
		    !rules[i].check(decision, err))
			return false;
	return true;
}

static void name_caller(const struct decision *decision, struct gate_caller *ret)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };

	ret->authenticated = decision->identity != IDENTITY_NONE;
	buffer_append_text(&text, identity_kind_text(decision->identity));
	if (decision_by_certificate(decision)) {
		buffer_append_text(&text, " ");
		name_to_text(cert_subject(decision->facts->certificate.cert), &text);
	}
	const char *words = buffer_cstring(&text);
	snprintf(ret->words, sizeof ret->words, "%s", words ? words : "");
}

bool gate_admit(const struct gate *gate, const struct est_request *request, const struct csr *csr,
		const struct bundle *cacerts, int64_t now, struct gate_caller *ret,
		struct error *err)
{
	int64_t id = gate->profile->id;
	CLEANUP(admission_donep)
	struct admission admission = {
		.gate = gate,
		.request = request,
		.cacerts = cacerts,
		.record = { .id = id, .account_id = id, .profile_id = id },
		.account = { .id = id, .name = gate->profile->name },
		.anchor = { .account_id = id },
		.facts = { .operation = request->operation,
			   .address_allowed = address_set_holds(&gate->allowed, &request->peer),
			   .peer = request->peer,
			   .csr = csr,
			   .request_id = request->request_id,
			   .now = now },
	};
	CLEANUP(decision_done)
	struct decision decision = { .profile = gate->profile, .facts = &admission.facts };

	admission.facts.account = &admission.account;
	find_certificate(&admission);
	find_passphrase(&admission);
	admission.facts.binding = find_binding(&admission);
	bool admitted = run_rules(&decision, err);
	name_caller(&decision, ret);
	return admitted;
}
