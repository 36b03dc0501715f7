#include "manage/describe.h"

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/hex.h"
#include "base/utf8.h"
#include "pki/bundle.h"
#include "pki/name_subtree.h"

json_t *describe_text(const char *text)
{
	if (!text)
		return json_null();

	CLEANUP(freep) char *clean = strdup(text);
	if (!clean)
		return NULL;
	utf8_clean(clean);
	return json_string(clean);
}

json_t *describe_time(int64_t seconds)
{
	char text[TIME_TEXT_MAX];

	return seconds ? json_string(time_to_text(seconds, text)) : json_null();
}

json_t *describe_hex(struct bytes bytes)
{
	CLEANUP(freep) char *text = malloc(2 * bytes.len + 1);

	return text ? json_string(hex_encode(bytes, text)) : NULL;
}

json_t *describe_base64(struct bytes bytes)
{
	CLEANUP(buffer_wipe) struct buffer text = { 0 };

	base64_encode(bytes, 0, &text);
	if (!buffer_ok(&text) || text.len == 0)
		return NULL;
	return json_stringn((const char *)text.data, text.len - 1);
}

json_t *describe_name(const struct name *name)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };

	name_to_text(name, &text);

	const char *string = buffer_cstring(&text);
	return string ? describe_text(string) : NULL;
}

json_t *describe_san(const struct san *san)
{
	json_auto_t *list = json_array();

	for (size_t i = 0; i < san->count; i++) {
		json_t *item = json_pack("{s:s, s:o}", "type", san_type_text(san->entries[i].type),
					 "value", describe_text(san->entries[i].value));
		if (json_array_append_new(list, item) != 0)
			return NULL;
	}
	return TAKE(list);
}

json_t *describe_key(const struct public_key *key)
{
	if (!key)
		return json_string("unsound");
	if (public_key_type(key) != KEY_RSA)
		return json_string(key_type_text(public_key_type(key)));
	return json_sprintf("rsa-%u", public_key_bits(key));
}

/* Subtrees of both kinds, on their way into their lists. */
struct constraints_lists {
	json_t *permitted, *excluded;
};

static bool add_subtree(void *context, bool excluded, const char *text)
{
	const struct constraints_lists *lists = context;

	return json_array_append_new(excluded ? lists->excluded : lists->permitted,
				     describe_text(text)) == 0;
}

json_t *describe_name_constraints(const struct cert *cert)
{
	const struct extension *extension =
		extensions_find(cert_extensions(cert), oid_name_constraints);
	json_auto_t *permitted = json_array();
	json_auto_t *excluded = json_array();
	struct constraints_lists lists = { permitted, excluded };

	if (!extension)
		return json_null();
	(void)name_constraints_each(extension->value, add_subtree, &lists);
	return json_pack("{s:O, s:O}", "permitted", permitted, "excluded", excluded);
}

static json_t *describe_path_len(const struct cert *cert)
{
	return cert_path_len(cert) < 0 ? json_null() : json_integer(cert_path_len(cert));
}

json_t *describe_cert(const struct cert *cert)
{
	struct bytes fingerprint = { cert_fingerprint(cert), CERT_FINGERPRINT_LEN };

	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o}", "subject",
		describe_name(cert_subject(cert)), "issuer", describe_name(cert_issuer(cert)),
		"serial", describe_hex(cert_serial(cert)), "not_before",
		describe_time(cert_not_before(cert)), "not_after",
		describe_time(cert_not_after(cert)), "fingerprint", describe_hex(fingerprint),
		"key", describe_key(cert_key(cert)), "is_ca", cert_is_ca(cert), "san",
		describe_san(cert_san(cert)), "path_len", describe_path_len(cert),
		"name_constraints", describe_name_constraints(cert));
}

bool ca_is_trusted(const struct ca *ca, const struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->anchor_count; i++)
		if (catalog->anchors[i].account_id == ca->account_id &&
		    bytes_equal(cert_der(catalog->anchors[i].cert), cert_der(ca->cert)))
			return true;
	return false;
}

static size_t count_profiles_of(const struct ca *ca, const struct catalog *catalog)
{
	size_t count = 0;

	for (size_t i = 0; i < catalog->profile_count; i++)
		count += catalog->profiles[i]->ca_id == ca->id;
	return count;
}

