/* Certificates that our CAs have signed and that the store does not know. */
#include "store/fixture.h"

#include "store/store_restore.h"
#include "store/store_unknown.h"

#define NOW 1800000000

static struct unknown_certificate unknown_new(const struct fixture *f, uint32_t number)
{
	struct unknown_certificate unknown = {
		.account_id = f->account_id,
		.ca_id = 1,
		.profile_id = 3,
		.serial = BYTES_LITERAL("\x01\x02"),
		.not_before = NOW - 100,
		.not_after = NOW + 100,
		.last_seen = NOW,
		.subject = "CN=lost",
		.peer = "192.0.2.1",
		.der = BYTES_LITERAL("a certificate"),
	};

	memcpy(unknown.fingerprint, &number, sizeof number);
	return unknown;
}

static void note(struct fixture *f, const struct unknown_certificate *unknown)
{
	IN_TX(store_unknown_note(tx, unknown, &f->err));
}

struct seen {
	size_t count, lost;
	struct unknown_certificate last; /* what it borrows is gone */
};

static bool each_seen(void *context, const struct unknown_certificate *unknown)
{
	struct seen *seen = context;

	seen->count++;
	seen->lost += unknown->is_lost;
	seen->last = *unknown;
	return true;
}

static struct seen look(struct fixture *f, struct store_unknown_filter filter)
{
	struct seen seen = { 0 };

	filter.account_id = filter.account_id ? filter.account_id : f->account_id;
	filter.limit = filter.limit ? filter.limit : 100;
	OK(store_unknown_list(f->store, &filter, each_seen, &seen, &f->err));
	return seen;
}

TEST(ft_11_shown_again_it_is_counted_and_no_second_one)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct unknown_certificate unknown = unknown_new(f, 1);
	int64_t count = 0;

	note(f, &unknown);
	unknown.last_seen += 10;
	unknown.profile_id = 4;
	note(f, &unknown);
	struct seen seen = look(f, (struct store_unknown_filter){ 0 });
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.last.times, 2);
	assert_int_equal(seen.last.first_seen, NOW);
	assert_int_equal(seen.last.last_seen, NOW + 10);
	assert_int_equal(seen.last.profile_id, 4);
	OK(store_unknown_count(f->store, f->account_id, &count, &f->err));
	assert_int_equal(count, 1);
	OK(store_unknown_count(f->store, f->account_id + 1, &count, &f->err));
	assert_int_equal(count, 0);
	IN_TX(store_unknown_forget(tx, unknown.fingerprint, &f->err));
	assert_int_equal(look(f, (struct store_unknown_filter){ 0 }).count, 0);
	fixture_done(f);
}

TEST(ft_11_only_what_a_restoration_explains_is_lost)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	const struct restoration restoration = { .at = NOW, .made = NOW - 200 };
	struct unknown_certificate lost = unknown_new(f, 1), later = unknown_new(f, 2),
				   earlier = unknown_new(f, 3);

	later.not_before = NOW + 1;
	earlier.not_before = NOW - 200 - 86400 - 1;
	note(f, &lost);
	note(f, &later);
	note(f, &earlier);
	assert_int_equal(look(f, (struct store_unknown_filter){ 0 }).lost, 0);
	IN_TX(store_restore_enter(tx, &restoration, &f->err));
	struct seen all = look(f, (struct store_unknown_filter){ 0 });
	assert_int_equal(all.count, 3);
	assert_int_equal(all.lost, 1);
	struct seen only = look(f, (struct store_unknown_filter){ .only_lost = true });
	assert_int_equal(only.count, 1);
	assert_memory_equal(only.last.fingerprint, lost.fingerprint, CERT_FINGERPRINT_LEN);
	fixture_done(f);
}

TEST(unknown_certificates_are_listed_by_what_is_asked_for)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct unknown_certificate unknown = unknown_new(f, 1);

	note(f, &unknown);
	for (uint32_t number = 2; number <= 5; number++) {
		unknown = unknown_new(f, number);
		unknown.serial = BYTES_LITERAL("\x09");
		unknown.profile_id = 7;
		note(f, &unknown);
	}
	assert_int_equal(look(f, (struct store_unknown_filter){ .account_id = 99 }).count, 0);
	assert_int_equal(look(f, (struct store_unknown_filter){ .profile_id = 7 }).count, 4);
	assert_int_equal(
		look(f, (struct store_unknown_filter){ .serial = BYTES_LITERAL("\x01\x02") }).count,
		1);
	struct seen page = look(f, (struct store_unknown_filter){ .limit = 2 });
	assert_int_equal(page.count, 2);
	assert_int_equal(look(f, (struct store_unknown_filter){ .before_id = page.last.id }).count,
			 3);
	fixture_done(f);
}

