/* Who is asking? Found, never decided here: policy judges the findings. */
#include "ra/enrollment.h"

#include <string.h>

#include "pki/chain.h"
#include "est/authorization.h"
#include "store/store_certificate.h"

#define CANDIDATES_MAX 4

/* -- the passphrase -- */

static size_t add_text(struct bytes *candidates, size_t count, const char *text)
{
	if (text)
		candidates[count++] = bytes_of_string(text);
	return count;
}

size_t candidates_in_csr(const struct enrollment *e, enum challenge_meaning meaning,
			 struct bytes *candidates)
{
	size_t count = add_text(candidates, 0, csr_otp_challenge(e->csr));

	if (count == 0 && e->profile->challenge == meaning)
		count = add_text(candidates, 0, csr_challenge_password(e->csr));
	return count;
}

static void find_passphrase(struct enrollment *e)
{
	struct passphrase_finding *finding = &e->facts.passphrase;
	CLEANUP(authorization_done) struct authorization authorization = { 0 };
	struct bytes candidates[CANDIDATES_MAX];
	size_t count = candidates_in_csr(e, CHALLENGE_IS_PASSPHRASE, candidates);

	if (auth_takes_code(e->profile->auth))
		return;
	finding->offered = e->request->has_authorization || count > 0;
	if (!finding->offered || e->profile->auth == AUTH_TLS_CERTIFICATE ||
	    e->facts.operation != EST_SIMPLEENROLL)
		return;
	if (e->request->has_authorization) {
		if (!authorization_parse(e->request->authorization, &authorization,
					 &finding->failure))
			return;
		for (size_t i = 0; i < authorization.candidate_count; i++)
			candidates[count++] = authorization.candidates[i];
	}
	(void)!passphrase_check(e->ra->passphrases, e->catalog, e->profile->id, &e->request->peer,
				candidates, count, e->facts.now, &finding->failure);
}

/* -- the certificate -- */

static bool parse_chain(struct enrollment *e, struct error *err)
{
	for (size_t i = 0; i < e->request->client_chain_count; i++) {
		if (!cert_parse(e->request->client_chain[i], &e->chain[i], err))
			return false;
		e->chain_count++;
	}
	return true;
}

static size_t collect_anchors(const struct enrollment *e, const struct anchor **anchors,
			      const struct cert **certs)
{
	size_t count = 0;

	for (size_t i = 0; i < e->catalog->anchor_count; i++) {
		if (e->catalog->anchors[i].account_id != e->profile->account_id)
			continue;
		anchors[count] = &e->catalog->anchors[i];
		certs[count++] = e->catalog->anchors[i].cert;
	}
	return count;
}

static bool find_anchor(struct enrollment *e, const struct anchor **ret, struct error *err)
{
	size_t max = e->catalog->anchor_count + 1, found = 0;
	CLEANUP(freep) const struct anchor **anchors = calloc(max, sizeof *anchors);
	CLEANUP(freep) const struct cert **certs = calloc(max, sizeof *certs);

	if (!anchors || !certs)
		return error_set(err, REASON_NO_MEMORY, "anchors");

	const struct chain_request request = {
		.leaf = e->chain[0],
		.sent = (const struct cert *const *)&e->chain[1],
		.sent_count = e->chain_count - 1,
		.anchors = certs,
		.anchor_count = collect_anchors(e, anchors, certs),
		.now = e->facts.now,
	};
	if (!chain_check(&request, &found, err))
		return false;
	*ret = anchors[found];
	return true;
}

/* Our own certificates are known by every byte, not by issuer and serial alone: anybody can write
 * those. */
static bool is_record_of(const struct certificate *record, const struct cert *cert)
{
	return bytes_equal((struct bytes){ record->der, record->der_len }, cert_der(cert));
}

static bool is_issuer_by_name(const struct ca *ca, const struct cert *leaf)
{
	return bytes_equal(cert_subject_der(ca->cert), cert_issuer_der(leaf));
}

/* Looks among the CAs of all accounts: a certificate that another account's administrator revoked
 * is revoked here too. */
