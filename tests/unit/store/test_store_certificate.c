#include "store/fixture.h"

static const struct bytes signed_der = { (const unsigned char *)"signed", 6 };

TEST(v2_a_serial_is_taken_once_per_ca)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct certificate record = record_new(f, 7);
	int64_t id = 0;

	record_issue(f, &record);
	record.key_hash[5] = 9;
	REFUSED_IN_TX(store_certificate_insert_intent(tx, &record, &id, &f->err), REASON_CONFLICT);
	record.ca_id = 2;
	IN_TX(store_certificate_insert_intent(tx, &record, &id, &f->err));
	fixture_done(f);
}

TEST(an_intent_without_serial_subject_or_contents_is_refused)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct certificate record = record_new(f, 7);
	int64_t id = 0;

	record.serial_len = 0;
	REFUSED_IN_TX(store_certificate_insert_intent(tx, &record, &id, &f->err), REASON_INVALID);
	record.serial_len = CERT_SERIAL_MAX + 1;
	REFUSED_IN_TX(store_certificate_insert_intent(tx, &record, &id, &f->err), REASON_INVALID);
	record = record_new(f, 7);
	record.subject = NULL;
	REFUSED_IN_TX(store_certificate_insert_intent(tx, &record, &id, &f->err), REASON_INVALID);
	record = record_new(f, 7);
	record.der_len = 0;
	REFUSED_IN_TX(store_certificate_insert_intent(tx, &record, &id, &f->err), REASON_INVALID);
	fixture_done(f);
}

TEST(an_unknown_account_is_refused)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct certificate record = record_new(f, 7);
	int64_t id = 0;

	record.account_id = 99;
	REFUSED_IN_TX(store_certificate_insert_intent(tx, &record, &id, &f->err), REASON_CONFLICT);
	fixture_done(f);
}

TEST(v1_an_intent_is_completed_once)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct certificate record = record_new(f, 7), found = { 0 };
	int64_t id = record_issue(f, &record);

	REFUSED_IN_TX(store_certificate_complete(tx, id, signed_der, &f->err), REASON_NOT_FOUND);
	REFUSED_IN_TX(store_certificate_complete(tx, 99, signed_der, &f->err), REASON_NOT_FOUND);
	OK(store_certificate_find(f->store, id, &found, &f->err));
	assert_int_equal(found.state, CERTIFICATE_ISSUED);
	assert_int_equal(found.der_len, signed_der.len);
	assert_memory_equal(found.der, signed_der.data, signed_der.len);
	certificate_done(&found);
	fixture_done(f);
}

TEST(what_needs_no_intent_is_issued_at_once)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct certificate record = record_new(f, 7), found = { 0 };
	int64_t old = record_issue(f, &record), id = 0;

	REFUSED_IN_TX(store_certificate_insert(tx, &record, &id, &f->err), REASON_CONFLICT);
	assert_int_equal(id, 0);
	record = record_new(f, 8);
	record.renews_id = old;
	IN_TX(store_certificate_insert(tx, &record, &id, &f->err));
	OK(store_certificate_find(f->store, id, &found, &f->err));
	assert_int_equal(found.state, CERTIFICATE_ISSUED);
	assert_memory_equal(found.der, record.der, record.der_len);
	certificate_done(&found);
	OK(store_certificate_find(f->store, old, &found, &f->err));
	assert_int_equal(found.renewed_by_id, id);
	certificate_done(&found);
	record = record_new(f, 9);
	record.renews_id = 99;
	REFUSED_IN_TX(store_certificate_insert(tx, &record, &id, &f->err), REASON_NOT_FOUND);
	fixture_done(f);
}

