#include "../base/clone.h"

#include <string.h>

#include "pki/key.h"

static enum key_type wanted;

static void make_key(unsigned char into[CLONE_OUTPUT])
{
	CLEANUP(private_key_freep) struct private_key *key = NULL;
	CLEANUP(public_key_freep) struct public_key *public = NULL;
	struct error err = { 0 };

	EXPECT_OK(private_key_generate(wanted, 2048, &key, &err), err);
	EXPECT_OK(private_key_public(key, &public, &err), err);
	struct bytes spki = public_key_spki(public);
	assert_true(spki.len > CLONE_OUTPUT);
	/* the last octets: the key's own */
	memcpy(into, spki.data + spki.len - CLONE_OUTPUT, CLONE_OUTPUT);
}

TEST(ft_21_copies_of_a_machine_make_different_keys)
{
	static const enum key_type kinds[] = { KEY_P256, KEY_P384, KEY_RSA };
	unsigned char before[CLONE_OUTPUT];

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		wanted = kinds[i];
		make_key(before);
		assert_true(clones_differ(make_key));
	}
}

TEST_MAIN(RUN(ft_21_copies_of_a_machine_make_different_keys))
