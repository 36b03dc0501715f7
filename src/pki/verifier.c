#include "pki/verifier.h"

#include <openssl/err.h>

#include "pki/key_internal.h"

struct verifier {
	struct seat {
		EVP_PKEY *key; /* with the point of who was last verified */
		EVP_PKEY_CTX *context;
	} seats[KEY_TYPE_COUNT]; /* filled by the first of their type */
};

bool verifier_new(struct verifier **ret, struct error *err)
{
	*ret = calloc(1, sizeof **ret);
	return *ret || error_set(err, REASON_NO_MEMORY, "verifier");
}

static void seat_clear(struct seat *seat)
{
	EVP_PKEY_CTX_free(seat->context);
	EVP_PKEY_free(seat->key);
	*seat = (struct seat){ 0 };
}

void verifier_free(struct verifier *verifier)
{
	if (!verifier)
		return;
	for (size_t i = 0; i < KEY_TYPE_COUNT; i++)
		seat_clear(&verifier->seats[i]);
	free(verifier);
}

/* The context keeps hold of the key, so whatever point that has is the one it verifies by. */
static bool seat_prepare(struct seat *seat, EVP_PKEY *template, struct bytes point)
{
	seat->key = EVP_PKEY_dup(template);
	if (!seat->key || EVP_PKEY_set1_encoded_public_key(seat->key, point.data, point.len) != 1)
		return false;
	seat->context = EVP_PKEY_CTX_new_from_pkey(NULL, seat->key, KEY_IN_SOFTWARE);
	return seat->context && EVP_PKEY_verify_init(seat->context) == 1;
}

static bool seat_take(struct seat *seat, EVP_PKEY *template, struct bytes point)
{
	if (seat->context)
		return EVP_PKEY_set1_encoded_public_key(seat->key, point.data, point.len) == 1;
	if (seat_prepare(seat, template, point))
		return true;
	seat_clear(seat);
	return false;
}

static bool verify(struct seat *seat, const struct signature_scheme *scheme, struct bytes message,
		   struct bytes signature)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	return EVP_Digest(message.data, message.len, hash, &len, scheme->digest, NULL) == 1 &&
	       EVP_PKEY_verify(seat->context, signature.data, signature.len, hash, len) == 1;
}

bool verifier_check(struct verifier *verifier, const struct public_key *key,
		    enum signature_algorithm algorithm, struct bytes message,
		    struct bytes signature)
{
	enum key_type type = public_key_type(key);
	EVP_PKEY *template = key_template(type);
	struct signature_scheme scheme;

	if (!template)
		return public_key_verify(key, algorithm, message, signature);
	if (signature.len == 0 || signature.len > SIGNATURE_MAX ||
	    !signature_scheme_for(algorithm, type, &scheme))
		return false;
	bool valid = seat_take(&verifier->seats[type], template, public_key_bit_string(key)) &&
		     verify(&verifier->seats[type], &scheme, message, signature);
	if (!valid)
		ERR_clear_error(); /* TLS reads this thread's queue too */
	return valid;
}
