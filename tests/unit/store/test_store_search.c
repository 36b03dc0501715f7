/* Certificates found by how the words of their names begin: the same, entered or not. */
#include "store/fixture.h"
#include "store/search_text.h"
#include "store/store_search.h"

#define SEEN_MAX 6000

struct seen {
	int64_t ids[SEEN_MAX];
	size_t count;
};

static bool see(void *context, const struct certificate *certificate)
{
	struct seen *seen = context;

	seen->ids[seen->count++] = certificate->id;
	return seen->count < SEEN_MAX;
}

static bool search(struct fixture *f, const char *text, struct seen *seen)
{
	const struct store_certificate_filter filter = {
		.account_id = f->account_id, .state = -1, .limit = 1000, .text = text
	};

	seen->count = 0;
	return store_certificate_list(f->store, &filter, see, seen, &f->err);
}

static size_t count(struct fixture *f, const char *text)
{
	static struct seen seen;

	OK(search(f, text, &seen));
	return seen.count;
}

static int64_t issue(struct fixture *f, uint32_t number, const char *subject, const char *san)
{
	struct certificate record = record_new(f, number);

	record.subject = (char *)(uintptr_t)subject;
	record.san = (char *)(uintptr_t)san;
	return record_issue(f, &record);
}

static unsigned int enter(struct fixture *f, unsigned int limit)
{
	unsigned int entered = 0;
	int64_t newest;

	OK(store_search_enter(f->store, INT64_MAX, limit, &entered, &newest, &f->err));
	return entered;
}

static void enter_all(struct fixture *f)
{
	while (enter(f, 100))
		;
}

TEST(what_cannot_be_searched_is_refused)
{
	static const char *const nothing[] = { "=", "-", ". /", "::", ",", "- =" };
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct seen *seen = calloc(1, sizeof *seen);
	char long_text[2000];

	memset(long_text, 'a', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(nothing); i++)
		REFUSED(search(f, nothing[i], seen), REASON_INVALID);
	REFUSED(search(f, "a b c d e", seen), REASON_INVALID);
	REFUSED(search(f, long_text, seen), REASON_TOO_LARGE);
	free(seen);
	fixture_done(f);
}

/* What must be found, and what must not, entered or not. */
static const struct {
	const char *text;
	size_t matches; /* of the four below */
} questions[] = {
	{ "pump", 2 },
	{ "PUMP-7", 1 },
	{ "pump 7", 1 },
	{ "7 pump", 1 },
	{ "ump", 0 },
	{ "cn=pump", 2 },
	{ "CN=", 4 },
	{ "c", 4 },
	{ "o=acme", 2 },
	{ "acme", 2 },
	{ "acm works", 1 },
	{ "works", 1 },
	{ "orks", 0 },
	{ "acme,", 1 },
	{ "dns:pump-7.plant", 1 },
	{ "plant.example", 1 },
	{ "plant_example", 1 },
	{ "example", 2 },
	{ "https://boiler", 1 },
	{ "uri:https", 1 },
	{ "2001:db8", 1 },
	{ "db8", 1 },
	{ "100%", 1 },
	{ "10%", 0 },
	{ "a%b", 0 },
	{ "' OR 1=1 --", 0 },
	{ "pump - 7", 1 },
	{ "(odd)", 1 },
	{ "odd", 0 },
	{ "\xc3\x84pfel", 1 },
	{ "averylongnamethatgoesonandonbeyondwhatanentrymayhold-1", 1 },
	{ "averylongnamethatgoesonandonbeyondwhatanentrymayhold-2", 0 },
	{ "nowhere", 0 },
	{ "", 4 },
	{ " ", 4 },
};

static void expect_all(struct fixture *f)
{
	for (size_t i = 0; i < ARRAY_LEN(questions); i++)
		if (count(f, questions[i].text) != questions[i].matches)
			fail_msg("\"%s\" finds %zu", questions[i].text,
				 count(f, questions[i].text));
}

TEST(co_11_words_find_what_begins_where_a_word_does)
{
	struct fixture fixture = fixture_new(), *f = &fixture;

	issue(f, 1, "CN=pump-7, O=Acme", "dns:pump-7.plant.example, ip:2001:db8::1");
	issue(f, 2, "CN=Pump-8, O=Acme Works, OU=100% (odd)", "");
	issue(f, 3, "CN=boiler", "uri:https://boiler.example/x");
	issue(f, 4, "CN=averylongnamethatgoesonandonbeyondwhatanentrymayhold-1, O=\xc3\x84pfel",
	      "");
	expect_all(f);
	enter_all(f);
	expect_all(f);
	fixture_done(f);
}

