/* What operators order: as strict as what devices ask for. */
#include "base/duration.h"
#include "scene.h"

struct ordering {
	struct scene scene;
	struct name subject;
	struct san san;
	struct order order;
};

static void open_order(struct ordering *ordering, enum certificate_purpose purpose)
{
	struct error err;

	*ordering = (struct ordering){ 0 };
	scene_open(&ordering->scene, EST_SIMPLEENROLL);
	EXPECT_OK(name_from_text("CN=pki.acme.example", &ordering->subject, &err), err);
	read_san("dns:pki.acme.example", &ordering->san);
	ordering->order = (struct order){ .purpose = purpose,
					  .account_id = ACCOUNT_ID,
					  .ca = &ordering->scene.ca,
					  .subject = &ordering->subject,
					  .san = &ordering->san,
					  .key = test_key(DEVICE_KEY),
					  .signature = SIGN_COUNT,
					  .not_before = NOW,
					  .validity_seconds = DAY,
					  .path_len = -1,
					  .operator= "ann" };
}

static void close_order(struct ordering *ordering)
{
	name_done(&ordering->subject);
	san_done(&ordering->san);
	scene_close(&ordering->scene);
}

static struct grant *grant_of(const struct ordering *ordering)
{
	struct grant *grant = NULL;
	struct error err;

	EXPECT_OK(policy_grant_order(&ordering->order, &grant, &err), err);
	return grant;
}

static void expect_granted(const struct ordering *ordering)
{
	grant_free(grant_of(ordering));
}

#define EXPECT_ORDER_DENIED(ordering, reason)                                                      \
	do {                                                                                       \
		struct grant *none_ = NULL;                                                        \
		struct error err_;                                                                 \
		EXPECT_REFUSED(policy_grant_order(&(ordering).order, &none_, &err_), err_,         \
			       reason);                                                            \
		assert_null(none_);                                                                \
	} while (0)

static const enum certificate_purpose orderable[] = { PURPOSE_RA, PURPOSE_SERVER, PURPOSE_CA,
						      PURPOSE_OCSP };

TEST(ci_01_purposes_that_nobody_orders_are_refused)
{
	struct ordering ordering;

	open_order(&ordering, PURPOSE_DEVICE);
	EXPECT_ORDER_DENIED(ordering, REASON_INVALID);
	ordering.order.purpose = (enum certificate_purpose)77;
	EXPECT_ORDER_DENIED(ordering, REASON_INVALID);
	for (size_t i = 0; i < ARRAY_LEN(orderable); i++) {
		ordering.order.purpose = orderable[i];
		expect_granted(&ordering);
	}
	close_order(&ordering);
}

TEST(an_order_needs_all_its_parts)
{
	for (size_t i = 0; i < ARRAY_LEN(orderable); i++) {
		struct ordering ordering;

		open_order(&ordering, orderable[i]);
		const struct order whole = ordering.order;
		ordering.order.operator= NULL;
		EXPECT_ORDER_DENIED(ordering, REASON_INVALID);
		ordering.order.operator= "";
		EXPECT_ORDER_DENIED(ordering, REASON_INVALID);
		ordering.order = whole;
		ordering.order.subject = NULL;
		EXPECT_ORDER_DENIED(ordering, REASON_INVALID);
		ordering.order = whole;
		ordering.order.key = NULL;
		EXPECT_ORDER_DENIED(ordering, REASON_KEY_INVALID);
		ordering.order = whole;
		ordering.order.validity_seconds = 0;
		EXPECT_ORDER_DENIED(ordering, REASON_INVALID);
		ordering.order.validity_seconds = DURATION_MAX + 1;
		EXPECT_ORDER_DENIED(ordering, REASON_INVALID);
		ordering.order.validity_seconds = DURATION_MAX;
		expect_granted(&ordering);
		ordering.order = whole;
		ordering.order.signature = (enum signature_algorithm)(SIGN_COUNT + 1);
		EXPECT_ORDER_DENIED(ordering, REASON_INVALID);
		ordering.order = whole;
		expect_granted(&ordering);
		close_order(&ordering);
	}
}

TEST(only_a_root_comes_without_an_issuer)
{
	struct ordering ordering;

	open_order(&ordering, PURPOSE_RA);
	ordering.order.ca = NULL;
	EXPECT_ORDER_DENIED(ordering, REASON_CA_UNAVAILABLE);
	ordering.order.purpose = PURPOSE_SERVER;
	EXPECT_ORDER_DENIED(ordering, REASON_CA_UNAVAILABLE);
	ordering.order.purpose = PURPOSE_CA;
	CLEANUP(grant_freep) struct grant *grant = grant_of(&ordering);
	assert_int_equal(grant->ca_id, 0);
	close_order(&ordering);
}

