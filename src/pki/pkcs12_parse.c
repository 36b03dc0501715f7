#include "pki/pkcs12.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include "pki/bundle_add.h"
#include "pki/key_internal.h"

#define SAFES_MAX 16
#define BAGS_MAX (BUNDLE_CERTS_MAX + 16)

/* One file while it is opened. */
struct opening {
	PKCS12 *pkcs12;
	const char *passphrase;
	int passphrase_len;
	uint32_t iterations_left;
	size_t bags_left;
	struct bundle *chain; /* borrowed */
	struct private_key *key;
};

static void opening_done(struct opening *opening)
{
	PKCS12_free(opening->pkcs12);
	private_key_free(opening->key);
}

static inline void safes_freep(STACK_OF(PKCS7) * *safes)
{
	sk_PKCS7_pop_free(*safes, PKCS7_free);
}

static inline void bags_freep(STACK_OF(PKCS12_SAFEBAG) * *bags)
{
	sk_PKCS12_SAFEBAG_pop_free(*bags, PKCS12_SAFEBAG_free);
}

static inline void pkcs8_freep(PKCS8_PRIV_KEY_INFO **pkcs8)
{
	PKCS8_PRIV_KEY_INFO_free(*pkcs8);
}

static inline void x509_freep(X509 **x509)
{
	X509_free(*x509);
}

static inline void openssl_freep(unsigned char **memory)
{
	OPENSSL_free(*memory);
}

static bool malformed(struct error *err, const char *detail)
{
	return key_refuse(err, REASON_IMPORT_MALFORMED, detail);
}

/* -- the cost, before it is paid -- */

static bool spend(struct opening *opening, uint64_t iterations, struct error *err)
{
	if (iterations > opening->iterations_left)
		return error_set(err, REASON_IMPORT_MALFORMED,
				 "PKCS#12 wants more than %d iterations", PKCS12_ITERATIONS_MAX);
	opening->iterations_left -= (uint32_t)iterations;
	return true;
}

static bool spend_for_algorithm(struct opening *opening, const X509_ALGOR *algorithm,
				struct error *err)
{
	CLEANUP(openssl_freep) unsigned char *der = NULL;
	int len = i2d_X509_ALGOR(algorithm, &der);
	uint32_t iterations;

	if (len <= 0 || !pbe_iterations((struct bytes){ der, (size_t)len }, &iterations))
		return malformed(err, "PKCS#12 is encrypted in a way that is not read here");
	return spend(opening, iterations, err);
}

static bool spend_for_mac(struct opening *opening, struct error *err)
{
	const ASN1_INTEGER *count = NULL;
	const X509_ALGOR *algorithm = NULL;
	const ASN1_OCTET_STRING *mac = NULL, *salt = NULL;
	const ASN1_OBJECT *oid = NULL;
	uint64_t iterations = 1; /* RFC 7292 4: DEFAULT 1 */

	PKCS12_get0_mac(&mac, &algorithm, &salt, &count, opening->pkcs12);
	X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
	if (OBJ_obj2nid(oid) == NID_pbmac1)
		return spend_for_algorithm(opening, algorithm, err);
	if (count && !ASN1_INTEGER_get_uint64(&iterations, count))
		return malformed(err, "PKCS#12 with an odd number of iterations");
	return spend(opening, iterations, err);
}

/* -- the integrity, which also tells whether the passphrase is right -- */

static bool mac_fits(struct opening *opening, const char *passphrase)
{
	opening->passphrase = passphrase;
	if (PKCS12_verify_mac(opening->pkcs12, passphrase, opening->passphrase_len) == 1)
		return true;
	ERR_clear_error(); /* TLS reads this thread's queue too */
	return false;
}

/* RFC 7292 does not say how "no passphrase" is written: empty and absent are both in use. */
static bool check_mac(struct opening *opening, struct error *err)
{
	if (!PKCS12_mac_present(opening->pkcs12))
		return true;
	if (!spend_for_mac(opening, err))
		return false;
	if (mac_fits(opening, opening->passphrase))
		return true;
	if (opening->passphrase_len > 0 || !spend_for_mac(opening, err) || !mac_fits(opening, NULL))
		return key_refuse(err, REASON_SECRET_FILE,
				  "the passphrase of the PKCS#12 is wrong");
	return true;
}

static bool refuse_decryption(const struct opening *opening, struct error *err)
{
	if (!PKCS12_mac_present(opening->pkcs12))
		return key_refuse(err, REASON_SECRET_FILE,
				  "the passphrase of the PKCS#12 is wrong");
	return malformed(err, "PKCS#12 in an encryption too old to read; export it with AES");
}

/* -- bags -- */

static bool add_cert_bag(struct opening *opening, const PKCS12_SAFEBAG *bag, struct error *err)
{
	CLEANUP(x509_freep) X509 *x509 = PKCS12_SAFEBAG_get1_cert(bag);
	CLEANUP(openssl_freep) unsigned char *der = NULL;
	int len = x509 ? i2d_X509(x509, &der) : 0;

	if (len <= 0)
		return malformed(err, "PKCS#12 with a certificate that cannot be read");
	return bundle_add_cert(opening->chain, (struct bytes){ der, (size_t)len }, err);
}

static bool adopt_key(struct opening *opening, const PKCS8_PRIV_KEY_INFO *pkcs8, struct error *err)
{
	if (opening->key)
		return error_set(err, REASON_IMPORT_MALFORMED, "PKCS#12 with several keys");

	EVP_PKEY *evp = EVP_PKCS82PKEY(pkcs8);
	if (!evp)
		return malformed(err, "PKCS#12 with a key of an unknown kind");
	return private_key_adopt(evp, &opening->key, err);
}

