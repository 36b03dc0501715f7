#include "test.h"

#include "base/hash.h"
#include "base/hex.h"

static const char *hash_of(struct bytes message, char into[2 * HASH_LEN + 1])
{
	unsigned char hash[HASH_LEN];
	struct error err = { 0 };

	EXPECT_OK(hash_sha256(message, hash, &err), err);
	return hex_encode((struct bytes){ hash, sizeof hash }, into);
}

static const char *hmac_of(struct bytes key, struct bytes message, char into[2 * HASH_LEN + 1])
{
	unsigned char hash[HASH_LEN];
	struct error err = { 0 };

	EXPECT_OK(hash_hmac_sha256(key, message, hash, &err), err);
	return hex_encode((struct bytes){ hash, sizeof hash }, into);
}

/* FIPS 180-4's own examples */
TEST(sha256_gives_the_standards_examples)
{
	char text[2 * HASH_LEN + 1];

	assert_string_equal(hash_of(BYTES_LITERAL("abc"), text),
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_string_equal(hash_of((struct bytes){ 0 }, text),
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* RFC 4231, test cases 2 and 6, and RFC 2104 with nothing at all */
TEST(hmac_sha256_gives_the_rfc_4231_answers)
{
	unsigned char long_key[131];
	char text[2 * HASH_LEN + 1];

	for (size_t i = 0; i < sizeof long_key; i++)
		long_key[i] = 0xaa;
	assert_string_equal(
		hmac_of(BYTES_LITERAL("Jefe"), BYTES_LITERAL("what do ya want for nothing?"), text),
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	assert_string_equal(
		hmac_of((struct bytes){ long_key, sizeof long_key },
			BYTES_LITERAL("Test Using Larger Than Block-Size Key - Hash Key First"),
			text),
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	assert_string_equal(hmac_of((struct bytes){ 0 }, (struct bytes){ 0 }, text),
			    "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_MAIN(RUN(sha256_gives_the_standards_examples), RUN(hmac_sha256_gives_the_rfc_4231_answers))
