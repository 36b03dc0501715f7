/* A backup that was put in place of the store. */
#include "store/fixture.h"

#include "base/clock.h"
#include "store/store_audit.h"
#include "store/store_crl.h"
#include "store/store_restore.h"
#include "store/store_schema.h"

#define NOW 1800000000

/* The fixture's store gives way to a copy of itself. */
static void restore_backup(struct fixture *f)
{
	char copy[SCRATCH_PATH_MAX];

	scratch_beside(&f->scratch, ".copy", copy);
	OK(store_backup(f->store, copy, &f->err));
	store_close(TAKE(f->store));
	assert_int_equal(rename(copy, f->scratch.path), 0);
}

static struct store_reach reach_of(struct fixture *f)
{
	struct store_reach reach = { 0 };

	IN_TX(store_reach_find(tx, &reach, &f->err));
	return reach;
}

static void take_over(struct fixture *f, int64_t floor)
{
	const struct restoration restoration = { .at = NOW, .made = NOW - 100, .crl_floor = floor };

	IN_TX(store_restore_enter(tx, &restoration, &f->err));
}

TEST(ft_11_a_backup_is_no_store_until_it_is_taken_over)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t before = clock_now(&clock_system);

	assert_int_equal(reach_of(f).made, 0);
	restore_backup(f);
	for (int i = 0; i < 2; i++) {
		REFUSED(store_open(f->scratch.path, &f->store, &f->err), REASON_STORE_RESTORED);
		assert_non_null(strstr(f->err.detail, "run bestowd --after-restore once"));
	}
	OK(store_open_restored(f->scratch.path, &f->store, &f->err));
	assert_in_range(reach_of(f).made, before, clock_now(&clock_system));
	take_over(f, 7);
	assert_int_equal(reach_of(f).made, 0);
	fixture_reopen(f);
	fixture_done(f);
}

TEST(ft_11_a_taking_over_that_was_cut_off_has_not_been)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	const struct restoration restoration = { .at = NOW, .made = NOW, .crl_floor = 7 };
	struct store_credentials ended;
	struct store_tx *tx = NULL;
	int64_t floor = 0;

	restore_backup(f);
	OK(store_open_restored(f->scratch.path, &f->store, &f->err));
	OK(store_begin(f->store, &tx, &f->err));
	OK(store_restore_end_credentials(tx, NOW, &ended, &f->err));
	OK(store_restore_enter(tx, &restoration, &f->err));
	store_rollback(tx);
	OK(store_crl_floor(f->store, &floor, &f->err));
	assert_int_equal(floor, 0);
	store_close(TAKE(f->store));
	REFUSED(store_open(f->scratch.path, &f->store, &f->err), REASON_STORE_RESTORED);
	OK(store_open_restored(f->scratch.path, &f->store, &f->err));
	take_over(f, 7);
	fixture_reopen(f);
	fixture_done(f);
}

TEST(ft_11_the_copy_made_before_a_migration_is_a_backup_too)
{
	struct fixture fixture = { .scratch = scratch_new() }, *f = &fixture;
	const struct schema earlier = { store_schema.migrations, store_schema.count - 1 };
	const struct db_options options = { .path = f->scratch.path,
					    .application_id = STORE_FILE_ID,
					    .access = DB_WRITER };
	char suffix[32], copy[SCRATCH_PATH_MAX];
	struct db *db = NULL;

	OK(db_open(&options, &db, &f->err));
	OK(schema_migrate(db, &earlier, &f->err));
	db_close(db);
	OK(store_open(f->scratch.path, &f->store, &f->err));
	store_close(TAKE(f->store));
	snprintf(suffix, sizeof suffix, ".schema-%zu", earlier.count);
	assert_int_equal(rename(scratch_beside(&f->scratch, suffix, copy), f->scratch.path), 0);
	REFUSED(store_open(f->scratch.path, &f->store, &f->err), REASON_STORE_RESTORED);
	fixture_done(f);
}

