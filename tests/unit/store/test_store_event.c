#include "store/fixture.h"

#include "store/store_event.h"

static struct event event_new(const struct fixture *f, enum reason reason)
{
	return (struct event){
		.account_id = f->account_id,
		.profile_id = 3,
		.operation = EST_SIMPLEENROLL,
		.reason = reason,
		.request_id = "0123456789abcdef",
		.peer = "192.0.2.1",
		.client = "CN=device",
		.detail = "why",
		.label = "2.25.1.1",
		.certificate_id = 5,
	};
}

struct seen {
	struct event events[8];
	size_t count, stop_at;
};

static bool see(void *context, const struct event *event)
{
	struct seen *seen = context;

	seen->events[seen->count++] = *event;
	return seen->count != seen->stop_at && seen->count < ARRAY_LEN(seen->events);
}

static struct seen list(struct fixture *f, struct store_event_filter filter)
{
	struct seen seen = { 0 };

	filter.limit = filter.limit ? filter.limit : 8;
	OK(store_event_list(f->store, &filter, see, &seen, &f->err));
	return seen;
}

static void insert(struct fixture *f, struct event event)
{
	IN_TX(store_event_insert(tx, &event, &f->err));
}

TEST(an_event_comes_back_as_it_went_in)
{
	struct fixture fixture = fixture_new(), *f = &fixture;

	insert(f, event_new(f, REASON_IP_NOT_ALLOWED));
	struct seen seen = list(f, (struct store_event_filter){ .account_id = f->account_id });
	assert_int_equal(seen.count, 1);
	assert_true(seen.events[0].id > 0 && seen.events[0].at > 1700000000);
	assert_int_equal(seen.events[0].profile_id, 3);
	assert_int_equal(seen.events[0].operation, EST_SIMPLEENROLL);
	assert_int_equal(seen.events[0].reason, REASON_IP_NOT_ALLOWED);
	assert_string_equal(seen.events[0].request_id, "0123456789abcdef");
	assert_string_equal(seen.events[0].peer, "192.0.2.1");
	assert_string_equal(seen.events[0].client, "CN=device");
	assert_string_equal(seen.events[0].detail, "why");
	assert_string_equal(seen.events[0].label, "2.25.1.1");
	assert_int_equal(seen.events[0].certificate_id, 5);

	struct event bare = { .operation = EST_OPERATION_COUNT };
	insert(f, bare);
	seen = list(f, (struct store_event_filter){ 0 });
	assert_int_equal(seen.events[0].operation, EST_OPERATION_COUNT);
	assert_int_equal(seen.events[0].reason, REASON_NONE);
	fixture_done(f);
}

TEST(a_refusal_of_a_later_release_stays_a_refusal)
{
	struct fixture fixture = fixture_new(), *f = &fixture;

	insert(f, event_new(f, REASON_BUSY));
	fixture_tamper(f, "UPDATE event SET reason = 'not_yet_invented', operation = 99");
	OK(store_open(f->scratch.path, &f->store, &f->err));
	struct seen seen = list(f, (struct store_event_filter){ .only_refusals = true });
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.events[0].reason, REASON_INTERNAL);
	assert_int_equal(seen.events[0].operation, EST_OPERATION_COUNT);
	fixture_done(f);
}

TEST(v9_filters_and_order)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct event event = event_new(f, REASON_NONE);

	insert(f, event); /* 1 */
	event.reason = REASON_CERT_EXPIRED;
	insert(f, event); /* 2 */
	event.account_id = 0;
	insert(f, event); /* 3 */
	event.account_id = 99;
	insert(f, event); /* 4 */

	struct seen seen = list(f, (struct store_event_filter){ .account_id = f->account_id });
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.events[0].id, 2);
	seen = list(f, (struct store_event_filter){ .account_id = f->account_id,
						    .only_refusals = true });
	assert_int_equal(seen.count, 1);
	seen = list(f, (struct store_event_filter){ 0 });
	assert_int_equal(seen.count, 4);
	assert_int_equal(seen.events[0].id, 4);
	seen = list(f, (struct store_event_filter){ .follow = true, .after_id = 2 });
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.events[0].id, 3);
	seen = list(f, (struct store_event_filter){ .limit = 1 });
	assert_int_equal(seen.count, 1);
	fixture_done(f);
}

TEST(the_oldest_beyond_the_bound_go)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct event event = event_new(f, REASON_BUSY);

	insert(f, event);
	/* as if many had been before: ids go on from here */
	fixture_tamper(f, "UPDATE event SET id = 100050");
	OK(store_open(f->scratch.path, &f->store, &f->err));
	insert(f, event);
	fixture_tamper(f, "UPDATE event SET id = 150 WHERE id = 100050; "
			  "INSERT INTO event SELECT 90000, at, account_id, profile_id, "
			  "certificate_id, operation, reason, request_id, peer, client, detail, "
			  "label, trace FROM event WHERE id = 150");
	OK(store_open(f->scratch.path, &f->store, &f->err));
	for (int i = 0; i < 512; i++)
		insert(f, event);
	struct seen seen = list(f, (struct store_event_filter){ .follow = true });
	assert_int_equal(seen.events[0].id, 90000);
	fixture_done(f);
}

static bool see_trace(void *context, const struct event *event)
{
	snprintf(context, 64, "%s", event->trace);
	return false;
}

TEST(a_refusal_keeps_its_steps)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	const struct store_event_filter newest = { .limit = 1 };
	struct event event = event_new(f, REASON_KEY_TOO_WEAK);
	char trace[64] = "";

	insert(f, event);
	OK(store_event_list(f->store, &newest, see_trace, trace, &f->err));
	assert_string_equal(trace, "");
	event.trace = "-key\tRSA 1024\n";
	insert(f, event);
	OK(store_event_list(f->store, &newest, see_trace, trace, &f->err));
	assert_string_equal(trace, "-key\tRSA 1024\n");
	fixture_done(f);
}

TEST_MAIN(RUN(an_event_comes_back_as_it_went_in), RUN(a_refusal_of_a_later_release_stays_a_refusal),
	  RUN(v9_filters_and_order), RUN(the_oldest_beyond_the_bound_go),
	  RUN(a_refusal_keeps_its_steps))
