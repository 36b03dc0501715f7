/* Keys, requests and certificates to judge. Nothing here is signed by anybody: policy reads and
 * does not verify. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "pki/csr.h"
#include "pki/der.h"
#include "pki/tbs.h"

#include "test.h"

#define NOW INT64_C(1800000000) /* 2027-01-15T08:00:00Z */
#define DAY INT64_C(86400)

enum test_key { DEVICE_KEY, OTHER_KEY, CA_KEY, RSA_KEY, ED25519_KEY, TEST_KEYS };

/* Made once for the whole program. */
static inline struct public_key **test_key_place(enum test_key which)
{
	static struct public_key *keys[TEST_KEYS];

	return &keys[which];
}

static inline const struct public_key *test_key(enum test_key which)
{
	static const enum key_type types[TEST_KEYS] = { KEY_P256, KEY_P256, KEY_P256, KEY_RSA,
							KEY_ED25519 };
	struct public_key **place = test_key_place(which);
	struct private_key *private = NULL;
	struct error err;

	if (*place)
		return *place;
	EXPECT_OK(private_key_generate(types[which], 2048, &private, &err), err);
	EXPECT_OK(private_key_public(private, place, &err), err);
	private_key_free(private);
	return *place;
}

static inline void test_keys_done(void)
{
	for (enum test_key which = 0; which < TEST_KEYS; which++)
		public_key_free(*test_key_place(which));
}

/* "CN=a,O=b" appended as DER; "" is the empty name. */
static inline void write_name(struct buffer *to, const char *text)
{
	struct name name = { 0 };
	struct error err;

	EXPECT_OK(name_from_text(text, &name, &err), err);
	EXPECT_OK(name_encode(&name, to, &err), err);
	name_done(&name);
}

/* "dns:a,ip:1.2.3.4" to entries. */
static inline void read_san(const char *text, struct san *ret)
{
	CLEANUP(freep) char *copy = strdup(text);
	char *rest = NULL;
	struct error err;

	for (char *part = strtok_r(copy, ",", &rest); part; part = strtok_r(NULL, ",", &rest)) {
		char *value = strchr(part, ':');

		*value++ = '\0';
		EXPECT_OK(san_append(ret, san_type_by_text(part), value, &err), err);
	}
}

static inline void write_san(struct buffer *to, const char *text)
{
	struct san san = { 0 };
	struct error err;

	read_san(text, &san);
	EXPECT_OK(san_encode(&san, to, &err), err);
	san_done(&san);
}

static inline void write_san_extension(struct buffer *to, const char *text)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };

	write_san(&value, text);
	extension_write(to, oid_subject_alt_name, false, buffer_view(&value));
}

static inline void write_junk_signature(struct buffer *to)
{
	buffer_append(to, signature_algorithm_der(SIGN_ECDSA_SHA256));
	der_write_octet_bits(to, BYTES_LITERAL("\x30\x06\x02\x01\x01\x02\x01\x01"));
}

/* -- requests -- */

#define CSR_EXTENSIONS_MAX 4

struct csr_spec {
	const char *subject;
	const char *san;      /* NULL: none */
	struct bytes raw_san; /* the extension's value, instead of san */
	enum test_key key;
	struct extension extensions[CSR_EXTENSIONS_MAX];
	bool changes;
	const char *new_subject, *new_san; /* NULL: absent */
};

