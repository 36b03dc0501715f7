#include "pki/key_internal.h"

#include <pthread.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

enum digest { DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512, DIGEST_COUNT, DIGEST_NONE };
enum family { FAMILY_RSA, FAMILY_EC, FAMILY_ED25519 };

static const char *const digest_names[DIGEST_COUNT] = {
	[DIGEST_SHA256] = "SHA256",
	[DIGEST_SHA384] = "SHA384",
	[DIGEST_SHA512] = "SHA512",
};

static const struct {
	enum family family;
	const char *group; /* for FAMILY_EC */
} types[KEY_TYPE_COUNT] = {
	[KEY_RSA] = { FAMILY_RSA, NULL },         [KEY_P256] = { FAMILY_EC, "P-256" },
	[KEY_P384] = { FAMILY_EC, "P-384" },      [KEY_P521] = { FAMILY_EC, "P-521" },
	[KEY_ED25519] = { FAMILY_ED25519, NULL },
};

static const struct {
	enum family family;
	enum digest digest;
	bool is_pss;
} schemes[SIGN_COUNT] = {
	[SIGN_RSA_SHA256] = { FAMILY_RSA, DIGEST_SHA256, false },
	[SIGN_RSA_SHA384] = { FAMILY_RSA, DIGEST_SHA384, false },
	[SIGN_RSA_SHA512] = { FAMILY_RSA, DIGEST_SHA512, false },
	[SIGN_ECDSA_SHA256] = { FAMILY_EC, DIGEST_SHA256, false },
	[SIGN_ECDSA_SHA384] = { FAMILY_EC, DIGEST_SHA384, false },
	[SIGN_ECDSA_SHA512] = { FAMILY_EC, DIGEST_SHA512, false },
	[SIGN_ED25519] = { FAMILY_ED25519, DIGEST_NONE, false },
	[SIGN_RSA_PSS_SHA256] = { FAMILY_RSA, DIGEST_SHA256, true },
	[SIGN_RSA_PSS_SHA384] = { FAMILY_RSA, DIGEST_SHA384, true },
	[SIGN_RSA_PSS_SHA512] = { FAMILY_RSA, DIGEST_SHA512, true },
};

/* Digests fetched and EC keys prepared cost microseconds each time they are not: they are constants
 * of the process, made by the first who needs them and only read after that. */
static pthread_once_t prepared = PTHREAD_ONCE_INIT;
static EVP_MD *digests[DIGEST_COUNT];
static EVP_PKEY *templates[KEY_TYPE_COUNT];
static EC_GROUP *curves[KEY_TYPE_COUNT];

static EVP_PKEY *make_template(const char *group)
{
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)group, 0),
		OSSL_PARAM_construct_end(),
	};
	CLEANUP(evp_pkey_ctx_freep)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", KEY_IN_SOFTWARE);
	EVP_PKEY *evp = NULL;

	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &evp, EVP_PKEY_KEY_PARAMETERS, (OSSL_PARAM *)params) != 1)
		return NULL;
	return evp;
}

static void prepare(void)
{
	for (size_t i = 0; i < DIGEST_COUNT; i++)
		digests[i] = EVP_MD_fetch(NULL, digest_names[i], NULL);
	for (size_t i = 0; i < KEY_TYPE_COUNT; i++)
		if (types[i].group) {
			templates[i] = make_template(types[i].group);
			curves[i] = EC_GROUP_new_by_curve_name(EC_curve_nist2nid(types[i].group));
		}
	ERR_clear_error();
}

EVP_PKEY *key_template(enum key_type type)
{
	pthread_once(&prepared, prepare);
	return type < KEY_TYPE_COUNT ? templates[type] : NULL;
}

const EC_GROUP *key_curve(enum key_type type)
{
	pthread_once(&prepared, prepare);
	return type < KEY_TYPE_COUNT ? curves[type] : NULL;
}

bool key_type_signs_with(enum key_type type, enum signature_algorithm algorithm)
{
	return type < KEY_TYPE_COUNT && algorithm < SIGN_COUNT &&
	       schemes[algorithm].family == types[type].family;
}

bool signature_scheme_for(enum signature_algorithm algorithm, enum key_type type,
			  struct signature_scheme *ret)
{
	pthread_once(&prepared, prepare);
	if (!key_type_signs_with(type, algorithm))
		return false;

	enum digest digest = schemes[algorithm].digest;
	if (digest != DIGEST_NONE && !digests[digest])
		return false;
	*ret = (struct signature_scheme){
		.digest = digest == DIGEST_NONE ? NULL : digests[digest],
		.is_pss = schemes[algorithm].is_pss,
	};
	return true;
}

bool signature_scheme_apply(const struct signature_scheme *scheme, enum key_type type,
			    EVP_PKEY_CTX *ctx)
{
	if (type != KEY_RSA)
		return true;

	int padding = scheme->is_pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
	if (EVP_PKEY_CTX_set_rsa_padding(ctx, padding) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, scheme->digest) != 1)
		return false;
	return !scheme->is_pss ||
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}
