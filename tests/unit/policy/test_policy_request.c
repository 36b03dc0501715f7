/* Key, extensions and issuer: what a request brings besides its names. */
#include "scene.h"

static void ask_with_key(struct scene *scene, enum test_key key)
{
	scene_csr(scene, (struct csr_spec){ .subject = "CN=dev-1", .key = key });
}

TEST(a_type_of_key_that_the_profile_does_not_list_is_refused)
{
	static const struct {
		enum test_key key;
		enum key_type type;
	} rows[] = { { DEVICE_KEY, KEY_P256 }, { RSA_KEY, KEY_RSA }, { ED25519_KEY, KEY_ED25519 } };
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ask_with_key(&scene, rows[i].key);
		EXPECT_ALLOWED(scene);
		scene.profile->key_allowed[rows[i].type] = false;
		EXPECT_DENIED(scene, REASON_KEY_TYPE_NOT_ALLOWED);
	}
	scene_close(&scene);
}

TEST(cs_10_rsa_keys_are_within_the_profiles_sizes)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	ask_with_key(&scene, RSA_KEY);
	scene.profile->rsa_bits_min = 2049;
	EXPECT_DENIED(scene, REASON_KEY_TOO_WEAK);
	scene.profile->rsa_bits_min = 2048;
	scene.profile->rsa_bits_max = 2047;
	EXPECT_DENIED(scene, REASON_KEY_TYPE_NOT_ALLOWED);
	scene.profile->rsa_bits_max = 2048;
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(a_key_that_could_do_nothing_of_the_profiles_usage_is_refused)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene.profile->key_usage = KU_KEY_ENCIPHERMENT;
	EXPECT_DENIED(scene, REASON_KEY_TYPE_NOT_ALLOWED);
	ask_with_key(&scene, RSA_KEY);
	EXPECT_ALLOWED(scene);
	scene.profile->key_usage = KU_KEY_CERT_SIGN | KU_CRL_SIGN;
	EXPECT_DENIED(scene, REASON_KEY_TYPE_NOT_ALLOWED);
	scene_close(&scene);
}

/* -- reuse -- */

