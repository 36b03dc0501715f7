/* From a grant to a linted, recorded TBSCertificate. */
#include "ca/ca.h"

#include <string.h>

#include "base/hash.h"
#include "ca/issuance.h"
#include "ca/serial.h"
#include "model/publication.h"
#include "pki/der.h"
#include "pki/key_scrutiny.h"
#include "pki/lint.h"
#include "pki/name_constraints.h"
#include "pki/ocsp_oid.h"
#include "pki/tbs.h"
#include "store/store_blocked_key.h"
#include "store/store_certificate.h"
#include "store/store_restore.h"

/* RFC 7093 section 2, method 1: SHA-1 has no place in new certificates. */
#define KEY_ID_LEN 20
#define CLOCK_TOLERANCE 300 /* seconds that a clock may be set back, or nodes differ */

void issuance_free(struct issuance *issuance)
{
	if (!issuance)
		return;
	certificate_done(&issuance->record);
	buffer_done(&issuance->tbs);
	public_key_free(issuance->own_key);
	free(issuance);
}

static bool key_id(const struct public_key *key, unsigned char ret[HASH_LEN], struct error *err)
{
	return hash_sha256(public_key_bit_string(key), ret, err);
}

/* The one that stands in the certificates of a CA that has issued before, or ours. */
static bool own_key_id(const struct grant *grant, const struct public_key *key, struct buffer *ret,
		       struct error *err)
{
	unsigned char id[HASH_LEN];

	if (!key_id(key, id, err))
		return false;
	buffer_append(ret, grant->key_id.len ? buffer_view(&grant->key_id)
					     : (struct bytes){ id, KEY_ID_LEN });
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "key identifier");
}

static bool write_key_ids(const struct grant *grant, const struct public_key *key,
			  const struct cert *issuer, struct buffer *to, struct error *err)
{
	CLEANUP(buffer_done) struct buffer own = { 0 };
	CLEANUP(buffer_done) struct buffer value = { 0 };
	unsigned char above[HASH_LEN];
	struct bytes issuer_id = issuer ? cert_subject_key_id(issuer) : (struct bytes){ 0 };

	if (!own_key_id(grant, key, &own, err))
		return false;
	if (!issuer)
		issuer_id = buffer_view(&own);
	if (issuer_id.len == 0) {
		if (!key_id(cert_key(issuer), above, err))
			return false;
		issuer_id = (struct bytes){ above, KEY_ID_LEN };
	}
	authority_key_id_encode(issuer_id, &value);
	extension_write(to, oid_authority_key_id, false, buffer_view(&value));
	buffer_clear(&value);
	key_id_encode(buffer_view(&own), &value);
	extension_write(to, oid_subject_key_id, false, buffer_view(&value));
	return true;
}

static bool write_ext_key_usages(const struct grant *grant, struct buffer *to, struct error *err)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };
	CLEANUP(buffer_done) struct buffer oid = { 0 };

	if (grant->ext_key_usage_count == 0)
		return true;
	size_t list = der_begin(&value, DER_SEQUENCE);
	for (size_t i = 0; i < grant->ext_key_usage_count; i++) {
		buffer_clear(&oid);
		if (!oid_from_text(grant->ext_key_usages[i], &oid))
			return error_set(err, REASON_LINT_FAILED, "extended key usage %s is no OID",
					 grant->ext_key_usages[i]);
		der_write_oid(&value, buffer_view(&oid));
	}
	der_end(&value, list);
	extension_write(to, oid_ext_key_usage, grant->ext_key_usage_critical, buffer_view(&value));
	return true;
}

static bool write_crl_place(const struct cert *issuer, const char *va_url, struct buffer *to,
			    struct error *err)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };
	char crl[PUBLICATION_URL_MAX];

	if (!publication_url(va_url, issuer, PUBLICATION_CRL, crl))
		return error_set(err, REASON_CONFIG, "[va] url is too long");
	crl_distribution_point_encode(crl, &value);
	extension_write(to, oid_crl_distribution_points, false, buffer_view(&value));
	return true;
}