TEST(unknown_certificates_are_bounded_and_the_oldest_go)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct unknown_certificate first = unknown_new(f, 0);
	const uint32_t many = STORE_UNKNOWN_MAX + 1000;
	struct store_tx *tx = NULL;
	int64_t count = 0;

	OK(store_begin(f->store, &tx, &f->err));
	for (uint32_t number = 0; number < many; number++) {
		struct unknown_certificate unknown = unknown_new(f, number);

		OK(store_unknown_note(tx, &unknown, &f->err));
	}
	OK(store_commit(tx, &f->err));
	OK(store_unknown_count(f->store, f->account_id, &count, &f->err));
	assert_in_range(count, STORE_UNKNOWN_MAX, STORE_UNKNOWN_MAX + 256);
	struct seen rest = look(f, (struct store_unknown_filter){ .limit = many });
	assert_memory_not_equal(rest.last.fingerprint, first.fingerprint, CERT_FINGERPRINT_LEN);
	fixture_done(f);
}

/* -- adopting -- */

static const struct bytes signed_der = BYTES_LITERAL("signed");
static const struct bytes tbs_der = BYTES_LITERAL("to be signed\0");

static bool adopt(struct fixture *f, struct certificate *record, struct bytes der, int64_t *ret_id)
{
	struct store_tx *tx = NULL;

	record->der = (unsigned char *)der.data;
	record->der_len = der.len;
	OK(store_begin(f->store, &tx, &f->err));
	return store_certificate_adopt(tx, record, tbs_der, ret_id, &f->err)
		       ? store_commit(tx, &f->err)
		       : (store_rollback(tx), false);
}

static enum certificate_state state_of(struct fixture *f, int64_t id)
{
	struct certificate found = { 0 };

	OK(store_certificate_find(f->store, id, &found, &f->err));
	enum certificate_state state = found.state;
	certificate_done(&found);
	return state;
}

TEST(ft_11_a_serial_of_another_certificate_is_not_adopted)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct certificate record = record_new(f, 5);
	int64_t id = record_issue(f, &record), adopted = 77;

	REFUSED(adopt(f, &record, BYTES_LITERAL("another"), &adopted), REASON_CONFLICT);
	OK(adopt(f, &record, signed_der, &adopted));
	assert_int_equal(adopted, 0);
	IN_TX(store_certificate_revoke(tx, id, REVOKED_KEY_COMPROMISE, NOW, 0, &f->err));
	OK(adopt(f, &record, signed_der, &adopted));
	assert_int_equal(state_of(f, id), CERTIFICATE_REVOKED);
	fixture_done(f);
}

TEST(ft_11_what_was_being_signed_when_the_backup_was_made_is_completed)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct certificate record = record_new(f, 6);
	int64_t id = 0, adopted = 0;
	size_t count = 0;

	IN_TX(store_certificate_insert_intent(tx, &record, &id, &f->err));
	IN_TX(store_certificate_abandon_intents(tx, &count, &f->err));
	assert_int_equal(count, 1);
	OK(adopt(f, &record, signed_der, &adopted));
	assert_int_equal(adopted, id);
	assert_int_equal(state_of(f, id), CERTIFICATE_ISSUED);
	fixture_done(f);
}

TEST(ft_11_what_the_store_does_not_know_is_entered_as_issued)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct certificate record = record_new(f, 8);
	int64_t id = 0;

	OK(adopt(f, &record, signed_der, &id));
	assert_int_equal(state_of(f, id), CERTIFICATE_ISSUED);
	fixture_done(f);
}

TEST_MAIN(RUN(ft_11_shown_again_it_is_counted_and_no_second_one),
	  RUN(ft_11_only_what_a_restoration_explains_is_lost),
	  RUN(unknown_certificates_are_listed_by_what_is_asked_for),
	  RUN(unknown_certificates_are_bounded_and_the_oldest_go),
	  RUN(ft_11_a_serial_of_another_certificate_is_not_adopted),
	  RUN(ft_11_what_was_being_signed_when_the_backup_was_made_is_completed),
	  RUN(ft_11_what_the_store_does_not_know_is_entered_as_issued))