TEST(cs_45_a_key_in_use_under_another_name_is_refused)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene.facts.key.used = true;
	EXPECT_ALLOWED(scene);
	scene.facts.key.used_by_other = true;
	EXPECT_DENIED(scene, REASON_KEY_REUSED);
	scene.profile->key_reuse = KEY_REUSE_NEVER;
	EXPECT_DENIED(scene, REASON_KEY_REUSED);
	scene.profile->key_reuse = KEY_REUSE_ANY;
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(rn_10_a_revoked_key_never_comes_back)
{
	struct scene scene;

	scene_renew_by_own(&scene);
	scene.facts.key.used = true;
	scene.facts.key.revoked = true;
	EXPECT_DENIED(scene, REASON_KEY_REUSED);
	scene.profile->key_reuse = KEY_REUSE_NEVER;
	EXPECT_DENIED(scene, REASON_KEY_REUSED);
	scene.profile->key_reuse = KEY_REUSE_ANY;
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(a_key_of_one_use_may_renew_itself_and_no_more)
{
	struct scene scene;

	scene_renew_by_own(&scene);
	scene.profile->key_reuse = KEY_REUSE_NEVER;
	scene.facts.key.used = true;
	EXPECT_ALLOWED(scene);
	ask_with_key(&scene, OTHER_KEY);
	EXPECT_DENIED(scene, REASON_KEY_REUSED);
	scene.facts.key.used = false;
	EXPECT_ALLOWED(scene);
	scene_close(&scene);

	scene_enroll_by_third_party(&scene);
	scene.profile->key_reuse = KEY_REUSE_NEVER;
	EXPECT_ALLOWED(scene);
	scene.facts.key.used = true;
	EXPECT_DENIED(scene, REASON_KEY_REUSED);
	scene_close(&scene);
}

/* -- extensions -- */

static void ask_for(struct scene *scene, struct bytes oid, bool critical, struct bytes value)
{
	scene_csr(scene, (struct csr_spec){ .subject = "CN=dev-1",
					    .key = DEVICE_KEY,
					    .extensions = { { oid, critical, value } } });
}

/* The grant says what it says without the wish. */
static void expect_dropped(const struct scene *scene)
{
	struct verdict verdict;

	policy_decide(scene->profile, &scene->facts, &verdict);
	if (!verdict.allowed)
		fail_msg("%s: %s", reason_code(verdict.refusal.reason), verdict.refusal.detail);
	assert_false(verdict.grant->is_ca);
	assert_int_equal(verdict.grant->key_usage, KU_DIGITAL_SIGNATURE);
	assert_int_equal(verdict.grant->ext_key_usage_count, 2);
	assert_int_equal(verdict.grant->path_len, -1);
	verdict_done(&verdict);
}

struct wish {
	const struct bytes *oid;
	struct bytes value;
};

#define WISH(oid, text)                                                                            \
	{                                                                                          \
		&(oid),                                                                            \
		{                                                                                  \
			(const unsigned char *)(text), sizeof(text) - 1                            \
		}                                                                                  \
	}

static const struct bytes oid_of_nobody = { (const unsigned char *)"\x2a\x03\x04", 3 };

/* cs_35: CA:TRUE; cs_36: keyCertSign, all bits; cs_37: cmcRA, any; cs_38: name constraints … */
static const struct wish over_reaching[] = {
	WISH(oid_basic_constraints, "\x30\x03\x01\x01\xff"),
	WISH(oid_basic_constraints, "\x30\x06\x01\x01\xff\x02\x01\x00"),
	WISH(oid_key_usage, "\x03\x02\x02\x04"),
	WISH(oid_key_usage, "\x03\x02\x01\x02"),
	WISH(oid_key_usage, "\x03\x03\x07\xff\x80"),
	WISH(oid_ext_key_usage, "\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x1c"),
	WISH(oid_ext_key_usage, "\x30\x06\x06\x04\x55\x1d\x25\x00"),
	WISH(oid_name_constraints, "\x30\x00"),
	WISH(oid_subject_key_id, "\x04\x02\x01\x02"),
	WISH(oid_of_nobody, "\x05\x00"),
};

TEST(cs_35_to_cs_38_wishes_beyond_the_profile_are_dropped_or_refused)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	for (size_t i = 0; i < ARRAY_LEN(over_reaching); i++) {
		ask_for(&scene, *over_reaching[i].oid, false, over_reaching[i].value);
		scene.profile->extension_unlisted = UNLISTED_REFUSE;
		EXPECT_DENIED(scene, REASON_EXTENSION_NOT_ALLOWED);
		scene.profile->extension_unlisted = (enum unlisted)9;
		EXPECT_DENIED(scene, REASON_EXTENSION_NOT_ALLOWED);
		scene.profile->extension_unlisted = UNLISTED_DROP;
		expect_dropped(&scene);
	}
	scene_close(&scene);
}

TEST(modest_wishes_pass_and_change_nothing)
{
	static const struct wish modest[] = {
		WISH(oid_basic_constraints, "\x30\x00"),
		WISH(oid_key_usage, "\x03\x02\x05\xa0"),
		WISH(oid_ext_key_usage, "\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02"),
	};
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene.profile->extension_unlisted = UNLISTED_REFUSE;
	for (size_t i = 0; i < ARRAY_LEN(modest); i++) {
		ask_for(&scene, *modest[i].oid, true, modest[i].value);
		expect_dropped(&scene);
	}
	scene_close(&scene);
}