static bool write_access_places(const struct cert *issuer, const char *va_url, struct buffer *to,
				struct error *err)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };
	char ca[PUBLICATION_URL_MAX], ocsp[PUBLICATION_URL_MAX];

	if (!publication_url(va_url, issuer, PUBLICATION_CA, ca) ||
	    !publication_ocsp_url(va_url, ocsp))
		return error_set(err, REASON_CONFIG, "[va] url is too long");
	authority_info_access_encode(ocsp, ca, &value);
	extension_write(to, oid_authority_info_access, false, buffer_view(&value));
	return true;
}

/* Where its status can be learnt: of a self-signed one there is none. */
static bool write_publications(const struct grant *grant, const struct cert *issuer,
			       const char *va_url, struct buffer *to, struct error *err)
{
	if (!issuer || !va_url)
		return true;
	return (!grant->crl_at_node || write_crl_place(issuer, va_url, to, err)) &&
	       (!grant->access_at_node || write_access_places(issuer, va_url, to, err));
}

/* Nobody asks about whom they ask: RFC 6960 4.2.2.2.1. Its life is short instead. */
static void write_no_check(struct buffer *to)
{
	static const struct bytes null = BYTES_LITERAL("\x05\x00");

	extension_write(to, oid_ocsp_no_check, false, null);
}

static bool write_extensions(const struct grant *grant, const struct public_key *key,
			     const struct cert *issuer, const char *va_url, struct buffer *to,
			     struct error *err)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };

	if (!write_key_ids(grant, key, issuer, to, err))
		return false;
	if (grant->is_ca) {
		basic_constraints_encode(true, grant->path_len, &value);
		extension_write(to, oid_basic_constraints, true, buffer_view(&value));
		buffer_clear(&value);
	}
	if (grant->name_constraints.len)
		extension_write(to, oid_name_constraints, true,
				buffer_view(&grant->name_constraints));
	key_usage_encode(grant->key_usage, &value);
	extension_write(to, oid_key_usage, grant->key_usage_critical, buffer_view(&value));
	if (!write_ext_key_usages(grant, to, err))
		return false;
	if (grant->purpose == PURPOSE_OCSP)
		write_no_check(to);
	else if (!write_publications(grant, issuer, va_url, to, err))
		return false;
	buffer_append(to, buffer_view(&grant->extensions));
	if (grant->san.count == 0)
		return true;
	buffer_clear(&value);
	if (!san_encode(&grant->san, &value, err))
		return false;
	/* RFC 5280 4.2.1.6: critical where the subject is empty */
	extension_write(to, oid_subject_alt_name, grant->subject.count == 0, buffer_view(&value));
	return true;
}

static bool record_fill(struct issuance *issuance, const struct grant *grant,
			const struct ca *issuer, const struct public_key *key, int64_t now,
			struct error *err)
{
	struct certificate *record = &issuance->record;
	CLEANUP(buffer_done) struct buffer subject = { 0 };
	CLEANUP(buffer_done) struct buffer san = { 0 };

	name_to_text(&grant->subject, &subject);
	san_to_text(&grant->san, &san);
	record->subject = bytes_to_string(buffer_view(&subject));
	record->san = bytes_to_string(buffer_view(&san));
	if (!record->subject || !record->san || !buffer_ok(&subject) || !buffer_ok(&san))
		return error_set(err, REASON_NO_MEMORY, "record");
	record->account_id = grant->account_id;
	record->ca_id = issuer ? issuer->id : 0;
	record->profile_id = grant->profile_id;
	record->profile_version = grant->profile_version;
	record->purpose = grant->purpose;
	record->state = CERTIFICATE_INTENT;
	record->not_before = grant->not_before;
	record->not_after = grant->not_after;
	record->created = now;
	record->operation = grant->operation;
	record->renews_id = grant->renews_id;
	memcpy(record->key_hash, public_key_hash(key), KEY_HASH_LEN);
	memcpy(record->identity_hash, grant->identity_hash, KEY_HASH_LEN);
	return true;
}

static bool give_serial(struct store_tx *tx, struct certificate *record, struct error *err)
{
	record->serial_len = SERIAL_LEN;
	return serial_new(store_restorations(tx), record->serial, err);
}

static bool choose_algorithm(struct issuance *issuance, const struct grant *grant,
			     const struct ca *issuer, struct error *err)
{
	enum key_type type = public_key_type(issuance->issuer_key);

	issuance->algorithm = grant->signature != SIGN_COUNT ? grant->signature
			      : issuer                       ? ca_signature(issuer)
							     : key_type_default_algorithm(type);
	return key_type_signs_with(type, issuance->algorithm) ||
	       error_set(err, REASON_CA_UNAVAILABLE, "the CA's %s key cannot sign with %s",
			 key_type_text(type), signature_algorithm_text(issuance->algorithm));
}