static bool add_key_bag(struct opening *opening, const PKCS12_SAFEBAG *bag, struct error *err)
{
	const PKCS8_PRIV_KEY_INFO *pkcs8 = PKCS12_SAFEBAG_get0_p8inf(bag);

	if (!pkcs8)
		return malformed(err, "PKCS#12 with an empty key bag");
	return adopt_key(opening, pkcs8, err);
}

static bool add_shrouded_key_bag(struct opening *opening, const PKCS12_SAFEBAG *bag,
				 struct error *err)
{
	const X509_SIG *shrouded = PKCS12_SAFEBAG_get0_pkcs8(bag);
	const X509_ALGOR *algorithm = NULL;

	if (!shrouded)
		return malformed(err, "PKCS#12 with an empty key bag");
	X509_SIG_get0(shrouded, &algorithm, NULL);
	if (!spend_for_algorithm(opening, algorithm, err))
		return false;

	CLEANUP(pkcs8_freep)
	PKCS8_PRIV_KEY_INFO *pkcs8 =
		PKCS8_decrypt(shrouded, opening->passphrase, opening->passphrase_len);
	if (!pkcs8)
		return refuse_decryption(opening, err);
	return adopt_key(opening, pkcs8, err);
}

static const struct bag_kind {
	int nid;
	bool (*add)(struct opening *opening, const PKCS12_SAFEBAG *bag, struct error *err);
} bag_kinds[] = {
	{ NID_certBag, add_cert_bag },
	{ NID_keyBag, add_key_bag },
	{ NID_pkcs8ShroudedKeyBag, add_shrouded_key_bag },
};

/* Bags of other kinds (CRLs, secrets, bags in bags) say nothing about a CA and its key. */
static bool add_bag(struct opening *opening, const PKCS12_SAFEBAG *bag, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(bag_kinds); i++)
		if (PKCS12_SAFEBAG_get_nid(bag) == bag_kinds[i].nid)
			return bag_kinds[i].add(opening, bag, err);
	return true;
}

static bool add_bags(struct opening *opening, const STACK_OF(PKCS12_SAFEBAG) * bags,
		     struct error *err)
{
	for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++) {
		if (opening->bags_left-- == 0)
			return error_set(err, REASON_IMPORT_MALFORMED,
					 "PKCS#12 with more than %d parts", BAGS_MAX);
		if (!add_bag(opening, sk_PKCS12_SAFEBAG_value(bags, i), err))
			return false;
	}
	return true;
}

/* -- safes -- */

static bool open_plain_safe(struct opening *opening, PKCS7 *safe, struct error *err)
{
	CLEANUP(bags_freep) STACK_OF(PKCS12_SAFEBAG) *bags = PKCS12_unpack_p7data(safe);

	if (!bags)
		return malformed(err, "PKCS#12 with a part that cannot be read");
	return add_bags(opening, bags, err);
}

static bool open_encrypted_safe(struct opening *opening, PKCS7 *safe, struct error *err)
{
	if (!safe->d.encrypted || !safe->d.encrypted->enc_data ||
	    !safe->d.encrypted->enc_data->algorithm)
		return malformed(err, "PKCS#12 with a part that cannot be read");
	if (!spend_for_algorithm(opening, safe->d.encrypted->enc_data->algorithm, err))
		return false;

	CLEANUP(bags_freep)
	STACK_OF(PKCS12_SAFEBAG) *bags =
		PKCS12_unpack_p7encdata(safe, opening->passphrase, opening->passphrase_len);
	if (!bags)
		return refuse_decryption(opening, err);
	return add_bags(opening, bags, err);
}

static bool open_safe(struct opening *opening, PKCS7 *safe, struct error *err)
{
	switch (OBJ_obj2nid(safe->type)) {
	case NID_pkcs7_data:
		return open_plain_safe(opening, safe, err);
	case NID_pkcs7_encrypted:
		return open_encrypted_safe(opening, safe, err);
	default: /* enveloped for somebody's key, not for a passphrase */
		return malformed(err, "PKCS#12 with a part of an unknown kind");
	}
}

static bool open_safes(struct opening *opening, struct error *err)
{
	CLEANUP(safes_freep) STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(opening->pkcs12);

	if (!safes || sk_PKCS7_num(safes) > SAFES_MAX)
		return malformed(err, "PKCS#12 with contents that cannot be read");
	for (int i = 0; i < sk_PKCS7_num(safes); i++)
		if (!open_safe(opening, sk_PKCS7_value(safes, i), err))
			return false;
	return true;
}

bool pkcs12_parse(struct bytes der, struct bytes passphrase, struct bundle *chain,
		  struct private_key **ret_key, struct error *err)
{
	const unsigned char *at = der.data;
	CLEANUP(opening_done)
	struct opening opening = {
		.pkcs12 = d2i_PKCS12(NULL, &at, (long)der.len),
		.passphrase = passphrase.len ? (const char *)passphrase.data : "",
		.passphrase_len = (int)passphrase.len,
		.iterations_left = PKCS12_ITERATIONS_MAX,
		.bags_left = BAGS_MAX,
		.chain = chain,
	};

	if (!opening.pkcs12 || at != der.data + der.len)
		return malformed(err, "neither PEM nor a PKCS#12 file");
	if (!check_mac(&opening, err) || !open_safes(&opening, err))
		return false;
	if (!opening.key)
		return error_set(err, REASON_IMPORT_MALFORMED, "PKCS#12 without a private key");
	*ret_key = TAKE(opening.key);
	return true;
}