TEST(cs_39_an_unknown_critical_extension_is_always_refused)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	ask_for(&scene, oid_of_nobody, true, BYTES_LITERAL("\x05\x00"));
	EXPECT_DENIED(scene, REASON_EXTENSION_NOT_ALLOWED);
	ask_for(&scene, oid_name_constraints, true, BYTES_LITERAL("\x30\x00"));
	EXPECT_DENIED(scene, REASON_EXTENSION_NOT_ALLOWED);
	ask_for(&scene, oid_of_nobody, false, BYTES_LITERAL("\x05\x00"));
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(cs_41_malformed_extensions_are_always_refused)
{
	static const struct wish malformed[] = {
		WISH(oid_basic_constraints, "\x04\x00"),
		WISH(oid_basic_constraints, "\x30\x03\x01\x01\x01"),
		WISH(oid_key_usage, "\x04\x01\x00"),
		WISH(oid_ext_key_usage, "\x30\x00"),
		WISH(oid_ext_key_usage, "\x30\x02\x05\x00"),
		WISH(oid_ext_key_usage, "\x30\x02\x06\x00"),
		WISH(oid_ext_key_usage, "\x30\x04\x06\x02\x2a\x83"),
		WISH(oid_ext_key_usage, "\x30\x03\x06\x05\x2a"),
		WISH(oid_ext_key_usage, "\x30\x0c\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02\x05\x00"),
		WISH(oid_ext_key_usage, "\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02\x05\x00"),
	};
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	for (size_t i = 0; i < ARRAY_LEN(malformed); i++) {
		ask_for(&scene, *malformed[i].oid, false, malformed[i].value);
		EXPECT_DENIED(scene, REASON_EXTENSION_NOT_ALLOWED);
	}
	scene_close(&scene);
}

/* -- the issuer -- */

TEST(rn_13_a_ca_that_is_not_active_issues_nothing)
{
	struct scene scene;

	scene_renew_by_own(&scene);
	scene.ca.state = CA_RETIRED;
	EXPECT_DENIED(scene, REASON_CA_RETIRED);
	scene.ca.state = CA_DISABLED;
	EXPECT_DENIED(scene, REASON_CA_DISABLED);
	scene.ca.state = CA_ACTIVE;
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(a_ca_of_another_account_or_profile_issues_nothing)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene.ca.account_id = ACCOUNT_ID + 1;
	EXPECT_DENIED(scene, REASON_CA_UNAVAILABLE);
	scene.ca.account_id = ACCOUNT_ID;
	scene.ca.id = CA_ID + 1;
	EXPECT_DENIED(scene, REASON_CA_UNAVAILABLE);
	scene.ca.id = CA_ID;
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(ci_05_a_ca_issues_within_its_own_time_to_the_second)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene.facts.now = cert_not_before(scene.ca.cert) - 1;
	EXPECT_DENIED(scene, REASON_CA_UNAVAILABLE);
	scene.facts.now = cert_not_before(scene.ca.cert);
	EXPECT_ALLOWED(scene);
	scene.facts.now = cert_not_after(scene.ca.cert);
	EXPECT_ALLOWED(scene);
	scene.facts.now = cert_not_after(scene.ca.cert) + 1;
	EXPECT_DENIED(scene, REASON_CA_EXPIRED);
	scene_close(&scene);
}

TEST(a_profile_without_validity_issues_nothing)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene.profile->validity_seconds = 0;
	EXPECT_DENIED(scene, REASON_INTERNAL);
	scene.profile->validity_seconds = -5;
	EXPECT_DENIED(scene, REASON_INTERNAL);
	scene.profile->validity_seconds = 1;
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

POLICY_TEST_MAIN(RUN(a_type_of_key_that_the_profile_does_not_list_is_refused),
		 RUN(cs_10_rsa_keys_are_within_the_profiles_sizes),
		 RUN(a_key_that_could_do_nothing_of_the_profiles_usage_is_refused),
		 RUN(cs_45_a_key_in_use_under_another_name_is_refused),
		 RUN(rn_10_a_revoked_key_never_comes_back),
		 RUN(a_key_of_one_use_may_renew_itself_and_no_more),
		 RUN(cs_35_to_cs_38_wishes_beyond_the_profile_are_dropped_or_refused),
		 RUN(modest_wishes_pass_and_change_nothing),
		 RUN(cs_39_an_unknown_critical_extension_is_always_refused),
		 RUN(cs_41_malformed_extensions_are_always_refused),
		 RUN(rn_13_a_ca_that_is_not_active_issues_nothing),
		 RUN(a_ca_of_another_account_or_profile_issues_nothing),
		 RUN(ci_05_a_ca_issues_within_its_own_time_to_the_second),
		 RUN(a_profile_without_validity_issues_nothing))