TEST(v9_words_of_another_account_find_nothing)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t mine = f->account_id;

	issue(f, 1, "CN=pump-7", "");
	enter_all(f);
	IN_TX(store_account_insert(tx, "other", "2.25.2", &f->account_id, &f->err));
	assert_int_equal(count(f, "pump"), 0);
	f->account_id = mine;
	assert_int_equal(count(f, "pump"), 1);
	fixture_done(f);
}

/* Names of few parts, so that many have something in common. */
static void issue_random(struct fixture *f, uint32_t number, unsigned int *dice)
{
	static const char *const parts[] = { "pump", "a-b", "x.y", "p", "O=z", "dns:q", "7", "%" };
	char subject[80], san[80];

	snprintf(subject, sizeof subject, "CN=%s-%s, O=%s", parts[rand_r(dice) % 8],
		 parts[rand_r(dice) % 8], parts[rand_r(dice) % 8]);
	snprintf(san, sizeof san, "dns:%s.%s", parts[rand_r(dice) % 8], parts[rand_r(dice) % 8]);
	issue(f, number, subject, san);
}

TEST(entered_and_not_entered_find_the_same)
{
	static const char *const texts[] = { "pump", "a", "b",     "a-b", "x.y p", "cn=pump-a",
					     "o=z",  "z", "dns:q", "q.x", "p 7",   "%",
					     "7-%",  "y", "o",     "p.p", "=p",    "b-p" };
	struct fixture fixture = fixture_new(), *f = &fixture;
	size_t before[ARRAY_LEN(texts)];
	unsigned int dice = 20261125;

	for (uint32_t i = 1; i <= 300; i++)
		issue_random(f, i, &dice);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		before[i] = count(f, texts[i]);
	while (enter(f, 37))
		for (size_t i = 0; i < ARRAY_LEN(texts); i++)
			if (count(f, texts[i]) != before[i])
				fail_msg("%s: %zu, and then %zu", texts[i], before[i],
					 count(f, texts[i]));
	assert_true(before[0] > 10 && before[0] < 290);
	fixture_done(f);
}

/* A word that all have is entered so often, and no further; all are found, the newest first. */
TEST(a_common_word_is_found_without_being_entered_each_time)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct seen *seen = calloc(1, sizeof *seen);
	char subject[40];
	int64_t last = 0;

	for (uint32_t i = 1; i <= SEARCH_FEW_MAX + 400; i++) {
		snprintf(subject, sizeof subject, "CN=n%u, O=Common", i);
		last = issue(f, i, subject, "");
	}
	enter_all(f);
	OK(search(f, "common", seen));
	assert_int_equal(seen->count, 1000);
	assert_int_equal(seen->ids[0], last);
	assert_int_equal(count(f, "common n4399"), 1);
	assert_int_equal(count(f, "n4399"), 1);
	free(seen);
	fixture_done(f);
}

TEST(what_is_not_settled_waits_and_nothing_behind_it_is_entered)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	unsigned int entered = 9;
	int64_t newest = 0, id = issue(f, 1, "CN=pump-7", "");

	OK(store_search_enter(f->store, 0, 100, &entered, &newest, &f->err));
	assert_int_equal(entered, 0);
	assert_int_equal(newest, id);
	assert_int_equal(count(f, "pump"), 1); /* found all the same */
	assert_int_equal(enter(f, 100), 1);
	assert_int_equal(enter(f, 100), 0);
	assert_int_equal(count(f, "pump"), 1);
	fixture_done(f);
}

TEST(no_entry_is_the_beginning_of_another)
{
	struct bytes entries[SEARCH_ENTRIES_MAX];
	struct buffer folded = { 0 };
	const char *subject = "CN=pump-7, O=Acme", *san = "dns:pump-7.acme.example";

	search_text_fold(subject, san, &folded);
	assert_string_equal(buffer_cstring(&folded), " cn pump 7, o acme, dns pump 7 acme example");
	size_t found = search_text_entries(subject, san, buffer_view(&folded), entries);
	assert_int_equal(found, 7); /* cn, pump 7 acme…, 7 acme…, o, acme example, dns, example */
	for (size_t i = 0; i < found; i++)
		for (size_t j = 0; j < found; j++)
			assert_false(i != j && entries[i].len <= entries[j].len &&
				     memcmp(entries[i].data, entries[j].data, entries[i].len) == 0);
	buffer_done(&folded);
}

TEST_MAIN(RUN(what_cannot_be_searched_is_refused),
	  RUN(co_11_words_find_what_begins_where_a_word_does),
	  RUN(v9_words_of_another_account_find_nothing), RUN(entered_and_not_entered_find_the_same),
	  RUN(a_common_word_is_found_without_being_entered_each_time),
	  RUN(what_is_not_settled_waits_and_nothing_behind_it_is_entered),
	  RUN(no_entry_is_the_beginning_of_another))
