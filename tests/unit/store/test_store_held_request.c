#include "store/fixture.h"

#include <string.h>

#include "store/store_held_request.h"

#define NOW 1000000
#define PROFILE 1

static const struct held_limits roomy = { 10, 10 };

/* A profile to refer to. */
static struct fixture begin(void)
{
	struct fixture fixture = fixture_new(), *f = &fixture;

	fixture_tamper(f, "INSERT INTO ca (id, account_id, name, key_name, state, cert) "
			  "VALUES (1, 1, 'ca', 'key', 0, x'30');"
			  "INSERT INTO profile (id, account_id, ca_id, name, oid, state, version) "
			  "VALUES (1, 1, 1, 'p', '1.2', 0, 1)");
	fixture_reopen(f);
	return fixture;
}

static struct held_request make(const char *request_id, unsigned char key)
{
	struct held_request request = {
		.account_id = 1,
		.profile_id = PROFILE,
		.profile_version = 1,
		.operation = EST_SIMPLEENROLL,
		.created = NOW,
		.ends = NOW + 100,
		.subject = (char *)"CN=dev-1",
		.san = (char *)"",
		.requested_by = (char *)"passphrase",
		.peer = (char *)"192.0.2.7",
		.tbs = { .data = (unsigned char *)"tbs", .len = 3 },
		.content = { .validity_seconds = 50 },
	};

	memset(request.key_hash, key, sizeof request.key_hash);
	snprintf(request.request_id, sizeof request.request_id, "%s", request_id);
	return request;
}

static bool find(struct fixture *f, const struct held_request *like, int64_t now,
		 struct held_request *ret)
{
	struct store_tx *tx = NULL;

	OK(store_begin(f->store, &tx, &f->err));
	bool found = store_held_request_find(tx, PROFILE, like->key_hash, like->identity_hash, now,
					     ret, &f->err);
	store_rollback(tx);
	return found;
}

TEST(what_has_ended_is_not_there_and_is_forgotten)
{
	struct fixture fixture = begin(), *f = &fixture;
	const struct held_request request = make("aaaa000000000001", 1);
	CLEANUP(held_request_done) struct held_request found = { 0 };
	int64_t count = -1;

	IN_TX(store_held_request_put(tx, &request, &roomy, &f->err));
	assert_false(find(f, &request, NOW + 100, &found));
	assert_int_equal(f->err.reason, REASON_NOT_FOUND);
	assert_true(find(f, &request, NOW + 99, &found));
	assert_string_equal(found.subject, "CN=dev-1");
	assert_int_equal(found.state, HELD_PENDING);
	IN_TX(store_held_request_forget(tx, NOW + 99, &count, &f->err));
	assert_int_equal(count, 0);
	IN_TX(store_held_request_forget(tx, NOW + 100, &count, &f->err));
	assert_int_equal(count, 1);
	fixture_done(f);
}

TEST(other_content_of_a_key_takes_the_place_under_another_id)
{
	struct fixture fixture = begin(), *f = &fixture;
	const struct held_request first = make("aaaa000000000001", 1);
	const struct held_request second = make("aaaa000000000002", 1);
	CLEANUP(held_request_done) struct held_request found = { 0 };

	IN_TX(store_held_request_put(tx, &first, &roomy, &f->err));
	IN_TX(store_held_request_put(tx, &second, &roomy, &f->err));
	REFUSED_IN_TX(
		store_held_request_find_by_id(tx, 1, "aaaa000000000001", NOW, &found, &f->err),
		REASON_NOT_FOUND);
	IN_TX(store_held_request_find_by_id(tx, 1, "aaaa", NOW, &found, &f->err));
	assert_string_equal(found.request_id, "aaaa000000000002");
	assert_int_equal(found.tbs.len, 3);
	fixture_done(f);
}

TEST(one_of_several_or_of_another_account_is_not_found_by_its_beginning)
{
	struct fixture fixture = begin(), *f = &fixture;
	const struct held_request first = make("aaaa000000000001", 1);
	const struct held_request second = make("aaaa000000000002", 2);
	CLEANUP(held_request_done) struct held_request found = { 0 };

	IN_TX(store_held_request_put(tx, &first, &roomy, &f->err));
	IN_TX(store_held_request_put(tx, &second, &roomy, &f->err));
	REFUSED_IN_TX(store_held_request_find_by_id(tx, 1, "aaaa", NOW, &found, &f->err),
		      REASON_INVALID);
	REFUSED_IN_TX(
		store_held_request_find_by_id(tx, 2, "aaaa000000000001", NOW, &found, &f->err),
		REASON_NOT_FOUND);
	REFUSED_IN_TX(
		store_held_request_find_by_id(tx, 1, "aaaa0000000000010", NOW, &found, &f->err),
		REASON_NOT_FOUND);
	fixture_done(f);
}

