/* An X.509 certificate as read (RFC 5280 4), by our own strict reader: cheap, because the key is
 * decoded only on demand. */
#pragma once

#include "pki/extension.h"
#include "pki/key.h"
#include "pki/name.h"
#include "pki/san.h"

#define CERT_MAX 65536 /* octets of DER */
#define CERT_SERIAL_MAX 20
#define CERT_FINGERPRINT_LEN 32

struct cert;

/* REASON_CLIENT_CERT_INVALID with the detail naming what is wrong. Names with odd strings are kept
 * readable rather than refused, because manufacturers wrote them; negative and zero serials and
 * unknown extensions parse. The bytes are copied. */
MUST_CHECK bool cert_parse(struct bytes der, struct cert **ret, struct error *err);
void cert_free(struct cert *cert);
DEFINE_CLEANUP(struct cert *, cert_free)

struct bytes cert_der(const struct cert *cert);
struct bytes cert_tbs(const struct cert *cert);
struct bytes cert_signature(const struct cert *cert);
enum signature_algorithm
cert_signature_algorithm(const struct cert *cert); /* SIGN_COUNT: unknown or weak */
bool cert_signature_is_weak(const struct cert *cert);
struct bytes cert_serial(const struct cert *cert); /* contents octets of the INTEGER */
struct bytes cert_issuer_der(const struct cert *cert);
struct bytes cert_subject_der(const struct cert *cert);
const struct name *cert_issuer(const struct cert *cert);
const struct name *cert_subject(const struct cert *cert);
int64_t cert_not_before(const struct cert *cert);
int64_t cert_not_after(const struct cert *cert); /* the last second of validity, inclusive */
struct bytes cert_spki(const struct cert *cert);
const unsigned char *cert_fingerprint(const struct cert *cert); /* SHA-256 of the DER */
const unsigned char *cert_key_hash(const struct cert *cert);    /* SHA-256 of the SPKI */
/* Empty when absent or broken, which the next one tells apart; names of odd form are SAN_OTHER. */
const struct san *cert_san(const struct cert *cert);
bool cert_san_is_unreadable(const struct cert *cert);
struct bytes cert_subject_key_id(const struct cert *cert);   /* empty view when absent */
struct bytes cert_authority_key_id(const struct cert *cert); /* empty view when absent */
bool cert_is_ca(
	const struct cert *cert); /* basicConstraints cA, and keyCertSign where KU is there */
int cert_path_len(const struct cert *cert); /* -1: no limit */
bool cert_has_key_usage(const struct cert *cert);
unsigned int cert_key_usage(const struct cert *cert);
bool cert_has_ext_key_usage(const struct cert *cert);
bool cert_ext_key_usage_holds(const struct cert *cert, struct bytes oid);
bool cert_has_name_constraints(const struct cert *cert);
const struct extensions *cert_extensions(const struct cert *cert);
bool cert_is_self_issued(const struct cert *cert);
/* Decodes and judges the key on first use; NULL if it is unsound. Not thread-safe for the first
 * call: anchors call it once at load. */
const struct public_key *cert_key(const struct cert *cert);
/* The same, telling why the key is unsound: a REASON_KEY_*. */
MUST_CHECK bool cert_check_key(const struct cert *cert, struct error *err);
