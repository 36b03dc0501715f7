#include "store/fixture.h"

#include "store/store_audit.h"

static bool append(struct fixture *f, int64_t account_id, const char *object)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	const struct audit_entry entry = { .account_id = account_id,
					   .actor = "operator:root",
					   .action = "profile.set",
					   .object = object,
					   .before = NULL,
					   .after = "{}" };

	return store_begin(f->store, &tx, &f->err) && store_audit_append(tx, &entry, &f->err) &&
	       store_commit(TAKE(tx), &f->err);
}

static struct fixture five_entries(void)
{
	static const char *const objects[] = { "one", "two", "three", "four", "five" };
	struct fixture fixture = fixture_new(), *f = &fixture;

	for (size_t i = 0; i < ARRAY_LEN(objects); i++)
		OK(append(f, f->account_id, objects[i]));
	return fixture;
}

/* What an intruder did in the file, and how many entries the refusal must name as the first wrong
 * one. */
static const struct tampering {
	const char *sql, *expected_detail;
} tamperings[] = {
	{ "UPDATE audit SET actor = 'operator:other' WHERE id = 3", "entry 3 is not" },
	{ "UPDATE audit SET at = at + 1 WHERE id = 2", "entry 2 is not" },
	{ "UPDATE audit SET account_id = 7 WHERE id = 1", "entry 1 is not" },
	{ "UPDATE audit SET value_before = '' WHERE id = 4", "entry 4 is not" },
	{ "UPDATE audit SET value_after = NULL WHERE id = 4", "entry 4 is not" },
	{ "UPDATE audit SET action = 'profile.setthr', object = 'ee' WHERE id = 3",
	  "entry 3 is not" },
	{ "UPDATE audit SET hash = zeroblob(32) WHERE id = 3", "entry 3 is not" },
	{ "DELETE FROM audit WHERE id = 1", "entry 1 is missing" },
	{ "DELETE FROM audit WHERE id = 3", "entry 3 is missing" },
	{ "DELETE FROM audit WHERE id = 3; UPDATE audit SET id = 3 WHERE id = 4; "
	  "UPDATE audit SET id = 4 WHERE id = 5",
	  "entry 3 is not" },
	{ "UPDATE audit SET id = 99 WHERE id = 2; UPDATE audit SET id = 2 WHERE id = 3; "
	  "UPDATE audit SET id = 3 WHERE id = 99",
	  "entry 2 is not" },
};

TEST(co_26_each_tampering_is_named)
{
	for (size_t i = 0; i < ARRAY_LEN(tamperings); i++) {
		struct fixture fixture = five_entries(), *f = &fixture;
		char head[65];
		int64_t count = 0;

		fixture_tamper(f, tamperings[i].sql);
		OK(store_open(f->scratch.path, &f->store, &f->err));
		REFUSED(store_audit_verify(f->store, NULL, &count, head, &f->err),
			REASON_AUDIT_BROKEN);
		if (!strstr(f->err.detail, tamperings[i].expected_detail))
			fail_msg("%s: %s", tamperings[i].sql, f->err.detail);
		fixture_done(f);
	}
}

TEST(co_26_a_cut_tail_is_seen_by_the_kept_head)
{
	struct fixture fixture = five_entries(), *f = &fixture;
	char head[65], shorter[65];
	int64_t count = 0;

	OK(store_audit_verify(f->store, NULL, &count, head, &f->err));
	fixture_tamper(f, "DELETE FROM audit WHERE id >= 4");
	OK(store_open(f->scratch.path, &f->store, &f->err));
	REFUSED(store_audit_verify(f->store, head, &count, shorter, &f->err), REASON_AUDIT_BROKEN);
	OK(store_audit_verify(f->store, NULL, &count, shorter, &f->err));
	assert_int_equal(count, 3);
	fixture_done(f);
}

static bool walk_is_broken(struct fixture *f, struct audit_walk *walk)
{
	/* more parts than the log has entries: at least one whole round */
	for (int i = 0; i < 8; i++)
		OK(store_audit_walk(f->store, walk, 2, &f->err));
	return walk->is_broken;
}

TEST(co_26_a_walk_finds_each_tampering)
{
	for (size_t i = 0; i < ARRAY_LEN(tamperings); i++) {
		struct fixture fixture = five_entries(), *f = &fixture;
		struct audit_walk walk = { 0 };

		fixture_tamper(f, tamperings[i].sql);
		OK(store_open(f->scratch.path, &f->store, &f->err));
		if (!walk_is_broken(f, &walk))
			fail_msg("%s", tamperings[i].sql);
		fixture_done(f);
	}
}