TEST(an_issuer_that_cannot_sign_refuses_an_order)
{
	struct ordering ordering;

	open_order(&ordering, PURPOSE_CA);
	ordering.scene.ca.state = CA_RETIRED;
	EXPECT_ORDER_DENIED(ordering, REASON_CA_RETIRED);
	ordering.scene.ca.state = CA_ACTIVE;
	ordering.scene.ca.account_id = ACCOUNT_ID + 1;
	EXPECT_ORDER_DENIED(ordering, REASON_CA_UNAVAILABLE);
	ordering.scene.ca.account_id = ACCOUNT_ID;
	ordering.order.not_before = cert_not_after(ordering.scene.ca.cert) + 1;
	EXPECT_ORDER_DENIED(ordering, REASON_CA_EXPIRED);
	ordering.order.not_before--;
	expect_granted(&ordering);
	close_order(&ordering);
}

/* Of what a retired or revoked CA issued relying parties still ask; of a disabled one's nobody is
 * told. */
TEST(ocsp_01_a_responder_is_granted_as_long_as_the_ca_is_answered_for)
{
	struct ordering ordering;

	open_order(&ordering, PURPOSE_OCSP);
	ordering.scene.ca.state = CA_DISABLED;
	EXPECT_ORDER_DENIED(ordering, REASON_CA_DISABLED);
	ordering.scene.ca.state = CA_RETIRED;
	ordering.scene.ca.account_id = ACCOUNT_ID + 1;
	EXPECT_ORDER_DENIED(ordering, REASON_CA_UNAVAILABLE);
	ordering.scene.ca.account_id = ACCOUNT_ID;
	ordering.scene.ca.revoked = true;
	CLEANUP(grant_freep) struct grant *grant = grant_of(&ordering);
	assert_int_equal(grant->key_usage, KU_DIGITAL_SIGNATURE);
	assert_int_equal(grant->ext_key_usage_count, 1);
	assert_string_equal(grant->ext_key_usages[0], "1.3.6.1.5.5.7.3.9");
	assert_false(grant->is_ca);
	ordering.order.ca = NULL;
	EXPECT_ORDER_DENIED(ordering, REASON_CA_UNAVAILABLE);
	close_order(&ordering);
}

TEST(an_orders_validity_stays_within_the_issuers)
{
	struct ordering ordering;

	open_order(&ordering, PURPOSE_SERVER);
	ordering.order.validity_seconds = 5000 * DAY;
	CLEANUP(grant_freep) struct grant *cut = grant_of(&ordering);
	assert_int_equal(cut->not_before, NOW);
	assert_int_equal(cut->not_after, cert_not_after(ordering.scene.ca.cert));
	ordering.order.validity_seconds = DAY;
	CLEANUP(grant_freep) struct grant *whole = grant_of(&ordering);
	assert_int_equal(whole->not_after, NOW + DAY - 1);
	close_order(&ordering);
}

TEST(ra_01_an_ra_certificate_says_that_it_is_one)
{
	struct ordering ordering;

	open_order(&ordering, PURPOSE_RA);
	CLEANUP(grant_freep) struct grant *grant = grant_of(&ordering);
	assert_int_equal(grant->key_usage, KU_DIGITAL_SIGNATURE);
	assert_int_equal(grant->ext_key_usage_count, 2);
	assert_string_equal(grant->ext_key_usages[0], "1.3.6.1.5.5.7.3.2");
	assert_string_equal(grant->ext_key_usages[1], "1.3.6.1.5.5.7.3.28");
	assert_false(grant->is_ca);
	assert_int_equal(grant->profile_id, 0);
	assert_int_equal(grant->operation, EST_OPERATION_COUNT);
	assert_string_equal(grant->requested_by, "ann");
	assert_string_equal(grant->peer, "");
	close_order(&ordering);
}

TEST(an_ra_needs_a_subject)
{
	struct ordering ordering;
	struct name empty = { 0 };

	open_order(&ordering, PURPOSE_RA);
	ordering.order.san = NULL;
	expect_granted(&ordering);
	ordering.order.subject = &empty;
	EXPECT_ORDER_DENIED(ordering, REASON_INVALID);
	close_order(&ordering);
}

