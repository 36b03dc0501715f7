#include "est_client/authorities.h"

static bool may_issue(const struct cert *issuer, const struct cert *subject)
{
	struct bytes wanted = cert_authority_key_id(subject);
	struct bytes had = cert_subject_key_id(issuer);

	return cert_is_ca(issuer) && name_equal(cert_issuer(subject), cert_subject(issuer)) &&
	       (!wanted.len || !had.len || bytes_equal(wanted, had));
}

static void climb(struct authorities *to, const struct bundle *from, const struct cert *subject)
{
	for (size_t i = 0; i < from->count && to->count < CHAIN_DEPTH_MAX; i++) {
		const struct cert *cert = from->certs[i];
		bool is_there = cert == subject;

		for (size_t k = 0; k < to->count; k++)
			is_there |= bytes_equal(cert_der(to->certs[k]), cert_der(cert));
		if (!is_there && may_issue(cert, subject))
			to->certs[to->count++] = cert;
	}
}

struct authorities authorities_find(const struct cert *leaf, const struct bundle *answer,
				    const struct bundle *cacerts)
{
	struct authorities found = { 0 };

	climb(&found, answer, leaf);
	climb(&found, cacerts, leaf);
	for (size_t i = 0; i < found.count; i++) {
		climb(&found, answer, found.certs[i]);
		climb(&found, cacerts, found.certs[i]);
	}
	return found;
}

bool authorities_check(const struct cert *leaf, const struct authorities *above,
		       const struct bundle *anchors, int64_t now, struct error *err)
{
	const struct chain_request request = {
		.leaf = leaf,
		.sent = above->certs,
		.sent_count = above->count,
		.anchors = (const struct cert *const *)anchors->certs,
		.anchor_count = anchors->count,
		.now = now,
	};
	size_t anchor;

	return chain_check(&request, &anchor, err);
}
