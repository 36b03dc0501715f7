#include "pki/csr_internal.h"

#include <string.h>

#include "base/secret.h"

/* -- accessors -- */

struct bytes csr_der(const struct csr *csr)
{
	return csr->der;
}

const struct name *csr_subject(const struct csr *csr)
{
	return &csr->subject;
}

struct bytes csr_subject_der(const struct csr *csr)
{
	return csr->subject_der;
}

const struct public_key *csr_key(const struct csr *csr)
{
	return csr->key;
}

const struct san *csr_san(const struct csr *csr)
{
	return &csr->san;
}

const struct extensions *csr_extensions(const struct csr *csr)
{
	return &csr->extensions;
}

const char *csr_challenge_password(const struct csr *csr)
{
	return csr->texts[CSR_CHALLENGE_PASSWORD];
}

const char *csr_otp_challenge(const struct csr *csr)
{
	return csr->texts[CSR_OTP_CHALLENGE];
}

const char *csr_est_identity_linking(const struct csr *csr)
{
	return csr->texts[CSR_EST_IDENTITY_LINKING];
}

const struct decrypt_key_wish *csr_decrypt_key(const struct csr *csr)
{
	return &csr->decrypt_key;
}

bool csr_change_subject(const struct csr *csr, const struct name **ret_subject,
			const struct san **ret_san)
{
	if (!csr->changes_subject)
		return false;
	*ret_subject = csr->new_subject;
	*ret_san = csr->new_san;
	return true;
}

void csr_free(struct csr *csr)
{
	if (!csr)
		return;
	for (size_t i = 0; i < CSR_TEXTS; i++) {
		if (csr->texts[i])
			memory_wipe(csr->texts[i], strlen(csr->texts[i]));
		free(csr->texts[i]);
	}
	if (csr->new_subject)
		name_done(csr->new_subject);
	if (csr->new_san)
		san_done(csr->new_san);
	free(csr->new_subject);
	free(csr->new_san);
	san_done(&csr->san);
	name_done(&csr->subject);
	public_key_free(csr->key);
	if (csr->copy)
		memory_wipe(csr->copy, csr->der.len); /* the texts stand in it too */
	free(csr->copy);
	free(csr);
}

/* -- parsing -- */

/* Things that people send in a CSR's stead, by what follows the outer SEQUENCE. */
static const struct {
	const char *what;
	unsigned int first, second; /* tags; 0 for anything */
} strangers[] = {
	{ "a PKCS#7 or CMS message", DER_OID, 0 },
	{ "a private key", DER_INTEGER, 0 },
	{ "a certificate", DER_SEQUENCE, DER_CONTEXT_0 },
	{ "a CRMF request", DER_SEQUENCE, DER_SEQUENCE },
};

static bool refuse_stranger(struct bytes der, struct error *err)
{
	struct der outer = der_open(der);
	struct der first = der_enter(&outer, DER_SEQUENCE);

	if (outer.failed)
		return error_set(err, REASON_CSR_MALFORMED, "not a DER CertificationRequest");
	for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
		struct der peek = first;

		if (!der_next_is(&peek, strangers[i].first))
			continue;
		if (strangers[i].second) {
			struct der second = der_enter(&peek, strangers[i].first);

			if (!der_next_is(&second, strangers[i].second))
				continue;
		}
		return error_set(err, REASON_CSR_MALFORMED, "this is %s, not a CSR",
				 strangers[i].what);
	}
	return error_set(err, REASON_CSR_MALFORMED,
			 "not a DER CertificationRequest (RFC 2986 4.2)");
}

/* CertificationRequest ::= SEQUENCE { certificationRequestInfo, signatureAlgorithm, signature } */
static bool read_outer(struct csr *csr, struct error *err)
{
	struct der outer = der_open(csr->der);
	struct der request = der_enter(&outer, DER_SEQUENCE);

	csr->info = der_read_whole(&request, DER_SEQUENCE);
	struct bytes algorithm = der_read_whole(&request, DER_SEQUENCE);
	csr->signature = der_read_octet_bits(&request);
	if (!outer.failed && outer.rest.len > 0)
		return error_set(err, REASON_CSR_MALFORMED, "%zu bytes after the CSR",
				 outer.rest.len);
	if (!der_at_end(&request))
		return refuse_stranger(csr->der, err);
	csr->algorithm = signature_algorithm_parse(algorithm, &csr->signature_is_weak);
	return true;
}

/* RFC 2986 4.1 has [0] mandatory, also when it is empty; some clients leave it out. */
static bool read_attributes(struct csr *csr, struct der *info, bool lenient, struct error *err)
{
	if (info->rest.len == 0 && lenient)
		return true;

	struct der attributes = der_enter(info, DER_CONTEXT_0);
	if (!der_at_end(info))
		return error_set(err, REASON_CSR_MALFORMED,
				 "the attributes [0] are missing or malformed (RFC 2986 4.1)");
	return csr_attributes_read(csr, &attributes, lenient, err);
}

