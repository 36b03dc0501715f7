/* Certificates for tests, also such as no CA of ours would issue: everything is written here. */
#pragma once

#include "test.h"

#include <string.h>

#include "pki/cert.h"
#include "pki/der.h"

#define MAKER_NOW 1760000000 /* 2025-10-09 */
#define MAKER_DAY 86400

struct maker {
	const char *subject, *issuer;     /* RFC 4514 text, or NULL for… */
	struct bytes subject_der;         /* …these bytes */
	const struct private_key *key;    /* the subject's */
	const struct private_key *signer; /* NULL: `key` signs */
	struct bytes spki;                /* instead of the key's */
	int64_t not_before, not_after;    /* 0: a day back, a year ahead */
	struct bytes serial;              /* contents octets; default 1 */
	enum signature_algorithm
		algorithm;                /* default SIGN_RSA_SHA256, the first: the signer's own */
	struct bytes algorithm_der;       /* instead, inside and outside */
	struct bytes outer_algorithm_der; /* instead, outside only */
	struct bytes version;             /* the [0] element; default version 3 */
	struct buffer extensions;         /* whole Extension elements */
	bool without_extensions;
};

static inline void maker_extension(struct maker *maker, struct bytes oid, bool critical,
				   struct bytes value)
{
	extension_write(&maker->extensions, oid, critical, value);
}

static inline void maker_ca(struct maker *maker, int path_len)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };

	basic_constraints_encode(true, path_len, &value);
	maker_extension(maker, oid_basic_constraints, true, buffer_view(&value));
}

static inline void maker_key_usage(struct maker *maker, unsigned int bits)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };

	key_usage_encode(bits, &value);
	maker_extension(maker, oid_key_usage, true, buffer_view(&value));
}

static inline void maker_ext_key_usage(struct maker *maker, struct bytes usage)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };
	size_t list = der_begin(&value, DER_SEQUENCE);

	der_write_oid(&value, usage);
	der_end(&value, list);
	maker_extension(maker, oid_ext_key_usage, false, buffer_view(&value));
}

static inline void maker_key_ids(struct maker *maker, struct bytes own, struct bytes issuers)
{
	CLEANUP(buffer_done) struct buffer ski = { 0 };
	CLEANUP(buffer_done) struct buffer aki = { 0 };

	key_id_encode(own, &ski);
	authority_key_id_encode(issuers, &aki);
	if (own.len)
		maker_extension(maker, oid_subject_key_id, false, buffer_view(&ski));
	if (issuers.len)
		maker_extension(maker, oid_authority_key_id, false, buffer_view(&aki));
}

/* A GeneralName with this tag; appended to `names`. */
static inline void maker_general_name(struct buffer *names, unsigned int tag, struct bytes value)
{
	der_write(names, tag, value);
}

static inline void maker_san(struct maker *maker, struct bytes names)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };

	der_write(&value, DER_SEQUENCE, names);
	maker_extension(maker, oid_subject_alt_name, false, buffer_view(&value));
}

static inline void maker_write_name(struct buffer *to, const char *text)
{
	CLEANUP(name_done) struct name name = { 0 };
	struct error err = { 0 };

	EXPECT_OK(name_from_text(text, &name, &err), err);
	EXPECT_OK(name_encode(&name, to, &err), err);
}

static inline struct bytes maker_algorithm(const struct maker *maker)
{
	enum signature_algorithm algorithm = maker->algorithm;

	if (maker->algorithm_der.len)
		return maker->algorithm_der;
	if (algorithm == SIGN_RSA_SHA256)
		algorithm = key_type_default_algorithm(
			private_key_type(maker->signer ? maker->signer : maker->key));
	return signature_algorithm_der(algorithm);
}

static inline void maker_write_spki(struct buffer *to, const struct maker *maker)
{
	CLEANUP(public_key_freep) struct public_key *public = NULL;
	struct error err = { 0 };

	if (maker->spki.len) {
		buffer_append(to, maker->spki);
		return;
	}
	EXPECT_OK(private_key_public(maker->key, &public, &err), err);
	buffer_append(to, public_key_spki(public));
}

static inline void maker_write_tbs(struct buffer *to, const struct maker *maker)
{
	const struct bytes version_3 = BYTES_LITERAL("\xa0\x03\x02\x01\x02");
	const struct bytes one = BYTES_LITERAL("\x01");
	size_t tbs = der_begin(to, DER_SEQUENCE);

	buffer_append(to, maker->version.data ? maker->version : version_3);
	der_write(to, DER_INTEGER, maker->serial.data ? maker->serial : one);
	buffer_append(to, maker_algorithm(maker));
	maker_write_name(to, maker->issuer ? maker->issuer : maker->subject);
	size_t validity = der_begin(to, DER_SEQUENCE);
	der_write_time(to, maker->not_before ? maker->not_before : MAKER_NOW - MAKER_DAY);
	der_write_time(to, maker->not_after ? maker->not_after : MAKER_NOW + 365 * MAKER_DAY);
	der_end(to, validity);
	if (maker->subject)
		maker_write_name(to, maker->subject);
	buffer_append(to, maker->subject_der);
	maker_write_spki(to, maker);
	if (!maker->without_extensions && maker->extensions.len) {
		size_t field = der_begin(to, DER_CONTEXT_0 + 3);
		der_write(to, DER_SEQUENCE, buffer_view(&maker->extensions));
		der_end(to, field);
	}
	der_end(to, tbs);
}

/* The DER; empties the maker's extensions. */
static inline struct buffer maker_encode(struct maker *maker)
{
	const struct private_key *signer = maker->signer ? maker->signer : maker->key;
	enum signature_algorithm algorithm = maker->algorithm;
	CLEANUP(buffer_done) struct buffer tbs = { 0 };
	CLEANUP(buffer_done) struct buffer signature = { 0 };
	struct buffer ret = { 0 };
	struct error err = { 0 };

	if (algorithm == SIGN_RSA_SHA256)
		algorithm = key_type_default_algorithm(private_key_type(signer));
	maker_write_tbs(&tbs, maker);
	EXPECT_OK(private_key_sign(signer, algorithm, buffer_view(&tbs), &signature, &err), err);
	size_t whole = der_begin(&ret, DER_SEQUENCE);
	buffer_append(&ret, buffer_view(&tbs));
	buffer_append(&ret, maker->outer_algorithm_der.len ? maker->outer_algorithm_der
							   : maker_algorithm(maker));
	der_write_octet_bits(&ret, buffer_view(&signature));
	der_end(&ret, whole);
	buffer_done(&maker->extensions);
	return ret;
}

static inline struct cert *maker_parse(struct maker *maker)
{
	CLEANUP(buffer_done) struct buffer der = maker_encode(maker);
	struct cert *ret = NULL;
	struct error err = { 0 };

	EXPECT_OK(cert_parse(buffer_view(&der), &ret, &err), err);
	return ret;
}
