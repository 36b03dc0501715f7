#include "est_client/trust.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "pki/bundle_add.h"
#include "pki/chain.h"

bool trust_add(struct trust *trust, const struct cert *anchor, struct error *err)
{
	return bundle_add_cert(&trust->anchors, cert_der(anchor), err);
}

void trust_done(struct trust *trust)
{
	bundle_done(&trust->anchors);
}

/* -- host names -- */

static bool address_equal(const char *a, const char *b)
{
	unsigned char left[sizeof(struct in6_addr)], right[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, a, left) == 1 && inet_pton(AF_INET, b, right) == 1)
		return memcmp(left, right, sizeof(struct in_addr)) == 0;
	return inet_pton(AF_INET6, a, left) == 1 && inet_pton(AF_INET6, b, right) == 1 &&
	       memcmp(left, right, sizeof left) == 0;
}

static bool is_address(const char *host)
{
	unsigned char any[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, any) == 1 || inet_pton(AF_INET6, host, any) == 1;
}

/* RFC 9525 6.3: the wildcard is a whole leftmost label and stands for exactly one; there must be
 * two more, or a registry's domain would match. */
static bool dns_matches(const char *pattern, const char *host)
{
	if (strncmp(pattern, "*.", 2) != 0)
		return strcasecmp(pattern, host) == 0;

	const char *rest = strchr(host, '.');
	return rest && rest != host && strchr(pattern + 2, '.') &&
	       strcasecmp(pattern + 1, rest) == 0;
}

bool trust_host_matches(const struct cert *leaf, const char *host)
{
	const struct san *san = cert_san(leaf);
	bool by_address = is_address(host);

	for (size_t i = 0; i < san->count; i++) {
		const struct san_entry *entry = &san->entries[i];

		if (by_address ? entry->type == SAN_IP && address_equal(entry->value, host)
			       : entry->type == SAN_DNS && dns_matches(entry->value, host))
			return true;
	}
	return false;
}

/* -- the server -- */

static bool check_time(const struct cert *leaf, int64_t now, struct error *err)
{
	char text[TIME_TEXT_MAX], here[TIME_TEXT_MAX];

	time_to_text(now, here);
	if (now > cert_not_after(leaf))
		return error_set(err, REASON_SERVER_UNTRUSTED,
				 "its certificate ended %s; the clock here says %s",
				 time_to_text(cert_not_after(leaf), text), here);
	if (now < cert_not_before(leaf))
		return error_set(err, REASON_SERVER_UNTRUSTED,
				 "its certificate begins %s; the clock here says %s",
				 time_to_text(cert_not_before(leaf), text), here);
	return true;
}

/* RFC 7030 3.6.1: an RA or CA says so in its certificate, and then its host name is no matter. */
static bool check_role(const struct cert *leaf, const char *host, struct error *err)
{
	if (cert_has_ext_key_usage(leaf) && cert_ext_key_usage_holds(leaf, oid_cmc_ra))
		return true;
	if (cert_has_ext_key_usage(leaf) && !cert_ext_key_usage_holds(leaf, oid_server_auth) &&
	    !cert_ext_key_usage_holds(leaf, oid_any_ext_key_usage))
		return error_set(err, REASON_SERVER_UNTRUSTED,
				 "its certificate is not for a server (RFC 5280 4.2.1.12)");
	if (!trust_host_matches(leaf, host))
		return error_set(err, REASON_SERVER_UNTRUSTED,
				 "its certificate is not that of %s, nor an RA's", host);
	return true;
}

bool trust_check_server(const struct trust *trust, const char *host,
			const struct server_chain *chain, int64_t now, struct error *err)
{
	size_t anchor, sent = chain->count ? chain->count - 1 : 0;
	struct error why = { 0 };

	if (chain->count == 0)
		return error_set(err, REASON_SERVER_UNTRUSTED, "it shows no certificate");

	const struct chain_request request = {
		.leaf = chain->certs[0],
		.sent = chain->certs + 1,
		.sent_count = sent < CHAIN_DEPTH_MAX ? sent : CHAIN_DEPTH_MAX,
		.anchors = (const struct cert *const *)trust->anchors.certs,
		.anchor_count = trust->anchors.count,
		.now = now,
	};
	if (!chain_check(&request, &anchor, &why))
		return error_set(
			err, why.reason == REASON_NO_MEMORY ? why.reason : REASON_SERVER_UNTRUSTED,
			"its certificate leads to no anchor: %s", why.detail);
	return check_time(request.leaf, now, err) && check_role(request.leaf, host, err);
}

/* -- anchors out of CA certificates -- */

static bool is_issued_within(const struct bundle *bundle, const struct cert *cert)
{
	for (size_t i = 0; i < bundle->count; i++)
		if (bundle->certs[i] != cert &&
		    name_equal(cert_issuer(cert), cert_subject(bundle->certs[i])))
			return true;
	return false;
}

/* Self-issued alone may be a link between an old key and a new one (RFC 7030 4.1.3). */
static bool is_self_signed(const struct cert *cert)
{
	const struct public_key *key = cert_key(cert);

	return cert_is_self_issued(cert) && key &&
	       public_key_verify(key, cert_signature_algorithm(cert), cert_tbs(cert),
				 cert_signature(cert));
}

static bool is_at_the_top(const struct bundle *cacerts, const struct cert *cert)
{
	return !cert_is_self_issued(cert) && !is_issued_within(cacerts, cert);
}

typedef bool picks(const struct bundle *cacerts, const struct cert *cert);

static bool picks_roots(const struct bundle *cacerts, const struct cert *cert)
{
	(void)cacerts;
	return is_self_signed(cert);
}

static bool pick(const struct bundle *cacerts, picks *wanted, int64_t now, struct bundle *to,
		 struct error *err)
{
	struct error why;

	for (size_t i = 0; i < cacerts->count; i++) {
		const struct cert *cert = cacerts->certs[i];

		if (chain_check_anchor(cert, now, &why) && wanted(cacerts, cert) &&
		    !bundle_add_cert(to, cert_der(cert), err))
			return false;
	}
	return true;
}

bool trust_pick_anchors(const struct bundle *cacerts, int64_t now, struct bundle *ret,
			struct error *err)
{
	CLEANUP(bundle_done) struct bundle anchors = { 0 };

	if (!pick(cacerts, picks_roots, now, &anchors, err))
		return false;
	if (anchors.count == 0 && !pick(cacerts, is_at_the_top, now, &anchors, err))
		return false;
	if (anchors.count == 0)
		return error_set(err, REASON_SERVER_ANSWER,
				 "none of the %zu CA certificates can be an anchor today",
				 cacerts->count);
	*ret = anchors;
	anchors = (struct bundle){ 0 };
	return true;
}