json_t *describe_ca(const struct ca *ca, const struct catalog *catalog)
{
	const struct ca *parent = catalog_ca(catalog, ca->parent_id);

	return json_pack("{s:I, s:o, s:s, s:s, s:s?, s:o, s:b, s:b, s:I, s:o}", "id",
			 (json_int_t)ca->id, "name", describe_text(ca->name), "state",
			 ca->revoked ? "revoked" : ca_state_text(ca->state), "key_store",
			 key_place_text(key_place_of(ca->key_name)), "signature",
			 signature_algorithm_text(ca_signature(ca)), "parent",
			 describe_text(parent ? parent->name : NULL), "root", ca->chain_count == 0,
			 "trusted", ca_is_trusted(ca, catalog), "profiles",
			 (json_int_t)count_profiles_of(ca, catalog), "certificate",
			 describe_cert(ca->cert));
}

json_t *describe_anchor(const struct anchor *anchor, const struct catalog *catalog)
{
	const struct ca *ca = catalog_ca(catalog, anchor->ca_id);

	return json_pack("{s:I, s:o, s:o}", "id", (json_int_t)anchor->id, "ca",
			 describe_text(ca ? ca->name : NULL), "certificate",
			 describe_cert(anchor->cert));
}

static json_t *est_url(const struct manage *manage, const char *label)
{
	return json_sprintf("%s/.well-known/est/%s", manage->est_url ? manage->est_url : "", label);
}

json_t *describe_profile_links(const struct manage *manage, const struct profile *profile)
{
	json_auto_t *urls = json_array();

	if (json_array_append_new(urls, est_url(manage, profile->oid)) != 0)
		return NULL;
	for (size_t i = 0; i < profile->alias_count; i++)
		if (json_array_append_new(urls, est_url(manage, profile->aliases[i])) != 0)
			return NULL;
	return TAKE(urls);
}

/* What a person calls the state: an issued certificate may have expired since, and one whose
 * revocation is yet to come holds until then. */
static const char *state_words(const struct certificate *certificate, int64_t now)
{
	bool holds = certificate->state == CERTIFICATE_ISSUED ||
		     (certificate->state == CERTIFICATE_REVOKED && certificate->revoked_at > now);

	if (holds)
		return certificate->not_after < now ? "expired"
						    : certificate_state_text(CERTIFICATE_ISSUED);
	return certificate_state_text(certificate->state);
}

static json_t *revocation_of(const struct certificate *certificate)
{
	if (certificate->revoked_at == 0)
		return json_null();
	return json_pack("{s:o, s:s?, s:o}", "at", describe_time(certificate->revoked_at), "reason",
			 revocation_reason_text(certificate->revocation_reason), "invalidity_date",
			 describe_time(certificate->invalidity_date));
}

json_t *describe_certificate(const struct certificate *certificate, const struct catalog *catalog,
			     int64_t now)
{
	const struct ca *ca = catalog_ca(catalog, certificate->ca_id);
	const struct profile *profile = catalog_profile(catalog, certificate->profile_id);
	const char *operation = certificate->operation < EST_OPERATION_COUNT
					? est_operation_text(certificate->operation)
					: "operator";

	return json_pack(
		"{s:I, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:s, s:o, s:o, s:o, "
		"s:o, s:I, s:I}",
		"id", (json_int_t)certificate->id, "serial",
		describe_hex((struct bytes){ certificate->serial, certificate->serial_len }),
		"state", state_words(certificate, now), "purpose",
		certificate_purpose_text(certificate->purpose), "subject",
		describe_text(certificate->subject), "san", describe_text(certificate->san), "ca",
		describe_text(ca ? ca->name : NULL), "profile",
		describe_text(profile ? profile->name : NULL), "profile_version",
		(json_int_t)certificate->profile_version, "not_before",
		describe_time(certificate->not_before), "not_after",
		describe_time(certificate->not_after), "created",
		describe_time(certificate->created), "issued_via", operation, "requested_by",
		describe_text(certificate->requested_by), "peer", describe_text(certificate->peer),
		"request_id", describe_text(certificate->request_id), "revocation",
		revocation_of(certificate), "renews_id", (json_int_t)certificate->renews_id,
		"renewed_by_id", (json_int_t)certificate->renewed_by_id);
}

json_t *describe_pem(const struct bytes *certs, size_t count)
{
	CLEANUP(buffer_done) struct buffer pem = { 0 };

	for (size_t i = 0; i < count; i++)
		pem_encode("CERTIFICATE", certs[i], &pem);
	return buffer_ok(&pem) ? json_stringn((const char *)pem.data, pem.len) : NULL;
}
