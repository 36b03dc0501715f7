#include "pki/chain.h"

#include "pki/chain_rule.h"

#define SIGNATURE_CHECKS_MAX 16 /* per request: a client may send certificates that all fit */

/* A walk from the leaf upwards, over edges that were proven by signature. */
struct search {
	const struct chain_request *request;
	struct chain_path path;
	unsigned int signature_checks;
	bool met_namesake;    /* an anchor of the right name whose key did not sign */
	struct error refusal; /* the first that tells more than "no anchor" */
};

/* -- candidates -- */

static bool same_key(const struct cert *a, const struct cert *b)
{
	const struct bytes hash = { cert_key_hash(a), KEY_HASH_LEN };

	return bytes_equal(hash, (struct bytes){ cert_key_hash(b), KEY_HASH_LEN });
}

/* No path needs a key twice. This ends the loops of cross-signed CAs, and keeps a client from
 * presenting a trusted CA's own certificate as one that this CA issued. */
static bool stands_in_path(const struct chain_path *path, const struct cert *cert)
{
	for (size_t i = 0; i < path->count; i++)
		if (same_key(path->certs[i], cert))
			return true;
	return false;
}

static bool key_ids_differ(const struct cert *cert, const struct cert *issuer)
{
	struct bytes wanted = cert_authority_key_id(cert);
	struct bytes had = cert_subject_key_id(issuer);

	return wanted.len > 0 && had.len > 0 && !bytes_equal(wanted, had);
}

static bool names_meet(const struct cert *cert, const struct cert *issuer)
{
	return bytes_equal(cert_issuer_der(cert), cert_subject_der(issuer)) ||
	       name_equal(cert_issuer(cert), cert_subject(issuer));
}

/* By looks only; whether it signed is asked next. An end entity never signs (RFC 5280 6.1.4 k, n).
 */
static bool may_be_issuer(const struct search *s, const struct cert *cert,
			  const struct cert *candidate)
{
	return names_meet(cert, candidate) && cert_is_ca(candidate) &&
	       !key_ids_differ(cert, candidate) && !stands_in_path(&s->path, candidate);
}

static void note(struct search *s, const struct error *refusal)
{
	if (s->refusal.reason == REASON_NONE)
		s->refusal = *refusal;
}

static bool has_signed(struct search *s, const struct cert *candidate, const struct cert *cert)
{
	struct error why = { 0 };

	if (s->signature_checks == SIGNATURE_CHECKS_MAX) {
		(void)!error_set(&why, REASON_CLIENT_CERT_INVALID,
				 "more than %d signatures would have to be checked",
				 SIGNATURE_CHECKS_MAX);
		note(s, &why);
		return false;
	}
	s->signature_checks++;
	if (!chain_key_check(candidate, &why)) {
		note(s, &why);
		return false;
	}
	return public_key_verify(cert_key(candidate), cert_signature_algorithm(cert),
				 cert_tbs(cert), cert_signature(cert));
}

/* -- the walk -- */

static const struct cert *top(const struct search *s)
{
	return s->path.certs[s->path.count - 1];
}

static bool try_anchor(struct search *s, const struct cert *anchor)
{
	struct error why = { 0 };

	if (!may_be_issuer(s, top(s), anchor))
		return false;
	if (!has_signed(s, anchor, top(s))) {
		s->met_namesake = true;
		return false;
	}
	s->path.certs[s->path.count++] = anchor;
	bool sound = chain_path_check(&s->path, s->request->now, &why);
	s->path.count--;
	if (!sound)
		note(s, &why);
	return sound;
}

static bool end_in_anchor(struct search *s, size_t *ret_anchor)
{
	for (size_t i = 0; i < s->request->anchor_count; i++)
		if (try_anchor(s, s->request->anchors[i])) {
			*ret_anchor = i;
			return true;
		}
	return false;
}

/* A weak signature proves nothing, so the walk ends here. A self-issued root that the client sent
 * along is no reason to speak of weakness. */
static bool top_is_strong(struct search *s)
{
	struct error why = { 0 };

	if (chain_signature_check(top(s), &why))
		return true;
	if (s->path.count == 1 || !cert_is_self_issued(top(s)))
		note(s, &why);
	return false;
}

/* Recursion is as deep as the path is long. */
static bool extend(struct search *s, size_t *ret_anchor)
{
	if (!top_is_strong(s))
		return false;
	if (end_in_anchor(s, ret_anchor))
		return true;
	if (s->path.count > CHAIN_DEPTH_MAX)
		return false;
	for (size_t i = 0; i < s->request->sent_count; i++) {
		const struct cert *candidate = s->request->sent[i];

		if (!may_be_issuer(s, top(s), candidate) || !has_signed(s, candidate, top(s)))
			continue;
		s->path.certs[s->path.count++] = candidate;
		if (extend(s, ret_anchor))
			return true;
		s->path.count--;
	}
	return false;
}

static bool refuse(const struct search *s, struct error *err)
{
	const struct cert *leaf = s->request->leaf;

	if (s->refusal.reason != REASON_NONE)
		return error_set(err, s->refusal.reason, "%s", s->refusal.detail);
	if (s->met_namesake)
		return error_set(err, REASON_UNTRUSTED_ISSUER,
				 "a trusted CA bears the issuer's name, but its key did not sign");
	if (s->request->sent_count == 0 && !cert_is_self_issued(leaf))
		return error_set(err, REASON_CHAIN_INCOMPLETE,
				 "the client sent one certificate, and no trusted CA issued it");
	return error_set(err, REASON_UNTRUSTED_ISSUER, "no path to a trusted CA");
}

bool chain_check(const struct chain_request *request, size_t *ret_anchor, struct error *err)
{
	struct search search = { .request = request };

	if (request->sent_count > CHAIN_DEPTH_MAX)
		return error_set(err, REASON_CLIENT_CERT_INVALID,
				 "%zu certificates beside the client's; the most is %d",
				 request->sent_count, CHAIN_DEPTH_MAX);
	if (!chain_signature_check(request->leaf, err) || !chain_key_check(request->leaf, err))
		return false;
	search.path.certs[search.path.count++] = request->leaf;
	return extend(&search, ret_anchor) || refuse(&search, err);
}