TEST(a_full_profile_and_a_greedy_address_are_refused_and_change_nothing)
{
	struct fixture fixture = begin(), *f = &fixture;
	const struct held_request first = make("aaaa000000000001", 1);
	struct held_request second = make("aaaa000000000002", 2);
	CLEANUP(held_request_done) struct held_request found = { 0 };

	IN_TX(store_held_request_put(tx, &first, &roomy, &f->err));
	REFUSED_IN_TX(store_held_request_put(tx, &second, &(struct held_limits){ 9, 1 }, &f->err),
		      REASON_QUOTA);
	second.peer = (char *)"192.0.2.8";
	REFUSED_IN_TX(store_held_request_put(tx, &second, &(struct held_limits){ 1, 1 }, &f->err),
		      REASON_QUOTA);
	assert_true(f->err.retry_after > 0);
	IN_TX(store_held_request_put(tx, &second, &(struct held_limits){ 2, 1 }, &f->err));
	/* what takes another's place needs no further one */
	const struct held_request again = make("aaaa000000000003", 1);
	IN_TX(store_held_request_put(tx, &again, &(struct held_limits){ 2, 1 }, &f->err));
	assert_true(find(f, &first, NOW, &found));
	assert_string_equal(found.request_id, "aaaa000000000003");
	fixture_done(f);
}

TEST(a_decision_is_made_once_and_about_what_was_seen)
{
	struct fixture fixture = begin(), *f = &fixture;
	const struct held_request request = make("aaaa000000000001", 1);
	CLEANUP(held_request_done) struct held_request seen = { 0 };
	CLEANUP(held_request_done) struct held_request found = { 0 };

	IN_TX(store_held_request_put(tx, &request, &roomy, &f->err));
	assert_true(find(f, &request, NOW, &seen));
	seen.state = HELD_APPROVED;
	seen.decided = NOW + 1;
	IN_TX(store_held_request_settle(tx, &seen, HELD_PENDING, &f->err));
	REFUSED_IN_TX(store_held_request_settle(tx, &seen, HELD_PENDING, &f->err),
		      REASON_NOT_FOUND);
	assert_true(find(f, &request, NOW, &found));
	assert_int_equal(found.state, HELD_APPROVED);
	/* the row's number may serve another request by now, the request's id never does */
	snprintf(seen.request_id, sizeof seen.request_id, "aaaa000000000009");
	REFUSED_IN_TX(store_held_request_settle(tx, &seen, HELD_APPROVED, &f->err),
		      REASON_NOT_FOUND);
	fixture_done(f);
}

struct tally {
	size_t count;
	int64_t last;
};

static bool count(void *context, const struct held_request *request)
{
	struct tally *counter = context;

	counter->count++;
	counter->last = request->id;
	return true;
}

TEST(lists_are_by_account_state_and_page)
{
	struct fixture fixture = begin(), *f = &fixture;
	const struct held_request first = make("aaaa000000000001", 1);
	const struct held_request second = make("aaaa000000000002", 2);
	struct tally counter = { 0 };
	struct store_held_filter filter = { .account_id = 1, .state = -1, .now = NOW, .limit = 1 };

	IN_TX(store_held_request_put(tx, &first, &roomy, &f->err));
	IN_TX(store_held_request_put(tx, &second, &roomy, &f->err));
	OK(store_held_request_list(f->store, &filter, count, &counter, &f->err));
	assert_int_equal(counter.count, 1);
	filter.before_id = counter.last;
	OK(store_held_request_list(f->store, &filter, count, &counter, &f->err));
	assert_int_equal(counter.count, 2);
	filter.before_id = counter.last;
	OK(store_held_request_list(f->store, &filter, count, &counter, &f->err));
	assert_int_equal(counter.count, 2);
	filter = (struct store_held_filter){
		.account_id = 1, .state = HELD_APPROVED, .now = NOW, .limit = 5
	};
	OK(store_held_request_list(f->store, &filter, count, &counter, &f->err));
	filter.state = HELD_PENDING;
	filter.account_id = 2;
	OK(store_held_request_list(f->store, &filter, count, &counter, &f->err));
	assert_int_equal(counter.count, 2);
	fixture_done(f);
}

TEST_MAIN(RUN(what_has_ended_is_not_there_and_is_forgotten),
	  RUN(other_content_of_a_key_takes_the_place_under_another_id),
	  RUN(one_of_several_or_of_another_account_is_not_found_by_its_beginning),
	  RUN(a_full_profile_and_a_greedy_address_are_refused_and_change_nothing),
	  RUN(a_decision_is_made_once_and_about_what_was_seen),
	  RUN(lists_are_by_account_state_and_page))
