/* What an operator is told of a profile before a device finds out. */
#include "scene.h"

struct shelf {
	struct scene scene;
	struct account accounts[1];
	struct ca cas[1];
	struct anchor anchors[1];
	struct passphrase passphrases[1];
	struct address_range everywhere[1];
	struct catalog catalog;
	bool has_codes;
};

/* A profile with nothing to say about: an issuing CA below a root, listed, with all credentials. */
static void open_shelf(struct shelf *shelf)
{
	*shelf = (struct shelf){ 0 };
	scene_open(&shelf->scene, EST_SIMPLEENROLL);
	struct profile *profile = shelf->scene.profile;

	profile->window_opens_seconds = 200 * DAY;
	profile->key_allowed[KEY_RSA] = false;
	cert_free(shelf->scene.ca.cert);
	shelf->scene.ca.cert = make_cert(&(struct cert_spec){ .subject = "CN=issuing",
							      .issuer = "CN=root",
							      .key = CA_KEY,
							      .not_before = NOW - DAY,
							      .not_after = NOW + 3650 * DAY,
							      .is_ca = true,
							      .path_len = 0 });
	shelf->accounts[0] = shelf->scene.account;
	shelf->accounts[0].allowed = (struct address_set){ shelf->everywhere, 1 };
	shelf->cas[0] = shelf->scene.ca;
	shelf->anchors[0] = shelf->scene.anchor;
	shelf->anchors[0].cert = shelf->scene.ca.cert;
	shelf->passphrases[0] = (struct passphrase){ .id = 1, .profile_id = PROFILE_ID };
	shelf->catalog = (struct catalog){
		.accounts = shelf->accounts,
		.account_count = 1,
		.cas = shelf->cas,
		.ca_count = 1,
		.anchors = shelf->anchors,
		.anchor_count = 1,
		.passphrases = shelf->passphrases,
		.passphrase_count = 1,
	};
}

static bool lint(const struct shelf *shelf, size_t index, char *ret_text, size_t size)
{
	const struct lint_context context = { &shelf->catalog, shelf->has_codes, NOW };

	return profile_lint(shelf->scene.profile, &context, index, ret_text, size);
}

static bool warns(const struct shelf *shelf, const char *words)
{
	char text[400];

	for (size_t i = 0; lint(shelf, i, text, sizeof text); i++)
		if (strstr(text, words))
			return true;
	return false;
}

TEST(a_sound_profile_has_no_warning)
{
	struct shelf shelf;
	char text[400];

	open_shelf(&shelf);
	if (lint(&shelf, 0, text, sizeof text))
		fail_msg("%s", text);
	scene_close(&shelf.scene);
}

/* Each way to spoil the sound profile, and what the warning speaks of. */
#define SPOILS(name) static void name(struct shelf *shelf)

SPOILS(empty_the_list)
{
	shelf->accounts[0].allowed.count = 0;
}
SPOILS(retire_the_ca)
{
	shelf->cas[0].state = CA_RETIRED;
}
SPOILS(lose_the_ca)
{
	shelf->catalog.ca_count = 0;
}
SPOILS(sign_with_rsa)
{
	shelf->scene.profile->signature = SIGN_RSA_SHA256;
}
SPOILS(sign_with_ed25519)
{
	shelf->scene.profile->signature = SIGN_ED25519;
}
SPOILS(take_the_passphrase)
{
	shelf->catalog.passphrase_count = 0;
}
SPOILS(let_the_passphrase_end)
{
	shelf->passphrases[0].ends = NOW;
}
SPOILS(want_codes)
{
	shelf->scene.profile->auth = AUTH_DEVICE_CODE;
}
SPOILS(want_codes_and_certificates)
{
	shelf->scene.profile->auth = AUTH_CERTIFICATE_AND_CODE;
}
SPOILS(take_the_anchors)
{
	shelf->catalog.anchor_count = 0;
}
SPOILS(trust_another_ca)
{
	shelf->anchors[0].ca_id = 0;
	shelf->anchors[0].cert = shelf->scene.client;
}
SPOILS(take_client_auth)
{
	shelf->scene.profile->ext_key_usages[0][16] = '1';
}
SPOILS(take_digital_signature)
{
	shelf->scene.profile->key_usage = KU_KEY_AGREEMENT;
}
SPOILS(never_renew)
{
	shelf->scene.profile->renew_valid = RENEW_VALID_NEVER;
	shelf->scene.profile->renew_expired = RENEW_EXPIRED_NEVER;
}
SPOILS(renew_too_late)
{
	shelf->scene.profile->renew_valid = RENEW_VALID_NEVER;
}
SPOILS(open_late)
{
	shelf->scene.profile->window_opens_seconds = shelf->scene.profile->validity_seconds / 3 - 1;
}
SPOILS(outlive_the_ca)
{
	shelf->scene.profile->validity_seconds = 3650 * DAY + 2;
	shelf->scene.profile->window_opens_seconds = 3000 * DAY;
}
SPOILS(let_anybody_be_anybody)
{
	shelf->scene.profile->identity = IDENTITY_ANY;
}
SPOILS(let_the_unknown_wait)
{
	shelf->scene.profile->approval = APPROVAL_ENROLLMENTS;
	shelf->scene.profile->approval_without_credentials = true;
}
SPOILS(bind_with_nothing)
{
	shelf->scene.profile->binding = BINDING_REQUIRED;
	shelf->scene.profile->challenge = CHALLENGE_IS_PASSPHRASE;
}
SPOILS(allow_rsa)
{
	shelf->scene.profile->key_allowed[KEY_RSA] = true;
}
SPOILS(issue_from_the_root)
{
	cert_free(shelf->scene.ca.cert);
	shelf->scene.ca.cert = scene_ca_cert();
	shelf->scene.profile->window_opens_seconds = 200 * DAY;
	shelf->cas[0].cert = shelf->anchors[0].cert = shelf->scene.ca.cert;
}
static void replace_ca(struct shelf *shelf, struct cert_spec spec)
{
	spec.subject = "CN=issuing";
	spec.issuer = "CN=root";
	spec.key = CA_KEY;
	spec.is_ca = true;
	cert_free(shelf->scene.ca.cert);
	shelf->scene.ca.cert = make_cert(&spec);
	shelf->cas[0].cert = shelf->anchors[0].cert = shelf->scene.ca.cert;
}
SPOILS(let_the_ca_end)
{
	replace_ca(shelf, (struct cert_spec){ .not_before = NOW - 2 * DAY, .not_after = NOW - 1 });
}
SPOILS(constrain_names)
{
	/* permitted: dNSName "ab" */
	replace_ca(shelf, (struct cert_spec){ .not_before = NOW - DAY,
					      .not_after = NOW + 3650 * DAY,
					      .name_constraints = BYTES_LITERAL(
						      "\x30\x08\xa0\x06\x30\x04\x82\x02"
						      "ab") });
}

