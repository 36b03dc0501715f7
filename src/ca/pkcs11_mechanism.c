#include "ca/pkcs11_mechanism.h"

#include "pki/der.h"
#include "pki/digest.h"

/* RFC 8017 9.2: DigestInfo up to the hash itself. */
static const unsigned char info_sha256[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
					     0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
					     0x01, 0x05, 0x00, 0x04, 0x20 };
static const unsigned char info_sha384[] = { 0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60,
					     0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
					     0x02, 0x05, 0x00, 0x04, 0x30 };
static const unsigned char info_sha512[] = { 0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60,
					     0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
					     0x03, 0x05, 0x00, 0x04, 0x40 };
#define INFO_LEN sizeof info_sha256

static const struct digest_row {
	const unsigned char *info;
	ck_mechanism_type_t hash;
	ck_rsa_pkcs_mgf_type_t mgf;
} digest_rows[DIGEST_COUNT] = {
	[DIGEST_SHA256] = { info_sha256, CKM_SHA256, CKG_MGF1_SHA256 },
	[DIGEST_SHA384] = { info_sha384, CKM_SHA384, CKG_MGF1_SHA384 },
	[DIGEST_SHA512] = { info_sha512, CKM_SHA512, CKG_MGF1_SHA512 },
};

static const struct {
	ck_mechanism_type_t mechanism;
	enum digest digest; /* DIGEST_COUNT: the message itself */
} rows[SIGN_COUNT] = {
	[SIGN_RSA_SHA256] = { CKM_RSA_PKCS, DIGEST_SHA256 },
	[SIGN_RSA_SHA384] = { CKM_RSA_PKCS, DIGEST_SHA384 },
	[SIGN_RSA_SHA512] = { CKM_RSA_PKCS, DIGEST_SHA512 },
	[SIGN_ECDSA_SHA256] = { CKM_ECDSA, DIGEST_SHA256 },
	[SIGN_ECDSA_SHA384] = { CKM_ECDSA, DIGEST_SHA384 },
	[SIGN_ECDSA_SHA512] = { CKM_ECDSA, DIGEST_SHA512 },
	[SIGN_ED25519] = { CKM_EDDSA, DIGEST_COUNT },
	[SIGN_RSA_PSS_SHA256] = { CKM_RSA_PKCS_PSS, DIGEST_SHA256 },
	[SIGN_RSA_PSS_SHA384] = { CKM_RSA_PKCS_PSS, DIGEST_SHA384 },
	[SIGN_RSA_PSS_SHA512] = { CKM_RSA_PKCS_PSS, DIGEST_SHA512 },
};

static bool write_input(enum signature_algorithm algorithm, struct bytes message, struct buffer *to,
			struct error *err)
{
	enum digest digest = rows[algorithm].digest;

	if (digest == DIGEST_COUNT) {
		buffer_append(to, message);
		return buffer_ok(to) || error_set(err, REASON_NO_MEMORY, "message");
	}
	if (rows[algorithm].mechanism == CKM_RSA_PKCS)
		buffer_append(to, (struct bytes){ digest_rows[digest].info, INFO_LEN });
	return digest_append(digest, message, to, err);
}

bool pkcs11_mechanism_init(struct pkcs11_mechanism *mechanism, enum key_type type,
			   enum signature_algorithm algorithm, struct bytes message,
			   struct error *err)
{
	if (!key_type_signs_with(type, algorithm))
		return error_set(err, REASON_INVALID, "a %s key cannot sign with %s",
				 key_type_text(type), signature_algorithm_text(algorithm));
	*mechanism = (struct pkcs11_mechanism){
		.is_ecdsa = rows[algorithm].mechanism == CKM_ECDSA,
	};
	mechanism->mechanism.mechanism = rows[algorithm].mechanism;
	if (rows[algorithm].mechanism == CKM_RSA_PKCS_PSS) {
		const struct digest_row *row = &digest_rows[rows[algorithm].digest];

		/* RFC 4055 3.1: a salt as long as the hash */
		mechanism->pss =
			(struct ck_rsa_pkcs_pss_params){ row->hash, row->mgf,
							 digest_len(rows[algorithm].digest) };
		mechanism->mechanism.parameter = &mechanism->pss;
		mechanism->mechanism.parameter_len = sizeof mechanism->pss;
	}
	return write_input(algorithm, message, &mechanism->input, err);
}

bool pkcs11_signature(const struct pkcs11_mechanism *mechanism, struct bytes returned,
		      struct buffer *ret, struct error *err)
{
	size_t half = returned.len / 2;

	if (!mechanism->is_ecdsa) {
		buffer_append(ret, returned);
		return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "signature");
	}
	/* RFC 3279 2.2.3: Ecdsa-Sig-Value */
	size_t begun = der_begin(ret, DER_SEQUENCE);
	der_write_unsigned(ret, (struct bytes){ returned.data, half });
	der_write_unsigned(ret, (struct bytes){ returned.data + half, returned.len - half });
	der_end(ret, begun);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "signature");
}