TEST(ft_04_intents_of_a_crash_are_abandoned)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct certificate record = record_new(f, 7), found = { 0 };
	int64_t issued = record_issue(f, &record), left = 0;
	size_t count = 0;

	record = record_new(f, 8);
	IN_TX(store_certificate_insert_intent(tx, &record, &left, &f->err));
	fixture_reopen(f);
	IN_TX(store_certificate_abandon_intents(tx, &count, &f->err));
	assert_int_equal(count, 1);
	OK(store_certificate_find(f->store, left, &found, &f->err));
	assert_int_equal(found.state, CERTIFICATE_ABANDONED);
	certificate_done(&found);
	OK(store_certificate_find(f->store, issued, &found, &f->err));
	assert_int_equal(found.state, CERTIFICATE_ISSUED);
	certificate_done(&found);
	IN_TX(store_certificate_abandon_intents(tx, &count, &f->err));
	assert_int_equal(count, 0);
	REFUSED_IN_TX(store_certificate_complete(tx, left, signed_der, &f->err), REASON_NOT_FOUND);
	fixture_done(f);
}

TEST(a_record_comes_back_as_it_went_in)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct certificate record = record_new(f, 7), found = { 0 };
	int64_t id = record_issue(f, &record);
	struct bytes serial = { record.serial, record.serial_len };

	REFUSED(store_certificate_find(f->store, 99, &found, &f->err), REASON_NOT_FOUND);
	REFUSED(store_certificate_find_by_serial(f->store, 2, serial, &found, &f->err),
		REASON_NOT_FOUND);
	serial.len--;
	REFUSED(store_certificate_find_by_serial(f->store, 1, serial, &found, &f->err),
		REASON_NOT_FOUND);
	serial.len++;
	OK(store_certificate_find_by_serial(f->store, 1, serial, &found, &f->err));
	assert_int_equal(found.id, id);
	assert_int_equal(found.account_id, record.account_id);
	assert_int_equal(found.ca_id, 1);
	assert_int_equal(found.profile_id, 1);
	assert_int_equal(found.profile_version, 3);
	assert_int_equal(found.purpose, PURPOSE_DEVICE);
	assert_int_equal(found.serial_len, record.serial_len);
	assert_memory_equal(found.serial, record.serial, record.serial_len);
	assert_string_equal(found.subject, record.subject);
	assert_string_equal(found.san, record.san);
	assert_int_equal(found.not_before, 1000);
	assert_int_equal(found.not_after, 2000);
	assert_int_equal(found.created, 1000);
	assert_memory_equal(found.key_hash, record.key_hash, KEY_HASH_LEN);
	assert_memory_equal(found.identity_hash, record.identity_hash, KEY_HASH_LEN);
	assert_int_equal(found.operation, EST_SIMPLEENROLL);
	assert_int_equal(found.renews_id, 0);
	assert_int_equal(found.revoked_at, 0);
	assert_string_equal(found.peer, record.peer);
	assert_string_equal(found.requested_by, record.requested_by);
	assert_string_equal(found.request_id, record.request_id);
	certificate_done(&found);

	record = record_new(f, 8);
	record.operation = EST_OPERATION_COUNT;
	record.san = record.peer = record.requested_by = record.request_id = NULL;
	id = record_issue(f, &record);
	OK(store_certificate_find(f->store, id, &found, &f->err));
	assert_int_equal(found.operation, EST_OPERATION_COUNT);
	assert_string_equal(found.san, "");
	certificate_done(&found);
	fixture_done(f);
}

TEST(a_renewal_is_noted_on_the_renewed_within_its_account)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct certificate record = record_new(f, 7), found = { 0 };
	int64_t old = record_issue(f, &record), other_account = 0, id = 0;

	IN_TX(store_account_insert(tx, "other", "2.25.2", &other_account, &f->err));
	record = record_new(f, 8);
	record.renews_id = old;
	record.account_id = other_account;
	REFUSED_IN_TX(store_certificate_insert_intent(tx, &record, &id, &f->err) &&
			      store_certificate_complete(tx, id, signed_der, &f->err),
		      REASON_NOT_FOUND);
	record.account_id = f->account_id;
	id = record_issue(f, &record);
	OK(store_certificate_find(f->store, old, &found, &f->err));
	assert_int_equal(found.renewed_by_id, id);
	certificate_done(&found);
	fixture_done(f);
}

