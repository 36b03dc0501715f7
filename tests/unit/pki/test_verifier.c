#include "sample.h"
#include "test.h"

#include <openssl/err.h>

#include "pki/verifier.h"

static const struct bytes message = BYTES_LITERAL("what is signed");
static const struct bytes other = BYTES_LITERAL("something else");

/* One who signs, and what they signed. */
struct signer {
	struct private_key *private;
	struct public_key *public;
	enum signature_algorithm algorithm;
	struct buffer signature;
};

static void open_signer(enum key_type type, struct signer *signer)
{
	struct error err = { 0 };

	*signer = (struct signer){ .private = sample_key(type),
				   .algorithm = key_type_default_algorithm(type) };
	EXPECT_OK(private_key_public(signer->private, &signer->public, &err), err);
	EXPECT_OK(private_key_sign(signer->private, signer->algorithm, message, &signer->signature,
				   &err),
		  err);
}

static void close_signer(struct signer *signer)
{
	buffer_done(&signer->signature);
	public_key_free(signer->public);
	private_key_free(signer->private);
}

static struct verifier *open_verifier(void)
{
	struct verifier *verifier = NULL;
	struct error err = { 0 };

	EXPECT_OK(verifier_new(&verifier, &err), err);
	return verifier;
}

TEST(no_key_passes_for_the_one_that_was_verified_before_it)
{
	CLEANUP(verifier_freep) struct verifier *verifier = open_verifier();

	for (enum key_type type = 0; type < KEY_TYPE_COUNT; type++) {
		struct signer first, second;

		open_signer(type, &first);
		open_signer(type, &second);
		for (int turn = 0; turn < 3; turn++) {
			struct bytes by_first = buffer_view(&first.signature);
			struct bytes by_second = buffer_view(&second.signature);

			assert_true(verifier_check(verifier, first.public, first.algorithm, message,
						   by_first));
			assert_false(verifier_check(verifier, second.public, second.algorithm,
						    message, by_first));
			assert_true(verifier_check(verifier, second.public, second.algorithm,
						   message, by_second));
			assert_false(verifier_check(verifier, first.public, first.algorithm,
						    message, by_second));
		}
		close_signer(&first);
		close_signer(&second);
	}
}

TEST(what_public_key_verify_refuses_is_refused)
{
	CLEANUP(verifier_freep) struct verifier *verifier = open_verifier();
	unsigned char long_one[SIGNATURE_MAX + 1] = { 0 };
	struct signer signer;

	open_signer(KEY_P256, &signer);
	struct bytes signature = buffer_view(&signer.signature);
	const struct {
		enum signature_algorithm algorithm;
		struct bytes message, signature;
	} wrong[] = {
		{ SIGN_ECDSA_SHA256, other, signature },
		{ SIGN_ECDSA_SHA384, message, signature },
		{ SIGN_RSA_SHA256, message, signature },
		{ SIGN_ED25519, message, signature },
		{ SIGN_COUNT, message, signature },
		{ SIGN_ECDSA_SHA256, message, { 0 } },
		{ SIGN_ECDSA_SHA256, message, { signature.data, signature.len - 1 } },
		{ SIGN_ECDSA_SHA256, message, { long_one, sizeof long_one } },
		{ SIGN_ECDSA_SHA256, message, message },
	};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		assert_false(verifier_check(verifier, signer.public, wrong[i].algorithm,
					    wrong[i].message, wrong[i].signature));
		/* a TLS session of the same thread would take them for its own */
		assert_int_equal(ERR_peek_error(), 0);
		assert_true(verifier_check(verifier, signer.public, SIGN_ECDSA_SHA256, message,
					   signature));
	}
	close_signer(&signer);
}

TEST_MAIN(RUN(no_key_passes_for_the_one_that_was_verified_before_it),
	  RUN(what_public_key_verify_refuses_is_refused))