static inline void write_extension_request(struct buffer *to, const struct csr_spec *spec)
{
	size_t attribute = der_begin(to, DER_SEQUENCE);

	der_write_oid(to, BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e"));
	size_t set = der_begin(to, DER_SET);
	size_t list = der_begin(to, DER_SEQUENCE);
	if (spec->raw_san.len)
		extension_write(to, oid_subject_alt_name, false, spec->raw_san);
	else if (spec->san)
		write_san_extension(to, spec->san);
	for (size_t i = 0; i < CSR_EXTENSIONS_MAX && spec->extensions[i].oid.len; i++)
		extension_write(to, spec->extensions[i].oid, spec->extensions[i].critical,
				spec->extensions[i].value);
	der_end(to, list);
	der_end(to, set);
	der_end(to, attribute);
}

static inline void write_change_subject(struct buffer *to, const struct csr_spec *spec)
{
	size_t attribute = der_begin(to, DER_SEQUENCE);

	der_write_oid(to, BYTES_LITERAL("\x2b\x06\x01\x05\x05\x07\x07\x24"));
	size_t set = der_begin(to, DER_SET);
	size_t change = der_begin(to, DER_SEQUENCE);
	if (spec->new_subject)
		write_name(to, spec->new_subject);
	if (spec->new_san)
		write_san(to, spec->new_san);
	der_end(to, change);
	der_end(to, set);
	der_end(to, attribute);
}

static inline struct csr *make_csr(const struct csr_spec *spec)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct csr *csr = NULL;
	struct error err;

	size_t request = der_begin(&der, DER_SEQUENCE);
	size_t info = der_begin(&der, DER_SEQUENCE);
	der_write_small(&der, 0);
	write_name(&der, spec->subject);
	buffer_append(&der, public_key_spki(test_key(spec->key)));
	size_t attributes = der_begin(&der, DER_CONTEXT_0);
	if (spec->san || spec->raw_san.len || spec->extensions[0].oid.len)
		write_extension_request(&der, spec);
	if (spec->changes)
		write_change_subject(&der, spec);
	der_end(&der, attributes);
	der_end(&der, info);
	write_junk_signature(&der);
	der_end(&der, request);
	EXPECT_OK(csr_parse(buffer_view(&der), false, &csr, &err), err);
	return csr;
}

/* -- certificates -- */

struct cert_spec {
	const char *subject, *issuer;
	const char *san; /* NULL: none */
	enum test_key key;
	int64_t not_before, not_after;
	bool is_ca;
	int path_len;
	struct bytes name_constraints; /* the extension's value */
};

static inline void write_ca_extensions(struct buffer *to, int path_len)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };

	basic_constraints_encode(true, path_len, &value);
	extension_write(to, oid_basic_constraints, true, buffer_view(&value));
	buffer_clear(&value);
	key_usage_encode(KU_KEY_CERT_SIGN | KU_CRL_SIGN, &value);
	extension_write(to, oid_key_usage, true, buffer_view(&value));
}

static inline struct cert *make_cert(const struct cert_spec *spec)
{
	CLEANUP(buffer_done)
	struct buffer subject = { 0 }, issuer = { 0 }, extensions = { 0 }, tbs = { 0 }, der = { 0 };
	struct cert *cert = NULL;
	struct error err;

	write_name(&subject, spec->subject);
	write_name(&issuer, spec->issuer ? spec->issuer : "CN=CA");
	if (spec->is_ca)
		write_ca_extensions(&extensions, spec->path_len);
	if (spec->san)
		write_san_extension(&extensions, spec->san);
	if (spec->name_constraints.len)
		extension_write(&extensions, oid_name_constraints, true, spec->name_constraints);
	const struct tbs parts = {
		.serial = BYTES_LITERAL("\x01\x02\x03"),
		.signature_algorithm = SIGN_ECDSA_SHA256,
		.issuer = buffer_view(&issuer),
		.not_before = spec->not_before,
		.not_after = spec->not_after,
		.subject = buffer_view(&subject),
		.spki = public_key_spki(test_key(spec->key)),
		.extensions = buffer_view(&extensions),
	};
	EXPECT_OK(tbs_encode(&parts, &tbs, &err), err);
	EXPECT_OK(tbs_sign_result(buffer_view(&tbs), SIGN_ECDSA_SHA256,
				  BYTES_LITERAL("\x30\x06\x02\x01\x01\x02\x01\x01"), &der, &err),
		  err);
	EXPECT_OK(cert_parse(buffer_view(&der), &cert, &err), err);
	return cert;
}