TEST(each_flaw_has_its_warning)
{
	static const struct {
		void (*spoil)(struct shelf *);
		const char *words;
	} rows[] = {
		{ empty_the_list, "lists no address" },
		{ retire_the_ca, "CA is not active" },
		{ lose_the_ca, "CA is not active" },
		{ let_the_ca_end, "CA has expired" },
		{ constrain_names, "constrains names" },
		{ sign_with_rsa, "signature algorithm" },
		{ sign_with_ed25519, "signature algorithm" },
		{ take_the_passphrase, "no passphrase in force" },
		{ let_the_passphrase_end, "no passphrase in force" },
		{ want_codes, "no device codes yet" },
		{ want_codes_and_certificates, "no device codes yet" },
		{ take_the_anchors, "no TLS certificate is accepted" },
		{ take_the_anchors, "renewals will be refused" },
		{ trust_another_ca, "renewals will be refused" },
		{ take_client_auth, "clientAuth" },
		{ take_digital_signature, "digitalSignature" },
		{ never_renew, "No renewal is allowed" },
		{ renew_too_late, "after expiry only" },
		{ open_late, "two thirds" },
		{ outlive_the_ca, "beyond the CA's own end" },
		{ let_anybody_be_anybody, "any name" },
		{ let_the_unknown_wait, "no credentials at all" },
		{ bind_with_nothing, "RFC 7894" },
		{ allow_rsa, "ArubaOS" },
		{ issue_from_the_root, "signs itself" },
	};
	struct cert_spec spec = device_cert();

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct shelf shelf;

		open_shelf(&shelf);
		shelf.scene.client = make_cert(&spec);
		assert_false(warns(&shelf, rows[i].words));
		rows[i].spoil(&shelf);
		if (!warns(&shelf, rows[i].words))
			fail_msg("no warning of \"%s\"", rows[i].words);
		scene_close(&shelf.scene);
	}
}