TEST(tls_06_a_server_certificate_names_cmc_ra_and_has_a_san)
{
	struct ordering ordering;
	struct name empty = { 0 };

	open_order(&ordering, PURPOSE_SERVER);
	ordering.order.san = NULL;
	EXPECT_ORDER_DENIED(ordering, REASON_INVALID);
	ordering.order.san = &ordering.san;
	ordering.order.subject = &empty;
	CLEANUP(grant_freep) struct grant *grant = grant_of(&ordering);
	assert_int_equal(grant->key_usage, KU_DIGITAL_SIGNATURE);
	assert_string_equal(grant->ext_key_usages[0], "1.3.6.1.5.5.7.3.1");
	assert_string_equal(grant->ext_key_usages[1], "1.3.6.1.5.5.7.3.28");
	ordering.order.key = test_key(RSA_KEY);
	CLEANUP(grant_freep) struct grant *rsa = grant_of(&ordering);
	assert_int_equal(rsa->key_usage, KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT);
	close_order(&ordering);
}

TEST(an_orders_alternative_names_are_ones_we_issue)
{
	struct san_entry other[] = { { SAN_OTHER, (char *)(uintptr_t) "registeredID" } };
	const struct san never = { other, 1 };
	static const char *const wildcards[] = { "dns:*", "dns:*.com", "dns:*a.acme.example" };
	struct ordering ordering;
	struct san san = { 0 };

	open_order(&ordering, PURPOSE_SERVER);
	ordering.order.san = &never;
	EXPECT_ORDER_DENIED(ordering, REASON_SAN_RULE);
	ordering.order.san = &san;
	for (size_t i = 0; i < ARRAY_LEN(wildcards); i++) {
		read_san(wildcards[i], &san);
		EXPECT_ORDER_DENIED(ordering, REASON_SAN_RULE);
		san_done(&san);
	}
	read_san("dns:*.acme.example,ip:192.0.2.1", &san);
	expect_granted(&ordering);
	san_done(&san);
	close_order(&ordering);
}

TEST(a_ca_order_makes_a_ca_and_no_other_does)
{
	for (size_t i = 0; i < ARRAY_LEN(orderable); i++) {
		struct ordering ordering;
		bool is_ca = orderable[i] == PURPOSE_CA;

		open_order(&ordering, orderable[i]);
		ordering.order.path_len = 0;
		CLEANUP(grant_freep) struct grant *grant = grant_of(&ordering);
		assert_int_equal(grant->is_ca, is_ca);
		assert_int_equal(grant->path_len, is_ca ? 0 : -1);
		assert_int_equal(grant->key_usage & (KU_KEY_CERT_SIGN | KU_CRL_SIGN),
				 is_ca ? KU_KEY_CERT_SIGN | KU_CRL_SIGN : 0);
		close_order(&ordering);
	}
}

TEST(crt_07_a_ca_keeps_to_its_issuers_path_length)
{
	static const struct {
		int issuer, ordered;
		bool granted;
	} rows[] = { { -1, -1, true }, { -1, 3, true }, { -1, -2, false }, { 0, 0, false },
		     { 0, -1, false }, { 1, 0, true },  { 1, 1, false },   { 1, -1, false },
		     { 2, 1, true },   { 2, -1, false } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ordering ordering;

		open_order(&ordering, PURPOSE_CA);
		cert_free(ordering.scene.ca.cert);
		ordering.scene.ca.cert =
			make_cert(&(struct cert_spec){ .subject = "CN=CA",
						       .key = CA_KEY,
						       .not_before = NOW - DAY,
						       .not_after = NOW + 30 * DAY,
						       .is_ca = true,
						       .path_len = rows[i].issuer });
		ordering.order.path_len = rows[i].ordered;
		if (rows[i].granted)
			expect_granted(&ordering);
		else
			EXPECT_ORDER_DENIED(ordering, REASON_INVALID);
		close_order(&ordering);
	}
}

POLICY_TEST_MAIN(RUN(ci_01_purposes_that_nobody_orders_are_refused),
		 RUN(an_order_needs_all_its_parts), RUN(only_a_root_comes_without_an_issuer),
		 RUN(an_issuer_that_cannot_sign_refuses_an_order),
		 RUN(ocsp_01_a_responder_is_granted_as_long_as_the_ca_is_answered_for),
		 RUN(an_orders_validity_stays_within_the_issuers),
		 RUN(ra_01_an_ra_certificate_says_that_it_is_one), RUN(an_ra_needs_a_subject),
		 RUN(tls_06_a_server_certificate_names_cmc_ra_and_has_a_san),
		 RUN(an_orders_alternative_names_are_ones_we_issue),
		 RUN(a_ca_order_makes_a_ca_and_no_other_does),
		 RUN(crt_07_a_ca_keeps_to_its_issuers_path_length))