static bool find_recent(struct fixture *f, const struct certificate *like, int64_t since,
			struct certificate *ret)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;

	OK(store_begin(f->store, &tx, &f->err));
	return store_certificate_find_recent(tx, like->profile_id, like->key_hash,
					     like->identity_hash, since, ret, &f->err);
}

TEST(rn_11_only_the_same_profile_key_identity_and_time_find_the_recent)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct certificate record = record_new(f, 7), asked = record, found = { 0 };
	int64_t first = record_issue(f, &record), second = 0;

	record.serial[15] = 1;
	record.created = 1001;
	second = record_issue(f, &record);

	asked.profile_id = 2;
	REFUSED(find_recent(f, &asked, 900, &found), REASON_NOT_FOUND);
	asked = record;
	asked.key_hash[31] = 1; /* the same 64 bits in the index */
	REFUSED(find_recent(f, &asked, 900, &found), REASON_NOT_FOUND);
	asked = record;
	asked.identity_hash[31] = 1;
	REFUSED(find_recent(f, &asked, 900, &found), REASON_NOT_FOUND);
	asked = record;
	REFUSED(find_recent(f, &asked, 1002, &found), REASON_NOT_FOUND);

	OK(find_recent(f, &asked, 1001, &found));
	assert_int_equal(found.id, second);
	certificate_done(&found);
	IN_TX(store_certificate_revoke(tx, second, REVOKED_KEY_COMPROMISE, 1500, 0, &f->err));
	OK(find_recent(f, &asked, 900, &found));
	assert_int_equal(found.id, first);
	certificate_done(&found);
	fixture_done(f);
}

TEST(rn_11_the_recent_is_found_before_its_group_is_committed)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct certificate record = record_new(f, 7), found = { 0 };
	struct store_tx *tx = NULL;
	int64_t id = 0;

	OK(store_begin(f->store, &tx, &f->err));
	OK(store_certificate_insert_intent(tx, &record, &id, &f->err));
	REFUSED(store_certificate_find_recent(tx, 1, record.key_hash, record.identity_hash, 0,
					      &found, &f->err),
		REASON_NOT_FOUND);
	OK(store_certificate_complete(tx, id, signed_der, &f->err));
	OK(store_commit_lazily(tx, &f->err));
	OK(find_recent(f, &record, 900, &found));
	assert_int_equal(found.id, id);
	certificate_done(&found);
	fixture_done(f);
}

TEST(the_newest_of_a_subject_is_found_in_its_profile_only_also_revoked)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct certificate record = record_new(f, 7), found = { 0 };
	int64_t second = 0;

	(void)record_issue(f, &record);
	record = record_new(f, 8);
	second = record_issue(f, &record);
	REFUSED(store_certificate_find_by_subject(f->store, 2, record.subject, &found, &f->err),
		REASON_NOT_FOUND);
	REFUSED(store_certificate_find_by_subject(f->store, 1, "CN=devic", &found, &f->err),
		REASON_NOT_FOUND);
	OK(store_certificate_find_by_subject(f->store, 1, record.subject, &found, &f->err));
	assert_int_equal(found.id, second);
	certificate_done(&found);
	IN_TX(store_certificate_revoke(tx, second, REVOKED_UNSPECIFIED, 1500, 0, &f->err));
	OK(store_certificate_find_by_subject(f->store, 1, record.subject, &found, &f->err));
	assert_int_equal(found.id, second);
	certificate_done(&found);
	fixture_done(f);
}

static struct store_key_use key_use(struct fixture *f, int64_t account_id,
				    const struct certificate *of, const char *subject, int64_t now)
{
	struct store_key_use use = { 0 };

	OK(store_key_use_find(f->store, account_id, of->key_hash, subject, now, &use, &f->err));
	return use;
}