TEST(ft_11_the_original_goes_on_as_before)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	char copy[SCRATCH_PATH_MAX];
	struct store_tx *tx = NULL;

	OK(store_backup(f->store, scratch_beside(&f->scratch, ".copy", copy), &f->err));
	fixture_reopen(f);
	OK(store_begin(f->store, &tx, &f->err));
	assert_int_equal(store_restorations(tx), 0);
	store_rollback(tx);
	fixture_done(f);
}

TEST(ft_11_the_reach_tells_the_last_of_all)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct certificate record = record_new(f, 9);
	const struct audit_entry entry = { .actor = "test", .action = "test", .object = "test" };
	char head[2 * HASH_LEN + 1];
	int64_t entries = 0;

	assert_int_equal(reach_of(f).serial_len, 0);
	record_issue(f, &record);
	IN_TX(store_audit_append(tx, &entry, &f->err));
	OK(store_audit_verify(f->store, NULL, &entries, head, &f->err));

	struct store_reach reach = reach_of(f);
	assert_int_equal(reach.issued_at, record.created);
	assert_int_equal(reach.serial_len, record.serial_len);
	assert_memory_equal(reach.serial, record.serial, record.serial_len);
	assert_int_equal(reach.audit_entries, entries);
	assert_true(reach.audit_at > NOW - 1000000000);
	fixture_done(f);
}

TEST(ft_11_serials_and_crl_numbers_are_others_after_each_restoration)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct store_tx *tx = NULL;
	int64_t floor = 0;

	for (int64_t times = 1; times <= 2; times++) {
		restore_backup(f);
		OK(store_open_restored(f->scratch.path, &f->store, &f->err));
		take_over(f, 1000 * times);
		fixture_reopen(f);
		OK(store_begin(f->store, &tx, &f->err));
		assert_int_equal(store_restorations(tx), times);
		store_rollback(tx);
		OK(store_crl_floor(f->store, &floor, &f->err));
		assert_int_equal(floor, 1000 * times);
	}
	fixture_done(f);
}

TEST(ft_11_crls_of_the_backup_are_in_force_no_more)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct crl crl = { .kind = CRL_FULL, .number = 5, .next_update = NOW }, found = { 0 };

	fixture_tamper(f, "INSERT INTO ca (id, account_id, name, key_name, state, cert) VALUES "
			  "(1, 1, 'ca', 'key', 0, x'30'), (2, 1, 'ended', 'key-2', 0, x'30')");
	OK(store_open(f->scratch.path, &f->store, &f->err));
	buffer_append_text(&crl.der, "a list");
	crl.ca_id = 1;
	IN_TX(store_crl_put(tx, &crl, &f->err));
	crl.ca_id = 2;
	crl.next_update = NOW - 101; /* the backup is of NOW - 100 */
	IN_TX(store_crl_put(tx, &crl, &f->err));
	crl_done(&crl);
	assert_int_equal(reach_of(f).crl_number, 5);
	take_over(f, 7);
	REFUSED(store_crl_find(f->store, 1, CRL_FULL, true, &found, &f->err), REASON_NOT_FOUND);
	OK(store_crl_find(f->store, 2, CRL_FULL, false, &found, &f->err));
	fixture_done(f);
}

static int64_t number_in(struct fixture *f, const char *sql)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	CLEANUP(db_closep) struct db *db = NULL;
	const struct db_options options = { .path = f->scratch.path, .access = DB_READER };

	OK(db_open(&options, &db, &f->err));
	OK(db_prepare_once(db, sql, &query, &f->err));
	OK(db_step_row(query, &f->err));
	int64_t number = db_int64(query, 0);
	db_done(TAKE(query));
	return number;
}

