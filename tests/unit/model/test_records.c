/* Operations, certificates' words, grants and the catalog. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "model/catalog.h"
#include "model/certificate.h"
#include "model/grant.h"
#include "model/identity.h"
#include "test.h"

TEST(an_unknown_operation_is_none)
{
	assert_int_equal(est_operation_by_text(""), EST_OPERATION_COUNT);
	assert_int_equal(est_operation_by_text("CACERTS"), EST_OPERATION_COUNT);
	assert_int_equal(est_operation_by_text("simpleenroll/"), EST_OPERATION_COUNT);
	assert_string_equal(est_operation_text(EST_OPERATION_COUNT), "none");
}

TEST(every_operation_is_found_by_its_text)
{
	for (enum est_operation i = 0; i < EST_OPERATION_COUNT; i++)
		assert_int_equal(est_operation_by_text(est_operation_text(i)), i);
}

TEST(numbers_that_rfc_5280_does_not_use_are_no_reasons)
{
	assert_null(revocation_reason_text((enum revocation_reason)7));
	assert_null(revocation_reason_text((enum revocation_reason)8));
	assert_null(revocation_reason_text((enum revocation_reason)11));
	assert_int_equal(revocation_reason_by_text("removeFromCRL"), -1);
	assert_int_equal(revocation_reason_by_text(""), -1);
}

TEST(revocation_reasons_keep_their_numbers)
{
	assert_int_equal(revocation_reason_by_text("unspecified"), 0);
	assert_int_equal(revocation_reason_by_text("keyCompromise"), 1);
	assert_int_equal(revocation_reason_by_text("privilegeWithdrawn"), 9);
	assert_string_equal(revocation_reason_text(REVOKED_AA_COMPROMISE), "aACompromise");
}

TEST(words_of_states_and_kinds)
{
	assert_string_equal(certificate_state_text(CERTIFICATE_INTENT), "intent");
	assert_string_equal(certificate_state_text(CERTIFICATE_ISSUED), "issued");
	assert_string_equal(certificate_state_text(CERTIFICATE_REVOKED), "revoked");
	assert_string_equal(certificate_state_text(CERTIFICATE_ABANDONED), "abandoned");
	assert_string_equal(certificate_purpose_text(PURPOSE_DEVICE), "device");
	assert_string_equal(certificate_purpose_text(PURPOSE_SERVER), "server");
	assert_string_equal(certificate_purpose_text(PURPOSE_CA), "ca");
	assert_string_equal(certificate_purpose_text(PURPOSE_RA), "ra");
	assert_string_equal(certificate_purpose_text(PURPOSE_OCSP), "ocsp");
	assert_string_equal(ca_state_text(CA_RETIRED), "retired");
	assert_string_equal(ca_state_text((enum ca_state)9), "disabled");
	assert_string_equal(identity_kind_text(IDENTITY_OWN), "own-certificate");
	assert_string_equal(identity_kind_text(IDENTITY_THIRD_PARTY), "third-party-certificate");
	assert_string_equal(identity_kind_text(IDENTITY_NONE), "none");
}

static struct profile *a_profile(int64_t id, int64_t account_id, const char *name, const char *oid,
				 const char *alias)
{
	struct profile *profile = NULL;
	struct error err = { 0 };

	EXPECT_OK(profile_new(TEMPLATE_GENERIC_DEVICE, &profile, &err), err);
	profile->id = id;
	profile->account_id = account_id;
	profile->name = strdup(name);
	profile->oid = strdup(oid);
	if (alias) {
		profile->aliases = calloc(1, sizeof *profile->aliases);
		profile->aliases[0] = strdup(alias);
		profile->alias_count = 1;
	}
	return profile;
}

static struct catalog *a_catalog(void)
{
	struct catalog *catalog = calloc(1, sizeof *catalog);

	catalog->references = 1;
	catalog->accounts = calloc(2, sizeof *catalog->accounts);
	catalog->account_count = 2;
	catalog->accounts[0] = (struct account){ .id = 1, .name = strdup("acme") };
	catalog->accounts[1] = (struct account){ .id = 4, .name = strdup("other") };
	catalog->cas = calloc(1, sizeof *catalog->cas);
	catalog->ca_count = 1;
	catalog->cas[0] = (struct ca){
		.id = 2, .account_id = 4, .name = strdup("Issuing"), .key_name = strdup("k")
	};
	catalog->profiles = calloc(3, sizeof *catalog->profiles);
	catalog->profile_count = 3;
	catalog->profiles[0] = a_profile(3, 1, "Sensors", "2.25.3", NULL);
	catalog->profiles[1] = a_profile(5, 4, "Sensors", "2.25.5", "line/1");
	catalog->profiles[2] = a_profile(9, 4, "Gates", "2.25.9", NULL);
	catalog->ra_scopes = calloc(1, sizeof *catalog->ra_scopes);
	catalog->ra_scope_count = 1;
	catalog->ra_scopes[0] = (struct ra_scope){ .name = strdup("proxy"),
						   .profile_ids = calloc(1, sizeof(int64_t)) };
	catalog->passphrases = calloc(1, sizeof *catalog->passphrases);
	catalog->passphrase_count = 1;
	return catalog;
}

TEST(what_the_catalog_does_not_hold_is_null)
{
	CLEANUP(catalog_unrefp) struct catalog *catalog = a_catalog();
	struct catalog empty = { 0 };

	assert_null(catalog_account(catalog, 2));
	assert_null(catalog_account_by_name(catalog, "Acme"));
	assert_null(catalog_ca(catalog, 1));
	assert_null(catalog_ca_by_name(catalog, 1, "Issuing"));
	assert_null(catalog_profile(catalog, 4));
	assert_null(catalog_profile(catalog, 10));
	assert_null(catalog_profile_by_name(catalog, 1, "Gates"));
	assert_null(catalog_profile_by_label(catalog, "Sensors"));
	assert_null(catalog_profile_by_label(catalog, "line"));
	assert_null(catalog_profile(&empty, 0));
}

TEST(the_catalog_finds_by_id_name_and_label)
{
	CLEANUP(catalog_unrefp) struct catalog *catalog = a_catalog();

	assert_string_equal(catalog_account(catalog, 4)->name, "other");
	assert_int_equal(catalog_account_by_name(catalog, "acme")->id, 1);
	assert_int_equal(catalog_ca_by_name(catalog, 4, "Issuing")->id, 2);
	for (size_t i = 0; i < catalog->profile_count; i++)
		assert_ptr_equal(catalog_profile(catalog, catalog->profiles[i]->id),
				 catalog->profiles[i]);
	assert_int_equal(catalog_profile_by_name(catalog, 4, "Sensors")->id, 5);
	assert_int_equal(catalog_profile_by_label(catalog, "line/1")->id, 5);
	assert_int_equal(catalog_profile_by_label(catalog, "2.25.9")->id, 9);
}

static void *take_and_give(void *context)
{
	struct catalog *catalog = context;

	for (int i = 0; i < 2000; i++)
		catalog_unref(catalog_ref(catalog));
	catalog_unref(catalog);
	return NULL;
}

/* The sanitizer tells of a catalog freed early or never. */
TEST(the_last_reference_frees_whichever_thread_has_it)
{
	struct catalog *catalog = a_catalog();
	pthread_t threads[4];

	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, take_and_give, catalog_ref(catalog)), 0);
	catalog_unref(catalog);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	catalog_unref(NULL);
}

