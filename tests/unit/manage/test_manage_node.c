/* What concerns the whole node: status, events, audit, backup. */
#include "manage_fixture.h"

#include "manage/restoration.h"
#include "store/store_audit.h"
#include "store/store_event.h"

static struct fixture fixture;

static bool has_warning(const char *part)
{
	json_t *status = expect_result(ask(&fixture, NULL, "status", NULL));
	const json_t *account = json_array_get(at(status, "accounts"), 0);
	bool found = false;
	size_t i;
	json_t *warning;

	json_array_foreach(at(account, "warnings"), i, warning) found |=
		strstr(json_string_value(warning), part) != NULL;
	json_decref(status);
	return found;
}

TEST(status_tells_what_keeps_devices_out)
{
	fixture_open(&fixture);
	make_account(&fixture, "one");
	assert_true(has_warning("there is no CA"));
	assert_true(has_warning("nobody is let in"));
	assert_true(has_warning("renewals fail"));
	make_root(&fixture, NULL, "root");
	assert_false(has_warning("there is no CA"));
	do_verb(&fixture, NULL, "trust.add", json_pack("{s:s}", "ca", "root"));
	assert_false(has_warning("renewals fail"));
	do_verb(&fixture, NULL, "allow.add", json_pack("{s:[s]}", "texts", "192.0.2.1"));
	assert_false(has_warning("nobody is let in"));
	do_verb(&fixture, NULL, "profile.create",
		json_pack("{s:s, s:s, s:s, s:s}", "name", "sensors", "template",
			  "client-authentication", "ca", "root", "auth", "passphrase"));
	assert_true(has_warning("sensors asks for a passphrase"));
	do_verb(&fixture, NULL, "profile.passphrase",
		json_pack("{s:s, s:b}", "name", "sensors", "generate", 1));
	assert_false(has_warning("sensors"));
	fixture_close(&fixture);
}

static void insert_event(int64_t account_id, enum reason reason, const char *label)
{
	struct event event = { .account_id = account_id,
			       .operation = EST_SIMPLEENROLL,
			       .reason = reason,
			       .peer = "192.0.2.7",
			       .detail = "what it was" };
	struct store_tx *tx = NULL;
	struct error err = { 0 };

	snprintf(event.label, sizeof event.label, "%s", label);
	EXPECT_OK(store_begin(fixture.store, &tx, &err), err);
	EXPECT_OK(store_event_insert(tx, &event, &err), err);
	EXPECT_OK(store_commit(tx, &err), err);
}

static json_t *events(const char *account, json_t *params)
{
	json_t *result = expect_result(ask(&fixture, account, "event.list", params));
	json_t *list = json_incref(at(result, "events"));

	json_decref(result);
	return list;
}

TEST(events_are_told_in_words)
{
	fixture_open(&fixture);
	make_account(&fixture, "one");
	make_account(&fixture, "two");
	insert_event(1, REASON_BAD_PASSPHRASE, "sensors");
	insert_event(1, REASON_NONE, "sensors");
	insert_event(2, REASON_IP_NOT_ALLOWED, "theirs");
	insert_event(0, REASON_UNKNOWN_LABEL, "nowhere");

	json_t *all = events(NULL, NULL);
	assert_int_equal(json_array_size(all), 4);
	json_decref(all);
	/* an account sees its own only */
	json_t *mine = events("one", NULL);
	assert_int_equal(json_array_size(mine), 2);
	assert_string_equal(text_at(json_array_get(mine, 0), "outcome"), "issued");
	assert_string_equal(text_at(json_array_get(mine, 1), "reason"), "bad_passphrase");
	assert_string_equal(text_at(json_array_get(mine, 1), "words"), "The passphrase is wrong");
	json_int_t first = json_integer_value(at(json_array_get(mine, 1), "id"));
	json_decref(mine);
	/* oldest first from there on */
	json_t *after = events("one", json_pack("{s:I}", "after", first));
	assert_int_equal(json_array_size(after), 1);
	json_decref(after);
	json_t *refused = events("one", json_pack("{s:b}", "refusals", 1));
	assert_int_equal(json_array_size(refused), 1);
	json_decref(refused);
	expect_refusal(ask(&fixture, NULL, "event.list", json_pack("{s:i}", "limit", 5000)),
		       "invalid", "limit");
	fixture_close(&fixture);
}