static bool encode_subject(const struct grant *grant, struct buffer *ret, struct error *err)
{
	if (grant->subject_der.len == 0)
		return name_encode(&grant->subject, ret, err);
	buffer_append(ret, buffer_view(&grant->subject_der));
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "subject");
}

static bool build_tbs(struct issuance *issuance, const struct grant *grant,
		      const struct public_key *key, const struct cert *issuer, const char *va_url,
		      struct error *err)
{
	CLEANUP(buffer_done) struct buffer subject = { 0 };
	CLEANUP(buffer_done) struct buffer extensions = { 0 };

	if (!encode_subject(grant, &subject, err) ||
	    !write_extensions(grant, key, issuer, va_url, &extensions, err))
		return false;
	if (!buffer_ok(&extensions))
		return error_set(err, REASON_NO_MEMORY, "extensions");

	const struct tbs tbs = {
		.serial = { issuance->record.serial, issuance->record.serial_len },
		.signature_algorithm = issuance->algorithm,
		.issuer = issuer ? cert_subject_der(issuer) : buffer_view(&subject),
		.not_before = grant->not_before,
		.not_after = grant->not_after,
		.subject = buffer_view(&subject),
		.spki = public_key_spki(key),
		.extensions = buffer_view(&extensions),
	};
	return tbs_encode(&tbs, &issuance->tbs, err);
}

static bool is_constrained(const struct ca *issuer)
{
	if (cert_has_name_constraints(issuer->cert))
		return true;
	for (size_t i = 0; i < issuer->chain_count; i++)
		if (cert_has_name_constraints(issuer->chain[i]))
			return true;
	return false;
}

static bool check_against(const struct cert *ca, const struct certified_names *names,
			  struct error *err)
{
	unsigned int work = NAME_CONSTRAINTS_WORK_MAX;
	struct error breach = { 0 };

	return name_constraints_check_names(ca, names, &work, &breach) ||
	       error_set(err, REASON_NAME_CONSTRAINTS, "%s", breach.detail);
}

/* CRT-07: whoever validates the path applies the constraints of every CA on it (RFC 5280 6.1.3 (b)
 * and (c)), so a name that breaks one is refused before it is signed. */
static bool check_name_constraints(const struct grant *grant, const struct ca *issuer,
				   struct error *err)
{
	CLEANUP(buffer_done) struct buffer subject = { 0 };
	CLEANUP(buffer_done) struct buffer value = { 0 };

	if (!issuer || !is_constrained(issuer))
		return true;
	/* RFC 5280 6.1.3 (b): what a CA issues to its own name is spared */
	if (grant->is_ca && name_equal(&grant->subject, cert_subject(issuer->cert)))
		return true;
	if (!encode_subject(grant, &subject, err) ||
	    (grant->san.count > 0 && !san_encode(&grant->san, &value, err)))
		return false;
	if (!buffer_ok(&subject) || !buffer_ok(&value))
		return error_set(err, REASON_NO_MEMORY, "names");

	const struct extension san = { .oid = oid_subject_alt_name, .value = buffer_view(&value) };
	const struct certified_names names = {
		.subject = &grant->subject,
		.subject_der = buffer_view(&subject),
		.san = grant->san.count > 0 ? &san : NULL,
		.is_ca = grant->is_ca,
	};
	if (!check_against(issuer->cert, &names, err))
		return false;
	for (size_t i = 0; i < issuer->chain_count; i++)
		if (!check_against(issuer->chain[i], &names, err))
			return false;
	return true;
}

/* A weak key is weak whoever asks, so it is looked for behind every door and decision. */
static bool check_key(struct store_tx *tx, const struct public_key *key, struct error *err)
{
	unsigned char modulus[MODULUS_FINGERPRINT_LEN] = { 0 };
	bool has_modulus = false, blocked = false;

	if (!public_key_modulus_fingerprint(key, modulus, &has_modulus, err) ||
	    !store_blocked_key_find(tx, (struct bytes){ public_key_hash(key), KEY_HASH_LEN },
				    (struct bytes){ modulus, has_modulus ? sizeof modulus : 0 },
				    &blocked, err))
		return false;
	if (blocked)
		return error_set(err, REASON_KEY_BLOCKLISTED,
				 "the key is on the node's list of blocked keys");
	return public_key_check_composite(key, err);
}