TEST(a_grant_gives_back_all_that_it_holds)
{
	struct grant *grant = calloc(1, sizeof *grant);
	struct error err = { 0 };

	EXPECT_OK(name_append(&grant->subject, NAME_COMMON_NAME, "dev-1", &err), err);
	EXPECT_OK(san_append(&grant->san, SAN_DNS, "dev-1.example", &err), err);
	grant->ext_key_usages = calloc(1, sizeof *grant->ext_key_usages);
	grant->ext_key_usages[0] = strdup("1.2.3");
	grant->ext_key_usage_count = 1;
	grant->requested_by = strdup("passphrase");
	grant->peer = strdup("192.0.2.1");
	grant->request_id = strdup("0");
	grant_free(grant);
	grant_free(NULL);
}

TEST(a_certificate_gives_back_all_that_it_holds)
{
	struct certificate certificate = { .subject = strdup("CN=a"),
					   .san = strdup(""),
					   .peer = strdup("::1"),
					   .requested_by = strdup("x"),
					   .request_id = strdup("y"),
					   .der = malloc(3),
					   .der_len = 3 };

	certificate_done(&certificate);
	assert_null(certificate.der);
	certificate_done(&certificate);
}

TEST_MAIN(RUN(an_unknown_operation_is_none), RUN(every_operation_is_found_by_its_text),
	  RUN(numbers_that_rfc_5280_does_not_use_are_no_reasons),
	  RUN(revocation_reasons_keep_their_numbers), RUN(words_of_states_and_kinds),
	  RUN(what_the_catalog_does_not_hold_is_null), RUN(the_catalog_finds_by_id_name_and_label),
	  RUN(the_last_reference_frees_whichever_thread_has_it),
	  RUN(a_grant_gives_back_all_that_it_holds),
	  RUN(a_certificate_gives_back_all_that_it_holds))
