/* wrap: private_key_decrypt */
#include "test.h"

#include "pki/key.h"
#include "pki/opened_key.h"

static const struct bytes passphrase = BYTES_LITERAL("for tests only");
static int decryptions;

bool __real_private_key_decrypt(struct bytes pem, struct bytes with, struct private_key **ret,
				struct error *err);
bool __wrap_private_key_decrypt(struct bytes pem, struct bytes with, struct private_key **ret,
				struct error *err);

bool __wrap_private_key_decrypt(struct bytes pem, struct bytes with, struct private_key **ret,
				struct error *err)
{
	decryptions++;
	return __real_private_key_decrypt(pem, with, ret, err);
}

static void make_key(struct buffer *ret_encrypted, struct buffer *ret_encoded)
{
	CLEANUP(private_key_freep) struct private_key *key = NULL;
	struct error err = { 0 };

	EXPECT_OK(private_key_generate(KEY_P256, 0, &key, &err), err);
	EXPECT_OK(private_key_encrypt(key, passphrase, ret_encrypted, &err), err);
	EXPECT_OK(private_key_encode(key, ret_encoded, &err), err);
}

static void expect_opens(struct opened_key *opened, const struct buffer *encrypted,
			 const struct buffer *encoded)
{
	struct bytes got = { 0 };
	struct error err = { 0 };

	EXPECT_OK(opened_key_get(opened, buffer_view(encrypted), passphrase, &got, &err), err);
	assert_true(bytes_equal(got, buffer_view(encoded)));
}

TEST(a_wrong_passphrase_opens_nothing_and_keeps_nothing)
{
	CLEANUP(opened_key_done) struct opened_key opened = { 0 };
	CLEANUP(buffer_done) struct buffer encrypted = { 0 };
	CLEANUP(buffer_wipe) struct buffer encoded = { 0 };
	struct bytes got = { 0 };
	struct error err = { 0 };

	make_key(&encrypted, &encoded);
	EXPECT_REFUSED(opened_key_get(&opened, buffer_view(&encrypted), BYTES_LITERAL("wrong"),
				      &got, &err),
		       err, REASON_SECRET_FILE);
	assert_null(got.data);
	expect_opens(&opened, &encrypted, &encoded);
}

TEST(what_is_no_key_leaves_no_former_key_behind)
{
	CLEANUP(opened_key_done) struct opened_key opened = { 0 };
	CLEANUP(buffer_done) struct buffer encrypted = { 0 };
	CLEANUP(buffer_wipe) struct buffer encoded = { 0 };
	struct bytes got = { 0 };
	struct error err = { 0 };

	make_key(&encrypted, &encoded);
	expect_opens(&opened, &encrypted, &encoded);
	for (int i = 0; i < 2; i++)
		EXPECT_REFUSED(opened_key_get(&opened, (struct bytes){ 0 }, passphrase, &got, &err),
			       err, REASON_IMPORT_MALFORMED);
	assert_null(got.data);
}

TEST(the_same_key_is_opened_once)
{
	CLEANUP(opened_key_done) struct opened_key opened = { 0 };
	CLEANUP(buffer_done) struct buffer encrypted = { 0 };
	CLEANUP(buffer_wipe) struct buffer encoded = { 0 };

	make_key(&encrypted, &encoded);
	decryptions = 0;
	for (int i = 0; i < 3; i++)
		expect_opens(&opened, &encrypted, &encoded);
	assert_int_equal(decryptions, 1);
}

TEST(another_key_is_another_key)
{
	CLEANUP(opened_key_done) struct opened_key opened = { 0 };
	CLEANUP(buffer_done) struct buffer first = { 0 }, second = { 0 };
	CLEANUP(buffer_wipe) struct buffer first_key = { 0 }, second_key = { 0 };

	make_key(&first, &first_key);
	make_key(&second, &second_key);
	expect_opens(&opened, &first, &first_key);
	expect_opens(&opened, &second, &second_key);
	expect_opens(&opened, &first, &first_key);
}

TEST_MAIN(RUN(a_wrong_passphrase_opens_nothing_and_keeps_nothing),
	  RUN(what_is_no_key_leaves_no_former_key_behind), RUN(the_same_key_is_opened_once),
	  RUN(another_key_is_another_key))