TEST(co_26_the_audit_log_tells_who_did_what_and_proves_it)
{
	fixture_open(&fixture);
	make_account(&fixture, "one");
	json_t *list = expect_result(ask(&fixture, NULL, "audit.list", NULL));
	const json_t *entry = json_array_get(at(list, "entries"), 0);

	assert_string_equal(text_at(entry, "actor"), "operator:test");
	assert_string_equal(text_at(entry, "action"), "account.create");
	assert_string_equal(text_at(entry, "object"), "account one");
	assert_true(json_is_null(at(entry, "before")));
	assert_string_equal(text_at(at(entry, "after"), "name"), "one");
	json_decref(list);

	json_t *verified = expect_result(ask(&fixture, NULL, "audit.verify", NULL));
	char *head = strdup(text_at(verified, "head"));
	assert_int_equal(json_integer_value(at(verified, "entries")), 1);
	json_decref(verified);
	make_account(&fixture, "two");
	do_verb(&fixture, NULL, "audit.verify", json_pack("{s:s}", "head", head));
	head[0] = head[0] == '0' ? '1' : '0';
	expect_refusal(ask(&fixture, NULL, "audit.verify", json_pack("{s:s}", "head", head)),
		       "audit_broken", "");
	free(head);
	fixture_close(&fixture);
}

TEST(a_backup_is_a_store_of_its_own)
{
	char path[128];
	struct store *copy = NULL;
	struct catalog *catalog = NULL;
	struct error err = { 0 };

	fixture_open(&fixture);
	make_account(&fixture, "one");
	snprintf(path, sizeof path, "%s/backup.db", fixture.folder);
	expect_refusal(ask(&fixture, NULL, "node.backup", json_pack("{s:s}", "path", "backup.db")),
		       "invalid", "absolute");
	expect_refusal(ask(&fixture, NULL, "node.backup",
			   json_pack("{s:s}", "path", "/nonexistent/backup.db")),
		       "file", "");
	do_verb(&fixture, NULL, "node.backup", json_pack("{s:s}", "path", path));
	EXPECT_OK(store_open_restored(path, &copy, &err), err);
	EXPECT_OK(store_catalog_load(copy, &catalog, &err), err);
	assert_non_null(catalog_account_by_name(catalog, "one"));
	catalog_unref(catalog);
	store_close(copy);
	fixture_close(&fixture);
}

TEST(ft_11_a_backup_is_taken_over_at_a_time_that_can_be_and_told_of)
{
	struct restoration_report report;
	struct store *copy = NULL;
	char path[128], head[65];
	int64_t now = clock_now(&clock_system), entries = 0, floor = 0;
	struct error err = { 0 };

	fixture_open(&fixture);
	make_account(&fixture, "one");
	snprintf(path, sizeof path, "%s/backup.db", fixture.folder);
	do_verb(&fixture, NULL, "node.backup", json_pack("{s:s}", "path", path));
	EXPECT_OK(store_open_restored(path, &copy, &err), err);
	EXPECT_REFUSED(restoration_take_over(copy, "operator:test", now - 3600, &report, &err), err,
		       REASON_CLOCK);
	EXPECT_OK(restoration_take_over(copy, "operator:test", now + 5, &report, &err), err);
	assert_in_range(report.reach.made, now, now + 5);
	assert_int_equal(report.restoration.crl_floor, now + 5 + 3600);
	EXPECT_OK(store_crl_floor(copy, &floor, &err), err);
	assert_int_equal(floor, report.restoration.crl_floor);
	EXPECT_OK(store_audit_verify(copy, NULL, &entries, head, &err), err);
	assert_int_equal(entries, report.reach.audit_entries + 1);
	store_close(copy);
	EXPECT_OK(store_open(path, &copy, &err), err);
	store_close(copy);
	fixture_close(&fixture);
}

TEST_MAIN(RUN(status_tells_what_keeps_devices_out), RUN(events_are_told_in_words),
	  RUN(co_26_the_audit_log_tells_who_did_what_and_proves_it),
	  RUN(a_backup_is_a_store_of_its_own),
	  RUN(ft_11_a_backup_is_taken_over_at_a_time_that_can_be_and_told_of))