static bool find_record(struct enrollment *e, const struct ca **ret_ca, struct error *err)
{
	const struct cert *leaf = e->chain[0];

	for (size_t i = 0; i < e->catalog->ca_count; i++) {
		const struct ca *ca = &e->catalog->cas[i];
		struct error missing = { 0 };

		if (!is_issuer_by_name(ca, leaf))
			continue;
		if (store_certificate_find_by_serial(e->ra->options.store, ca->id,
						     cert_serial(leaf), &e->client_record,
						     &missing)) {
			if (is_record_of(&e->client_record, leaf)) {
				*ret_ca = ca;
				return true;
			}
			certificate_done(&e->client_record);
			e->client_record = (struct certificate){ 0 };
		} else if (missing.reason != REASON_NOT_FOUND) {
			*err = missing;
			return false;
		}
	}
	*ret_ca = NULL;
	return true;
}

/* One of the three kinds of certificate. */
static void name_kind(struct enrollment *e, const struct ca *ca)
{
	struct certificate_finding *finding = &e->facts.certificate;
	bool ours = ca && ca->account_id == e->profile->account_id;

	finding->record = ca ? &e->client_record : NULL;
	finding->kind = ours ? IDENTITY_OWN : IDENTITY_THIRD_PARTY;
	if (!ours || e->client_record.purpose != PURPOSE_RA)
		return;
	finding->scope = catalog_ra_scope_of(e->catalog, e->client_record.id);
	finding->kind = IDENTITY_RA;
}

/* A CA of ours signed it, and we do not know it: a restored store, or the CA's key used elsewhere.
 * Asked of the CAs and not of the anchor, which may stand above them. */
static const struct ca *find_signer(const struct enrollment *e)
{
	for (size_t i = 0; i < e->catalog->ca_count; i++)
		if (ca_has_signed(&e->catalog->cas[i], e->chain[0]))
			return &e->catalog->cas[i];
	return NULL;
}

bool authenticate_certificate(struct enrollment *e, struct error *err)
{
	struct certificate_finding *finding = &e->facts.certificate;
	const struct ca *ca = NULL;

	finding->offered = e->request->client_chain_count > 0;
	if (!finding->offered)
		return true;
	if (!parse_chain(e, &finding->failure))
		return true;
	finding->cert = e->chain[0];
	if (!find_anchor(e, &finding->anchor, &finding->failure) ||
	    !chain_check_client_usage(finding->cert, true, &finding->failure))
		return true;
	if (!find_record(e, &ca, err))
		return false;
	e->stray_signer = ca ? NULL : find_signer(e);
	if (e->stray_signer) {
		(void)!error_set(&finding->failure, REASON_CERT_UNKNOWN,
				 "signed by our CA, but not in the store");
		return true;
	}
	if (ca && ca->revoked) {
		(void)!error_set(&finding->failure, REASON_CERT_REVOKED,
				 "the CA that issued it is revoked");
		return true;
	}
	name_kind(e, ca);
	return true;
}

static bool has_passphrase(const struct enrollment *e)
{
	for (size_t i = 0; i < e->catalog->passphrase_count; i++) {
		const struct passphrase *passphrase = &e->catalog->passphrases[i];

		if (passphrase->profile_id == e->profile->id &&
		    (passphrase->ends == 0 || passphrase->ends > e->facts.now))
			return true;
	}
	return false;
}

static void presume_passphrase(struct enrollment *e, bool sent)
{
	struct passphrase_finding *finding = &e->facts.passphrase;
	struct bytes candidates[CANDIDATES_MAX];

	if (auth_takes_code(e->profile->auth))
		return;
	finding->offered = sent || candidates_in_csr(e, CHALLENGE_IS_PASSPHRASE, candidates) > 0;
	if (finding->offered && !has_passphrase(e))
		(void)!error_set(&finding->failure, REASON_BAD_PASSPHRASE,
				 "the profile has no passphrase in force");
}

bool authenticate_presumed(struct enrollment *e, bool sends_passphrase, struct error *err)
{
	if (!authenticate_certificate(e, err))
		return false;
	presume_passphrase(e, sends_passphrase);
	return find_device_of_certificate(e, err) && presume_code(e, sends_passphrase, err);
}

bool authenticate(struct enrollment *e, struct error *err)
{
	if (!authenticate_certificate(e, err))
		return false;
	find_passphrase(e);
	return find_device_of_certificate(e, err) && find_code(e, err);
}