TEST(what_an_account_knows_of_a_key)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct certificate record = record_new(f, 7), left = record_new(f, 8);
	int64_t id = record_issue(f, &record), intent = 0;

	struct store_key_use use = key_use(f, f->account_id, &record, "CN=other", 1500);
	assert_true(use.used && use.used_by_other && !use.revoked);
	use = key_use(f, f->account_id, &record, record.subject, 1500);
	assert_true(use.used && !use.used_by_other && !use.revoked);
	use = key_use(f, f->account_id + 1, &record, "CN=other", 1500);
	assert_true(!use.used && !use.used_by_other && !use.revoked);
	/* not_after is its last second of validity */
	assert_true(key_use(f, f->account_id, &record, "CN=other", 2000).used_by_other);
	use = key_use(f, f->account_id, &record, "CN=other", 2001);
	assert_true(use.used && !use.used_by_other);

	IN_TX(store_certificate_insert_intent(tx, &left, &intent, &f->err));
	assert_false(key_use(f, f->account_id, &left, "CN=other", 1500).used);

	IN_TX(store_certificate_revoke(tx, id, REVOKED_KEY_COMPROMISE, 1600, 0, &f->err));
	use = key_use(f, f->account_id, &record, "CN=other", 1599);
	assert_true(use.used_by_other && !use.revoked);
	use = key_use(f, f->account_id, &record, "CN=other", 1600);
	assert_true(use.used && !use.used_by_other && use.revoked);
	fixture_done(f);
}

TEST(a_superseded_certificate_says_nothing_against_its_key)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct certificate record = record_new(f, 7);
	int64_t id = record_issue(f, &record);

	IN_TX(store_certificate_revoke(tx, id, REVOKED_SUPERSEDED, 1400, 0, &f->err));
	assert_false(key_use(f, f->account_id, &record, record.subject, 1500).revoked);
	fixture_done(f);
}

TEST(a_revocation_only_moves_earlier)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct certificate record = record_new(f, 7), found = { 0 };
	int64_t id = record_issue(f, &record), intent = 0;

	record = record_new(f, 8);
	IN_TX(store_certificate_insert_intent(tx, &record, &intent, &f->err));
	REFUSED_IN_TX(store_certificate_revoke(tx, intent, REVOKED_UNSPECIFIED, 1500, 0, &f->err),
		      REASON_NOT_FOUND);
	REFUSED_IN_TX(store_certificate_revoke(tx, 99, REVOKED_UNSPECIFIED, 1500, 0, &f->err),
		      REASON_NOT_FOUND);
	REFUSED_IN_TX(store_certificate_revoke(tx, id, REVOKED_UNSPECIFIED, 0, 0, &f->err),
		      REASON_INVALID);

	IN_TX(store_certificate_revoke(tx, id, REVOKED_SUPERSEDED, 1800, 0, &f->err));
	IN_TX(store_certificate_revoke(tx, id, REVOKED_KEY_COMPROMISE, 1500, 1400, &f->err));
	IN_TX(store_certificate_revoke(tx, id, REVOKED_UNSPECIFIED, 1600, 0, &f->err));
	OK(store_certificate_find(f->store, id, &found, &f->err));
	assert_int_equal(found.state, CERTIFICATE_REVOKED);
	assert_int_equal(found.revoked_at, 1500);
	assert_int_equal(found.revocation_reason, REVOKED_KEY_COMPROMISE);
	assert_int_equal(found.invalidity_date, 1400);
	certificate_done(&found);
	fixture_done(f);
}

TEST_MAIN(RUN(v2_a_serial_is_taken_once_per_ca),
	  RUN(an_intent_without_serial_subject_or_contents_is_refused),
	  RUN(an_unknown_account_is_refused), RUN(v1_an_intent_is_completed_once),
	  RUN(what_needs_no_intent_is_issued_at_once), RUN(ft_04_intents_of_a_crash_are_abandoned),
	  RUN(a_record_comes_back_as_it_went_in),
	  RUN(a_renewal_is_noted_on_the_renewed_within_its_account),
	  RUN(rn_11_only_the_same_profile_key_identity_and_time_find_the_recent),
	  RUN(rn_11_the_recent_is_found_before_its_group_is_committed),
	  RUN(the_newest_of_a_subject_is_found_in_its_profile_only_also_revoked),
	  RUN(what_an_account_knows_of_a_key),
	  RUN(a_superseded_certificate_says_nothing_against_its_key),
	  RUN(a_revocation_only_moves_earlier))
