/* Certificates for tests: a plan that is sound as it stands, to be spoilt in one place. */
#pragma once

#include "test.h"

#include <string.h>

#include "base/hash.h"
#include "pki/der.h"
#include "pki/tbs.h"

#define SAMPLE_NOT_BEFORE 1700000000
#define SAMPLE_NOT_AFTER 1800000000

struct plan {
	struct bytes serial;
	enum signature_algorithm algorithm;
	const char *subject; /* as name_from_text reads it */
	const char *issuer;
	int64_t not_before, not_after;
	const struct private_key *key;
	struct bytes key_id;    /* subjectKeyIdentifier; empty leaves it out */
	struct bytes authority; /* authorityKeyIdentifier; empty leaves it out */
	bool is_ca;
	bool constraints_not_critical;
	int path_len;
	unsigned int key_usage;          /* 0 leaves it out */
	struct bytes ext_key_usage, san; /* values; empty leaves them out */
	bool san_critical;
	struct bytes more; /* further Extension elements */
};

static inline struct private_key *sample_key(enum key_type type)
{
	struct private_key *key = NULL;
	struct error err = { 0 };

	EXPECT_OK(private_key_generate(type, 2048, &key, &err), err);
	return key;
}

static inline struct plan sample_ca(const struct private_key *key, const char *subject)
{
	return (struct plan){
		.serial = BYTES_LITERAL("\x01\x02\x03"),
		.algorithm = SIGN_ECDSA_SHA256,
		.subject = subject,
		.issuer = subject,
		.not_before = SAMPLE_NOT_BEFORE,
		.not_after = SAMPLE_NOT_AFTER,
		.key = key,
		.key_id = BYTES_LITERAL("ca key identifier"),
		.is_ca = true,
		.path_len = -1,
		.key_usage = KU_KEY_CERT_SIGN | KU_CRL_SIGN,
	};
}

static inline struct plan sample_leaf(const struct private_key *key, const char *subject,
				      const char *issuer)
{
	return (struct plan){
		.serial = BYTES_LITERAL("\x04\x05\x06"),
		.algorithm = SIGN_ECDSA_SHA256,
		.subject = subject,
		.issuer = issuer,
		.not_before = SAMPLE_NOT_BEFORE + 1000,
		.not_after = SAMPLE_NOT_AFTER - 1000,
		.key = key,
		.key_id = BYTES_LITERAL("leaf key identifier"),
		.authority = BYTES_LITERAL("ca key identifier"),
		.path_len = -1,
		.key_usage = KU_DIGITAL_SIGNATURE,
	};
}

static inline void sample_add_value(struct buffer *to, struct bytes oid, bool critical,
				    struct bytes value)
{
	if (value.len)
		extension_write(to, oid, critical, value);
}

static inline void sample_write_extensions(const struct plan *plan, struct buffer *to)
{
	CLEANUP(buffer_done) struct buffer constraints = { 0 };
	CLEANUP(buffer_done) struct buffer usage = { 0 };
	CLEANUP(buffer_done) struct buffer key_id = { 0 };
	CLEANUP(buffer_done) struct buffer authority = { 0 };

	basic_constraints_encode(plan->is_ca, plan->path_len, &constraints);
	sample_add_value(to, oid_basic_constraints, !plan->constraints_not_critical,
			 buffer_view(&constraints));
	if (plan->key_usage)
		key_usage_encode(plan->key_usage, &usage);
	sample_add_value(to, oid_key_usage, true, buffer_view(&usage));
	if (plan->key_id.len)
		key_id_encode(plan->key_id, &key_id);
	sample_add_value(to, oid_subject_key_id, false, buffer_view(&key_id));
	if (plan->authority.len)
		authority_key_id_encode(plan->authority, &authority);
	sample_add_value(to, oid_authority_key_id, false, buffer_view(&authority));
	sample_add_value(to, oid_ext_key_usage, false, plan->ext_key_usage);
	sample_add_value(to, oid_subject_alt_name, plan->san_critical, plan->san);
	buffer_append(to, plan->more);
}

static inline void sample_write_name(const char *text, struct buffer *to)
{
	CLEANUP(name_done) struct name name = { 0 };
	struct error err = { 0 };

	EXPECT_OK(name_from_text(text, &name, &err), err);
	EXPECT_OK(name_encode(&name, to, &err), err);
}

static inline void sample_tbs(const struct plan *plan, struct buffer *ret)
{
	CLEANUP(buffer_done) struct buffer subject = { 0 };
	CLEANUP(buffer_done) struct buffer issuer = { 0 };
	CLEANUP(buffer_done) struct buffer extensions = { 0 };
	CLEANUP(public_key_freep) struct public_key *key = NULL;
	struct error err = { 0 };

	sample_write_name(plan->subject, &subject);
	sample_write_name(plan->issuer, &issuer);
	sample_write_extensions(plan, &extensions);
	EXPECT_OK(private_key_public(plan->key, &key, &err), err);
	struct tbs tbs = {
		.serial = plan->serial,
		.signature_algorithm = plan->algorithm,
		.issuer = buffer_view(&issuer),
		.not_before = plan->not_before,
		.not_after = plan->not_after,
		.subject = buffer_view(&subject),
		.spki = public_key_spki(key),
		.extensions = buffer_view(&extensions),
	};
	EXPECT_OK(tbs_encode(&tbs, ret, &err), err);
}

static inline void sample_certificate(const struct plan *plan, const struct private_key *signer,
				      struct buffer *ret)
{
	CLEANUP(buffer_done) struct buffer tbs = { 0 };
	CLEANUP(buffer_done) struct buffer signature = { 0 };
	struct error err = { 0 };

	sample_tbs(plan, &tbs);
	EXPECT_OK(private_key_sign(signer, plan->algorithm, buffer_view(&tbs), &signature, &err),
		  err);
	EXPECT_OK(tbs_sign_result(buffer_view(&tbs), plan->algorithm, buffer_view(&signature), ret,
				  &err),
		  err);
}

static inline struct cert *sample_cert(const struct plan *plan, const struct private_key *signer)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct cert *cert = NULL;
	struct error err = { 0 };

	sample_certificate(plan, signer, &der);
	EXPECT_OK(cert_parse(buffer_view(&der), &cert, &err), err);
	return cert;
}