SPOILS(take_client_auth_where_nothing_renews)
{
	never_renew(shelf);
	take_client_auth(shelf);
}
SPOILS(take_digital_signature_where_nothing_renews)
{
	never_renew(shelf);
	take_digital_signature(shelf);
}
SPOILS(take_client_auth_where_only_expired_ones_renew)
{
	renew_too_late(shelf);
	take_client_auth(shelf);
}
SPOILS(take_anchors_where_nothing_renews)
{
	never_renew(shelf);
	take_the_anchors(shelf);
}
SPOILS(take_all_usages)
{
	for (size_t i = 0; i < shelf->scene.profile->ext_key_usage_count; i++)
		free(shelf->scene.profile->ext_key_usages[i]);
	shelf->scene.profile->ext_key_usage_count = 0;
}
SPOILS(want_certificates_only)
{
	shelf->scene.profile->auth = AUTH_TLS_CERTIFICATE;
	take_the_passphrase(shelf);
}
SPOILS(want_passphrases_only)
{
	shelf->scene.profile->auth = AUTH_PASSPHRASE;
	let_anybody_be_anybody(shelf);
	take_the_anchors(shelf);
}
SPOILS(make_codes)
{
	want_codes(shelf);
	shelf->has_codes = true;
}
SPOILS(rotate_the_passphrase)
{
	shelf->passphrases[0].ends = NOW + 1;
}
SPOILS(give_the_passphrase_to_another)
{
	shelf->passphrases[0].profile_id = OTHER_PROFILE_ID;
}
SPOILS(trust_by_number)
{
	shelf->anchors[0].cert = shelf->scene.client;
}
SPOILS(trust_by_certificate)
{
	shelf->anchors[0].ca_id = 0;
}
SPOILS(trust_for_another_account)
{
	shelf->anchors[0].account_id = ACCOUNT_ID + 1;
}
SPOILS(open_in_time)
{
	shelf->scene.profile->window_opens_seconds = shelf->scene.profile->validity_seconds / 3;
}
SPOILS(bind_with_the_attribute)
{
	shelf->scene.profile->binding = BINDING_REQUIRED;
}
SPOILS(use_the_attribute_as_passphrase)
{
	shelf->scene.profile->challenge = CHALLENGE_IS_PASSPHRASE;
}
SPOILS(last_as_long_as_the_ca)
{
	shelf->scene.profile->validity_seconds = 3650 * DAY + 1;
}
SPOILS(sign_with_ecdsa)
{
	shelf->scene.profile->signature = SIGN_ECDSA_SHA384;
}
SPOILS(sign_with_an_unknown_algorithm)
{
	shelf->scene.profile->signature = (enum signature_algorithm)99;
}
SPOILS(let_the_ca_end_today)
{
	replace_ca(shelf, (struct cert_spec){ .not_before = NOW - 2 * DAY, .not_after = NOW });
}

TEST(a_warning_comes_only_where_it_is_due)
{
	static const struct {
		void (*spoil)(struct shelf *);
		const char *words;
		bool due;
	} rows[] = {
		{ take_client_auth_where_nothing_renews, "clientAuth", false },
		{ take_client_auth_where_only_expired_ones_renew, "clientAuth", true },
		{ take_digital_signature_where_nothing_renews, "digitalSignature", false },
		{ take_anchors_where_nothing_renews, "renewals will be refused", false },
		{ renew_too_late, "No renewal is allowed", false },
		{ never_renew, "after expiry only", false },
		{ take_all_usages, "clientAuth", false },
		{ want_certificates_only, "no passphrase in force", false },
		{ want_passphrases_only, "no TLS certificate is accepted", false },
		{ want_passphrases_only, "any name", false },
		{ make_codes, "no device codes yet", false },
		{ rotate_the_passphrase, "no passphrase in force", false },
		{ give_the_passphrase_to_another, "no passphrase in force", true },
		{ trust_by_number, "renewals will be refused", false },
		{ trust_by_certificate, "renewals will be refused", false },
		{ trust_for_another_account, "renewals will be refused", true },
		{ trust_for_another_account, "no TLS certificate is accepted", true },
		{ open_in_time, "two thirds", false },
		{ bind_with_the_attribute, "RFC 7894", false },
		{ use_the_attribute_as_passphrase, "RFC 7894", false },
		{ last_as_long_as_the_ca, "beyond the CA's own end", false },
		{ let_the_ca_end, "beyond the CA's own end", false },
		{ let_the_ca_end_today, "CA has expired", false },
		{ lose_the_ca, "CA has expired", false },
		{ lose_the_ca, "renewals will be refused", false },
		{ lose_the_ca, "signature algorithm", false },
		{ sign_with_ecdsa, "signature algorithm", false },
		{ sign_with_an_unknown_algorithm, "signature algorithm", true },
	};
	struct cert_spec spec = device_cert();

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct shelf shelf;

		open_shelf(&shelf);
		shelf.scene.client = make_cert(&spec);
		rows[i].spoil(&shelf);
		if (warns(&shelf, rows[i].words) != rows[i].due)
			fail_msg("row %zu: %s warning of \"%s\"", i, rows[i].due ? "no" : "a",
				 rows[i].words);
		scene_close(&shelf.scene);
	}
}

TEST(warnings_come_by_growing_index_and_end)
{
	struct shelf shelf;
	char first[400], second[400], text[400];

	open_shelf(&shelf);
	empty_the_list(&shelf);
	allow_rsa(&shelf);
	assert_true(lint(&shelf, 0, first, sizeof first));
	assert_true(lint(&shelf, 1, second, sizeof second));
	assert_string_not_equal(first, second);
	assert_false(lint(&shelf, 2, text, sizeof text));
	assert_true(lint(&shelf, 0, text, 8));
	assert_int_equal(strlen(text), 7);
	scene_close(&shelf.scene);
}

POLICY_TEST_MAIN(RUN(a_sound_profile_has_no_warning), RUN(each_flaw_has_its_warning),
		 RUN(a_warning_comes_only_where_it_is_due),
		 RUN(warnings_come_by_growing_index_and_end))
