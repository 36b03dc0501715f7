/* What a certificate may do by itself: authenticate a client, or be trusted as an issuing CA. */
#include "base/clock.h"
#include "pki/chain_rule.h"

bool chain_check_client_usage(const struct cert *leaf, bool any_eku_ok, struct error *err)
{
	if (cert_has_key_usage(leaf) && !(cert_key_usage(leaf) & KU_DIGITAL_SIGNATURE))
		return error_set(err, REASON_CLIENT_CERT_USAGE,
				 "keyUsage is there without digitalSignature (RFC 5280 4.2.1.3)");
	if (!cert_has_ext_key_usage(leaf) || cert_ext_key_usage_holds(leaf, oid_client_auth) ||
	    (any_eku_ok && cert_ext_key_usage_holds(leaf, oid_any_ext_key_usage)))
		return true;
	return error_set(err, REASON_CLIENT_CERT_USAGE,
			 "extKeyUsage is there without clientAuth (RFC 5280 4.2.1.12)");
}

bool chain_check_anchor(const struct cert *cert, int64_t now, struct error *err)
{
	char text[TIME_TEXT_MAX];
	struct error why = { 0 };

	if (!cert_is_ca(cert))
		return error_set(
			err, REASON_NOT_A_CA,
			"not CA:TRUE with the right to sign certificates (RFC 5280 4.2.1.9)");
	if (!cert_check_key(cert, &why))
		return error_set(err, why.reason == REASON_NO_MEMORY ? why.reason : REASON_NOT_A_CA,
				 "the CA's key: %s", why.detail);
	if (!cert_is_self_issued(cert) && !chain_signature_check(cert, &why))
		return error_set(err, REASON_NOT_A_CA, "%s", why.detail);
	if (now > cert_not_after(cert))
		return error_set(err, REASON_NOT_A_CA, "the CA certificate expired at %s",
				 time_to_text(cert_not_after(cert), text));
	/* the path checks would refuse every client below: better to say it at upload */
	if (!chain_extensions_check(cert, &why))
		return error_set(err, REASON_NOT_A_CA, "%s", why.detail);
	return true;
}
