#include "store/store_graph.h"
#include "store/fixture.h"

struct seen {
	int64_t ids[32];
	size_t count, stop_at;
};

static bool see(void *context, const struct certificate *certificate)
{
	struct seen *seen = context;

	assert_non_null(certificate->subject);
	seen->ids[seen->count++] = certificate->id;
	return seen->count != seen->stop_at;
}

static bool try_list(struct fixture *f, struct store_certificate_filter filter, struct seen *seen)
{
	return store_certificate_list(f->store, &filter, see, seen, &f->err);
}

static struct store_certificate_filter everything(const struct fixture *f)
{
	return (struct store_certificate_filter){
		.account_id = f->account_id, .state = -1, .limit = 32, .now = 1500
	};
}

/* Everything but what is said of `q`. */
#define FILTER(...)                                                                                \
	({                                                                                         \
		struct store_certificate_filter q = everything(f);                                 \
		__VA_ARGS__;                                                                       \
		q;                                                                                 \
	})

/* The records' issuer. */
static void add_ca(struct fixture *f)
{
	int64_t id = 0;

	IN_TX(store_ca_insert(tx, f->account_id, "issuing", 0, "key-1", BYTES_LITERAL("DER"), NULL,
			      0, &id, &f->err));
	assert_int_equal(id, 1);
}

static struct seen list(struct fixture *f, struct store_certificate_filter filter)
{
	struct seen seen = { 0 };

	OK(try_list(f, filter, &seen));
	return seen;
}

static int64_t issue(struct fixture *f, uint32_t number, const char *subject, const char *san)
{
	struct certificate record = record_new(f, number);

	record.subject = (char *)(uintptr_t)subject;
	record.san = (char *)(uintptr_t)san;
	return record_issue(f, &record);
}

TEST(a_filter_out_of_bounds_is_refused)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct seen seen = { 0 };
	char long_text[2000];

	memset(long_text, 'a', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	REFUSED(try_list(f, FILTER(q.account_id = 0), &seen), REASON_INVALID);
	REFUSED(try_list(f, FILTER(q.limit = 0), &seen), REASON_INVALID);
	REFUSED(try_list(f, FILTER(q.limit = 1001), &seen), REASON_INVALID);
	REFUSED(try_list(f, FILTER(q.state = 4), &seen), REASON_INVALID);
	REFUSED(try_list(f, FILTER(q.state = -2), &seen), REASON_INVALID);
	REFUSED(try_list(f, FILTER(q.subject_holds = long_text), &seen), REASON_TOO_LARGE);
	REFUSED(try_list(f, FILTER(q.subject_begins = long_text), &seen), REASON_TOO_LARGE);
	REFUSED(try_list(f, FILTER(q.san_holds = long_text), &seen), REASON_TOO_LARGE);
	REFUSED(try_list(f, FILTER(q.serial_prefix = "0g"), &seen), REASON_INVALID);
	REFUSED(try_list(f, FILTER(q.serial_prefix = "%"), &seen), REASON_INVALID);
	REFUSED(try_list(f, FILTER(q.serial_prefix = long_text), &seen), REASON_INVALID);
	fixture_done(f);
}

TEST(v9_nothing_crosses_accounts)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t mine = f->account_id, other = 0;

	add_ca(f);
	IN_TX(store_account_insert(tx, "other", "2.25.2", &other, &f->err));
	issue(f, 1, "CN=mine", "");
	f->account_id = other;
	int64_t theirs = issue(f, 2, "CN=theirs", "");
	struct seen seen = list(f, FILTER());
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.ids[0], theirs);
	f->account_id = mine;
	assert_int_equal(list(f, FILTER(q.serial_prefix = "")).count, 1);
	fixture_done(f);
}

TEST(co_11_wildcards_and_quotes_are_taken_literally)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t percent = issue(f, 1, "CN=100% sensor", "dns:a_b.example");
	int64_t plain = issue(f, 2, "CN=100 sensor", "dns:axb.example");
	int64_t odd = issue(f, 3, "CN=O'Brien \\ \"x\"; DROP TABLE certificate", "");

	struct seen seen = list(f, FILTER(q.subject_holds = "%"));
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.ids[0], percent);
	seen = list(f, FILTER(q.san_holds = "A_b"));
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.ids[0], percent);
	seen = list(f, FILTER(q.subject_holds = "o'brien \\ \"x\";"));
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.ids[0], odd);
	seen = list(f, FILTER(q.subject_holds = "100 "));
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.ids[0], plain);
	assert_int_equal(list(f, FILTER(q.subject_holds = "")).count, 3);
	assert_int_equal(list(f, FILTER(q.subject_holds = "' OR 1=1 --")).count, 0);
	assert_int_equal(list(f, FILTER(q.subject_begins = "' OR 1=1 --")).count, 0);
	assert_int_equal(list(f, FILTER(q.subject_begins = "%")).count, 0);
	assert_int_equal(list(f, FILTER(q.subject_begins = "100")).count, 0);
	seen = list(f, FILTER(q.subject_begins = "cn=100 S"));
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.ids[0], plain);
	assert_int_equal(list(f, FILTER(q.subject_begins = "")).count, 3);
	fixture_done(f);
}