TEST(ft_11_what_is_used_once_or_may_have_been_taken_back_ends)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct store_credentials ended = { 0 };

	fixture_tamper(
		f,
		"INSERT INTO administrator (id, name, locked, created, password, totp_nonce, "
		"totp_step) VALUES (1, 'ann', 0, 0, x'', x'01', 5);"
		"INSERT INTO session (token_hash, administrator_id, created, last_seen, peer) "
		"VALUES (x'01', 1, 1, 1, '');"
		"INSERT INTO login_link (code_hash, administrator_id, ends) VALUES (x'02', 1, 2);"
		"INSERT INTO api_token (token_hash, account_id, role, name, created_by, created, "
		"ends, last_used) VALUES (x'03', 1, 1, 'ever', '', 0, 0, 0), "
		"(x'04', 1, 1, 'later', '', 0, 1900000000, 0), (x'05', 1, 1, 'past', '', 0, 9, 0);"
		"INSERT INTO ca (id, account_id, name, key_name, state, cert) "
		"VALUES (1, 1, 'ca', 'key', 0, x'30');"
		"INSERT INTO profile (id, account_id, ca_id, name, oid, state, version) "
		"VALUES (1, 1, 1, 'p', '1.2', 0, 1);"
		"INSERT INTO device_code (id, profile_id, device_id, kind, verifier_index, "
		"verifier, created, ends, uses_max, uses, failures, locked_at) VALUES "
		"(1, 1, 0, 0, 1, x'01', 0, 0, 1, 0, 0, 0), (2, 1, 0, 0, 2, x'02', 0, 0, 1, 1, 0, "
		"0),"
		"(3, 1, 0, 0, 3, x'03', 0, 9, 1, 0, 0, 0);"
		"INSERT INTO held_request (id, account_id, profile_id, profile_version, state, "
		"operation, renews_id, request_id, key_hash, identity_hash, content_hash, "
		"validity_seconds, created, last_seen, polls, ends, decided, certificate_id, "
		"decided_by, remark, subject, san, requested_by, peer, tbs) VALUES "
		"(1, 1, 1, 1, 1, 1, 0, 'a', x'01', x'01', x'01', 1, 1, 1, 1, 9, 7, 0, 'ann', 'ok', "
		"'', '', '', '', x''), (2, 1, 1, 1, 2, 1, 0, 'b', x'02', x'02', x'02', 1, 1, 1, 1, "
		"9, 7, 0, 'ann', 'no', '', '', '', '', x'')");
	OK(store_open(f->scratch.path, &f->store, &f->err));
	IN_TX(store_restore_end_credentials(tx, NOW, &ended, &f->err));
	assert_int_equal(ended.sessions, 1);
	assert_int_equal(ended.sign_in_links, 1);
	assert_int_equal(ended.api_tokens, 2);
	assert_int_equal(ended.device_codes, 1);
	assert_int_equal(ended.approvals, 1);
	/* nothing that was given out works, and what was over or rejected stays so */
	assert_int_equal(number_in(f, "SELECT count(*) FROM session"), 0);
	assert_int_equal(number_in(f, "SELECT count(*) FROM login_link"), 0);
	assert_int_equal(number_in(f, "SELECT max(ends) FROM api_token"), NOW);
	assert_int_equal(number_in(f, "SELECT min(ends) FROM api_token"), 9);
	assert_int_equal(number_in(f, "SELECT ends FROM device_code WHERE id = 1"), NOW);
	assert_int_equal(number_in(f, "SELECT ends FROM device_code WHERE id = 3"), 9);
	assert_int_equal(number_in(f, "SELECT state FROM held_request WHERE id = 1"), 0);
	assert_int_equal(number_in(f, "SELECT decided FROM held_request WHERE id = 1"), 0);
	assert_int_equal(number_in(f, "SELECT state FROM held_request WHERE id = 2"), 2);
	assert_int_equal(number_in(f, "SELECT totp_step FROM administrator"), NOW / 30);
	fixture_done(f);
}

TEST_MAIN(RUN(ft_11_a_backup_is_no_store_until_it_is_taken_over),
	  RUN(ft_11_a_taking_over_that_was_cut_off_has_not_been),
	  RUN(ft_11_the_copy_made_before_a_migration_is_a_backup_too),
	  RUN(ft_11_the_original_goes_on_as_before), RUN(ft_11_the_reach_tells_the_last_of_all),
	  RUN(ft_11_serials_and_crl_numbers_are_others_after_each_restoration),
	  RUN(ft_11_crls_of_the_backup_are_in_force_no_more),
	  RUN(ft_11_what_is_used_once_or_may_have_been_taken_back_ends))