TEST(co_26_a_walk_goes_on_while_the_log_grows)
{
	struct fixture fixture = five_entries(), *f = &fixture;
	struct audit_walk walk = { 0 };

	assert_false(walk_is_broken(f, &walk));
	OK(append(f, f->account_id, "six"));
	assert_false(walk_is_broken(f, &walk));
	assert_int_equal(walk.end.id, 6);
	fixture_done(f);
}

/* The chain that is left is sound; but it was longer. */
TEST(co_26_a_walk_sees_that_the_end_was_cut)
{
	struct fixture fixture = five_entries(), *f = &fixture;
	struct audit_walk walk = { 0 };

	assert_false(walk_is_broken(f, &walk));
	fixture_tamper(f, "DELETE FROM audit WHERE id >= 4");
	OK(store_open(f->scratch.path, &f->store, &f->err));
	assert_true(walk_is_broken(f, &walk));
	fixture_done(f);
}

TEST(co_26_a_kept_head_holds_while_the_log_grows)
{
	struct fixture fixture = five_entries(), *f = &fixture;
	char kept[65], head[65];
	int64_t count = 0;

	OK(store_audit_verify(f->store, NULL, &count, kept, &f->err));
	assert_int_equal(count, 5);
	OK(append(f, f->account_id, "six"));
	OK(store_audit_verify(f->store, kept, &count, head, &f->err));
	assert_int_equal(count, 6);
	assert_string_not_equal(kept, head);
	OK(store_audit_verify(f->store, head, &count, head, &f->err));
	fixture_done(f);
}

TEST(an_empty_log_is_sound_and_its_head_holds)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	char kept[65], head[65];
	int64_t count = -1;

	OK(store_audit_verify(f->store, NULL, &count, kept, &f->err));
	assert_int_equal(count, 0);
	OK(append(f, f->account_id, "one"));
	OK(store_audit_verify(f->store, kept, &count, head, &f->err));
	fixture_done(f);
}

TEST(a_head_that_is_none_is_refused)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	char head[65];
	int64_t count = 0;

	REFUSED(store_audit_verify(f->store, "abc", &count, head, &f->err), REASON_INVALID);
	REFUSED(store_audit_verify(f->store, "", &count, head, &f->err), REASON_INVALID);
	fixture_done(f);
}

TEST(the_chain_goes_on_after_reopening)
{
	struct fixture fixture = five_entries(), *f = &fixture;
	char head[65];
	int64_t count = 0;

	fixture_reopen(f);
	OK(append(f, f->account_id, "six"));
	OK(store_audit_verify(f->store, NULL, &count, head, &f->err));
	assert_int_equal(count, 6);
	fixture_done(f);
}

struct seen {
	int64_t ids[16];
	size_t count, stop_at;
};

static bool see(void *context, const struct audit_entry *entry)
{
	struct seen *seen = context;

	assert_string_equal(entry->actor, "operator:root");
	assert_null(entry->before);
	assert_string_equal(entry->after, "{}");
	assert_true(entry->at > 1700000000);
	seen->ids[seen->count++] = entry->id;
	return seen->count != seen->stop_at;
}

TEST(v9_a_list_holds_one_account_newest_first)
{
	struct fixture fixture = five_entries(), *f = &fixture;
	struct seen seen = { 0 };

	OK(append(f, 77, "theirs"));
	OK(append(f, 0, "the node's"));
	OK(store_audit_list(f->store, f->account_id, 0, 10, see, &seen, &f->err));
	assert_int_equal(seen.count, 5);
	assert_int_equal(seen.ids[0], 5);
	seen = (struct seen){ 0 };
	OK(store_audit_list(f->store, f->account_id, 4, 2, see, &seen, &f->err));
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.ids[0], 3);
	seen = (struct seen){ .stop_at = 1 };
	OK(store_audit_list(f->store, 0, 0, 10, see, &seen, &f->err));
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.ids[0], 7);
	fixture_done(f);
}

TEST_MAIN(RUN(co_26_each_tampering_is_named), RUN(co_26_a_cut_tail_is_seen_by_the_kept_head),
	  RUN(co_26_a_walk_finds_each_tampering), RUN(co_26_a_walk_goes_on_while_the_log_grows),
	  RUN(co_26_a_walk_sees_that_the_end_was_cut),
	  RUN(co_26_a_kept_head_holds_while_the_log_grows),
	  RUN(an_empty_log_is_sound_and_its_head_holds), RUN(a_head_that_is_none_is_refused),
	  RUN(the_chain_goes_on_after_reopening), RUN(v9_a_list_holds_one_account_newest_first))