static int64_t issue_serial(struct fixture *f, uint32_t number, const char *serial, size_t len)
{
	struct certificate record = record_new(f, number);

	memcpy(record.serial, serial, len);
	record.serial_len = len;
	return record_issue(f, &record);
}

TEST(a_serial_is_found_by_any_beginning)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	add_ca(f);
	int64_t low = issue_serial(f, 1, "\x0a\x1b\x2c", 3);
	int64_t near = issue_serial(f, 2, "\x0a\x1c\x00", 3);
	int64_t high = issue_serial(f, 3, "\x00\xff\xff", 3);
	int64_t top = issue_serial(f, 4, "\x7f\xff\xff", 3);

	struct seen seen = list(f, FILTER(q.serial_prefix = "0a1"));
	assert_int_equal(seen.count, 2);
	seen = list(f, FILTER(q.serial_prefix = "0A:1B"));
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.ids[0], low);
	seen = list(f, FILTER(q.serial_prefix = "0a1c00"));
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.ids[0], near);
	/* without the octet that keeps it positive, as other tools show it */
	seen = list(f, FILTER(q.serial_prefix = "ffff"));
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.ids[0], high);
	seen = list(f, FILTER(q.serial_prefix = "00f"));
	assert_int_equal(seen.count, 1);
	seen = list(f, FILTER(q.serial_prefix = "7f"));
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.ids[0], top);
	assert_int_equal(list(f, FILTER(q.serial_prefix = "0a1b2d")).count, 0);
	assert_int_equal(list(f, FILTER(q.serial_prefix = "0a1b2c00")).count, 0);
	fixture_done(f);
}

TEST(a_list_goes_by_state_and_time)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t valid = issue(f, 1, "CN=a", ""), revoked = issue(f, 2, "CN=b", ""),
		later = issue(f, 3, "CN=c", "");
	struct certificate record = record_new(f, 4);
	int64_t intent = 0;

	record.not_after = 3000;
	IN_TX(store_certificate_insert_intent(tx, &record, &intent, &f->err));
	IN_TX(store_certificate_revoke(tx, revoked, REVOKED_UNSPECIFIED, 1400, 0, &f->err));
	IN_TX(store_certificate_revoke(tx, later, REVOKED_SUPERSEDED, 1600, 0, &f->err));

	assert_int_equal(list(f, FILTER()).count, 4);
	assert_int_equal(list(f, FILTER(q.state = CERTIFICATE_INTENT)).count, 1);
	assert_int_equal(list(f, FILTER(q.state = CERTIFICATE_ISSUED)).ids[0], valid);
	assert_int_equal(list(f, FILTER(q.state = CERTIFICATE_REVOKED)).count, 2);
	struct seen seen = list(f, FILTER(q.only_valid = true));
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.ids[0], later);
	assert_int_equal(seen.ids[1], valid);
	assert_int_equal(list(f, FILTER(q.only_valid = true, q.now = 1600)).count, 1);
	assert_int_equal(list(f, FILTER(q.only_valid = true, q.now = 2000)).count, 1);
	assert_int_equal(list(f, FILTER(q.only_valid = true, q.now = 2001)).count, 0);
	assert_int_equal(list(f, FILTER(q.only_expired = true, q.now = 2000)).count, 0);
	assert_int_equal(list(f, FILTER(q.only_expired = true, q.now = 2001)).count, 3);
	assert_int_equal(list(f, FILTER(q.expires_before = 3000)).count, 3);
	assert_int_equal(list(f, FILTER(q.only_valid = true, q.expires_before = 3000)).count, 2);
	assert_int_equal(list(f, FILTER(q.only_valid = true, q.expires_before = 2000)).count, 0);
	assert_int_equal(list(f, FILTER(q.ca_id = 2)).count, 0);
	assert_int_equal(list(f, FILTER(q.profile_id = 1)).count, 4);

	int64_t count_valid = 0, count_expired = 0, count_revoked = 0;
	OK(store_certificate_count(f->store, f->account_id, 1500, &count_valid, &count_expired,
				   &count_revoked, &f->err));
	assert_int_equal(count_valid, 2);
	assert_int_equal(count_expired, 0);
	assert_int_equal(count_revoked, 1);
	OK(store_certificate_count(f->store, f->account_id, 2001, &count_valid, &count_expired,
				   &count_revoked, &f->err));
	assert_int_equal(count_valid, 0);
	assert_int_equal(count_expired, 1);
	assert_int_equal(count_revoked, 2);
	fixture_done(f);
}