static bool check_version(struct der *info, struct bytes whole, struct error *err)
{
	const struct bytes v1 = BYTES_LITERAL("\x00");

	if (!der_next_is(info, DER_INTEGER))
		return refuse_stranger(whole, err);
	if (!bytes_equal(der_read(info, DER_INTEGER), v1))
		return error_set(err, REASON_CSR_MALFORMED, "the version is not 0 (RFC 2986 4.1)");
	return true;
}

static bool read_info(struct csr *csr, bool lenient, struct error *err)
{
	struct der outer = der_open(csr->info);
	struct der info = der_enter(&outer, DER_SEQUENCE);

	if (!check_version(&info, csr->der, err))
		return false;
	csr->subject_der = der_read_whole(&info, DER_SEQUENCE);
	csr->spki = der_read_whole(&info, DER_SEQUENCE);
	if (info.failed)
		return refuse_stranger(csr->der, err);
	return read_attributes(csr, &info, lenient, err) &&
	       name_parse(csr->subject_der, &csr->subject, err);
}

static bool copy_der(struct csr *csr, struct bytes der, struct error *err)
{
	csr->copy = malloc(der.len + 1);
	if (!csr->copy)
		return error_set(err, REASON_NO_MEMORY, "csr");
	if (der.len)
		memcpy(csr->copy, der.data, der.len);
	csr->der = (struct bytes){ csr->copy, der.len };
	return true;
}

bool csr_parse_unkeyed(struct bytes der, bool lenient, struct csr **ret, struct error *err)
{
	if (der.len > CSR_MAX)
		return error_set(err, REASON_TOO_LARGE, "a CSR of %zu octets; the most is %d",
				 der.len, CSR_MAX);

	CLEANUP(csr_freep) struct csr *csr = calloc(1, sizeof *csr);
	if (!csr)
		return error_set(err, REASON_NO_MEMORY, "csr");
	if (!copy_der(csr, der, err) || !read_outer(csr, err) || !read_info(csr, lenient, err))
		return false;
	*ret = TAKE(csr);
	return true;
}

typedef bool parse_key(struct bytes spki, struct public_key **ret, struct error *err);

/* The key comes last: it is the only part that costs arithmetic. */
static bool parse_keyed(struct bytes der, bool lenient, parse_key *parse, struct csr **ret,
			struct error *err)
{
	CLEANUP(csr_freep) struct csr *csr = NULL;

	if (!csr_parse_unkeyed(der, lenient, &csr, err) || !parse(csr->spki, &csr->key, err))
		return false;
	*ret = TAKE(csr);
	return true;
}

bool csr_parse(struct bytes der, bool lenient, struct csr **ret, struct error *err)
{
	return parse_keyed(der, lenient, public_key_parse, ret, err);
}

enum key_type csr_key_wish(const struct csr *csr, unsigned int *ret_bits)
{
	CLEANUP(public_key_freep) struct public_key *key = NULL;

	*ret_bits = public_key_parse(csr->spki, &key, NULL) ? public_key_bits(key) : 0;
	return public_key_type_of(csr->spki);
}

void csr_set_key(struct csr *csr, struct public_key *key)
{
	public_key_free(csr->key);
	csr->key = key;
}

static bool is_signed(const struct csr *csr, struct verifier *verifier, struct bytes message)
{
	return verifier
		       ? verifier_check(verifier, csr->key, csr->algorithm, message, csr->signature)
		       : public_key_verify(csr->key, csr->algorithm, message, csr->signature);
}

bool csr_check_signature(const struct csr *csr, struct verifier *verifier, struct bytes message,
			 struct error *err)
{
	if (!csr->key)
		return error_set(err, REASON_POP_FAILED, "a CSR whose key counts for nothing");
	if (csr->signature_is_weak)
		return error_set(err, REASON_SIGNATURE_WEAK,
				 "the request is signed with MD5 or SHA-1");
	if (csr->algorithm == SIGN_COUNT)
		return error_set(err, REASON_POP_FAILED,
				 "the signature algorithm is unknown, or its parameters are wrong");
	if (!is_signed(csr, verifier, message))
		return error_set(err, REASON_POP_FAILED, "the request's signature (%s) is wrong",
				 signature_algorithm_text(csr->algorithm));
	return true;
}

bool csr_verify(const struct csr *csr, struct error *err)
{
	return csr_check_signature(csr, NULL, csr->info, err);
}

/* Whoever verifies by a point decodes it, which refuses what is not on the curve: so that is judged
 * once more only to tell why a signature is wrong. */
static bool judge_and_verify(struct verifier *verifier, const struct csr *csr, struct error *err)
{
	if (public_key_type(csr->key) == KEY_RSA && !public_key_judge(csr->key, err))
		return false;
	if (csr_check_signature(csr, verifier, csr->info, err))
		return true;
	(void)!public_key_judge(csr->key, err);
	return false;
}

bool csr_parse_verified(struct verifier *verifier, struct bytes der, bool lenient, struct csr **ret,
			struct error *err)
{
	CLEANUP(csr_freep) struct csr *csr = NULL;

	if (!parse_keyed(der, lenient, public_key_parse_form, &csr, err) ||
	    !judge_and_verify(verifier, csr, err))
		return false;
	*ret = TAKE(csr);
	return true;
}