/* Under a clock that was set back, ended certificates would live and closed windows open (T13). */
static bool check_clock(struct store_tx *tx, int64_t now, struct error *err)
{
	char now_text[TIME_TEXT_MAX], text[TIME_TEXT_MAX];
	int64_t newest = 0;

	if (!store_certificate_newest(tx, &newest, err))
		return false;
	return now >= newest - CLOCK_TOLERANCE ||
	       error_set(err, REASON_CLOCK, "it is %s, and a certificate was issued at %s",
			 time_to_text(now, now_text), time_to_text(newest, text));
}

/* The intent's bytes are the issuance's for the length of the call. */
static bool enter_intent(struct store_tx *tx, struct issuance *issuance, struct error *err)
{
	struct certificate intent = issuance->record;

	intent.der = issuance->tbs.data;
	intent.der_len = issuance->tbs.len;
	return store_certificate_insert_intent(tx, &intent, &issuance->record.id, err);
}

/* Who asked, which the grant needs no more. */
static void take_origin(struct certificate *record, struct grant *grant)
{
	record->peer = TAKE(grant->peer);
	record->requested_by = TAKE(grant->requested_by);
	record->request_id = TAKE(grant->request_id);
}

static bool build(struct store_tx *tx, const struct grant *grant, const struct ca *issuer,
		  const struct ca_context *context, struct issuance **ret, struct error *err)
{
	CLEANUP(issuance_freep) struct issuance *issuance = calloc(1, sizeof *issuance);
	const struct cert *issuer_cert = issuer ? issuer->cert : NULL;
	int64_t now = clock_now(context->clock);

	if (!issuance)
		return error_set(err, REASON_NO_MEMORY, "issuance");
	issuance->own_key = public_key_ref(grant->key);
	issuance->issuer_key = issuer ? cert_key(issuer->cert) : issuance->own_key;
	if (!issuance->issuer_key)
		return error_set(err, REASON_CA_UNAVAILABLE, "the CA's own key is unsound");
	if (!choose_algorithm(issuance, grant, issuer, err) || !check_clock(tx, now, err) ||
	    !check_key(tx, issuance->own_key, err) || !check_name_constraints(grant, issuer, err) ||
	    !record_fill(issuance, grant, issuer, issuance->own_key, now, err) ||
	    !give_serial(tx, &issuance->record, err) ||
	    !build_tbs(issuance, grant, issuance->own_key, issuer_cert, context->va_url, err) ||
	    !lint_tbs(buffer_view(&issuance->tbs), issuer_cert, issuance->own_key, err))
		return false;
	*ret = TAKE(issuance);
	return true;
}

bool ca_prepare(struct store_tx *tx, struct grant *consumed, const struct ca *issuer,
		const struct ca_context *context, enum ca_intent intent, struct issuance **ret,
		struct error *err)
{
	CLEANUP(grant_freep) struct grant *grant = consumed;
	CLEANUP(issuance_freep) struct issuance *issuance = NULL;

	if (!build(tx, grant, issuer, context, &issuance, err))
		return false;
	take_origin(&issuance->record, grant);
	if (intent == INTENT_ENTERED && !enter_intent(tx, issuance, err))
		return false;
	*ret = TAKE(issuance);
	return true;
}

bool ca_preview(struct store_tx *tx, const struct grant *grant, const struct ca *issuer,
		const struct ca_context *context, struct ca_preview *ret, struct error *err)
{
	CLEANUP(issuance_freep) struct issuance *issuance = NULL;

	if (!build(tx, grant, issuer, context, &issuance, err))
		return false;
	*ret = (struct ca_preview){ .tbs = issuance->tbs };
	ret->subject = TAKE(issuance->record.subject);
	ret->san = TAKE(issuance->record.san);
	issuance->tbs = (struct buffer){ 0 };
	return true;
}

void ca_preview_done(struct ca_preview *preview)
{
	buffer_done(&preview->tbs);
	free(preview->subject);
	free(preview->san);
}