struct pool {
	struct store *store;
	size_t idle, in_use;
};

static bool look_at_pool(void *context, const struct certificate *certificate)
{
	struct pool *pool = context;

	(void)certificate;
	store_readers(pool->store, &pool->idle, &pool->in_use);
	return true;
}

TEST(connections_in_use_are_told_from_idle_ones)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct pool pool = { .store = f->store };
	const struct store_certificate_filter filter = {
		.account_id = f->account_id, .state = -1, .now = 1500, .limit = 10
	};

	(void)issue(f, 1, "CN=a", "");
	OK(store_certificate_list(f->store, &filter, look_at_pool, &pool, &f->err));
	assert_int_equal(pool.in_use, 1);
	assert_int_equal(pool.idle, 0);
	(void)look_at_pool(&pool, NULL);
	assert_int_equal(pool.in_use, 0);
	assert_int_equal(pool.idle, 1);
	fixture_done(f);
}

TEST(what_lapsed_is_neither_renewed_nor_revoked)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t lapsed = issue(f, 1, "CN=a", ""), renewed = issue(f, 2, "CN=b", ""),
		revoked = issue(f, 3, "CN=c", "");
	struct certificate next = record_new(f, 4);
	int64_t id = 0, count = -1;

	(void)lapsed;
	next.renews_id = renewed;
	next.not_after = 9000;
	IN_TX(store_certificate_insert_intent(tx, &next, &id, &f->err));
	IN_TX(store_certificate_complete(tx, id, BYTES_LITERAL("der"), &f->err));
	IN_TX(store_certificate_revoke(tx, revoked, REVOKED_UNSPECIFIED, 1400, 0, &f->err));
	OK(store_graph_lapses(f->store, f->account_id, 2000, 2001, &count, &f->err));
	assert_int_equal(count, 1);
	OK(store_graph_lapses(f->store, f->account_id, 2001, 9000, &count, &f->err));
	assert_int_equal(count, 0);
	OK(store_graph_lapses(f->store, f->account_id + 1, 0, 9999, &count, &f->err));
	assert_int_equal(count, 0);
	fixture_done(f);
}

TEST(pages_follow_each_other_newest_first)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t ids[5];

	for (uint32_t i = 0; i < 5; i++)
		ids[i] = issue(f, i, "CN=a", "");
	struct seen seen = list(f, FILTER(q.limit = 2));
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.ids[0], ids[4]);
	seen = list(f, FILTER(q.limit = 2, q.before_id = seen.ids[1]));
	assert_int_equal(seen.ids[0], ids[2]);
	assert_int_equal(seen.ids[1], ids[1]);
	seen = (struct seen){ .stop_at = 3 };
	OK(try_list(f, FILTER(), &seen));
	assert_int_equal(seen.count, 3);
	fixture_done(f);
}

/* More than are fetched by their ids: the list walks down instead, and gives the same. */
TEST(many_that_begin_alike_come_newest_first)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t last = 0;

	issue(f, 1, "CN=another", "");
	for (unsigned int i = 0; i < 1001; i++)
		last = issue(f, 2 + i, "CN=Many", "");
	issue(f, 9000, "CN=another", "");
	struct seen seen = list(f, FILTER(q.subject_begins = "cn=m"; q.limit = 3));
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.ids[0], last);
	assert_int_equal(list(f, FILTER(q.subject_begins = "cn=a")).count, 2);
	fixture_done(f);
}

TEST_MAIN(RUN(many_that_begin_alike_come_newest_first), RUN(a_filter_out_of_bounds_is_refused),
	  RUN(v9_nothing_crosses_accounts), RUN(co_11_wildcards_and_quotes_are_taken_literally),
	  RUN(a_serial_is_found_by_any_beginning), RUN(a_list_goes_by_state_and_time),
	  RUN(connections_in_use_are_told_from_idle_ones),
	  RUN(what_lapsed_is_neither_renewed_nor_revoked),
	  RUN(pages_follow_each_other_newest_first))
