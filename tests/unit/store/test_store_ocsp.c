#include "test.h"

#include "store/fixture.h"
#include "store/store_ocsp.h"

static struct certificate_status status_of(struct fixture *f, uint32_t number)
{
	const struct certificate record = record_new(f, number);
	struct certificate_status status;

	OK(store_certificate_status(f->store, 1, (struct bytes){ record.serial, record.serial_len },
				    &status, &f->err));
	return status;
}

TEST(oc_01_a_serial_without_record_is_not_found)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	const struct certificate record = record_new(f, 1);
	struct bytes serial = { record.serial, record.serial_len };
	struct certificate_status status;

	REFUSED(store_certificate_status(f->store, 1, serial, &status, &f->err), REASON_NOT_FOUND);
	record_issue(f, &record);
	OK(store_certificate_status(f->store, 1, serial, &status, &f->err));
	/* of another CA, or a part of it, is another one */
	REFUSED(store_certificate_status(f->store, 2, serial, &status, &f->err), REASON_NOT_FOUND);
	serial.len--;
	REFUSED(store_certificate_status(f->store, 1, serial, &status, &f->err), REASON_NOT_FOUND);
	fixture_done(f);
}

TEST(oc_04_an_intent_is_a_record_also_when_it_is_abandoned)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	const struct certificate record = record_new(f, 1);
	int64_t id = 0;
	size_t count = 0;

	IN_TX(store_certificate_insert_intent(tx, &record, &id, &f->err));
	assert_int_equal(status_of(f, 1).state, CERTIFICATE_INTENT);
	IN_TX(store_certificate_abandon_intents(tx, &count, &f->err));
	assert_int_equal(status_of(f, 1).state, CERTIFICATE_ABANDONED);
	fixture_done(f);
}

TEST(oc_05_each_change_of_status_raises_the_board_before_the_commit_returns)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	CLEANUP(change_board_freep) struct change_board *board = NULL;
	const struct certificate record = record_new(f, 1);

	OK(change_board_new(&board, &f->err));
	store_set_board(f->store, board);
	size_t slot = change_board_slot((struct bytes){ record.serial, record.serial_len });
	int64_t id = record_issue(f, &record);
	assert_int_equal(change_board_look(board, slot), 0);
	IN_TX(store_certificate_revoke(tx, id, REVOKED_CERTIFICATE_HOLD, 100, 0, &f->err));
	assert_int_equal(change_board_look(board, slot), 1);
	IN_TX(store_certificate_release(tx, id, 200, &f->err));
	assert_int_equal(change_board_look(board, slot), 2);
	IN_TX(store_certificate_revoke(tx, id, REVOKED_SUPERSEDED, 300, 0, &f->err));
	assert_int_equal(change_board_look(board, slot), 3);
	/* a second time changes nothing */
	IN_TX(store_certificate_revoke(tx, id, REVOKED_SUPERSEDED, 400, 0, &f->err));
	assert_int_equal(change_board_look(board, slot), 3);
	assert_int_equal(status_of(f, 1).state, CERTIFICATE_REVOKED);
	assert_int_equal(status_of(f, 1).revoked_at, 300);
	assert_int_equal(status_of(f, 1).reason, REVOKED_SUPERSEDED);
	store_set_board(f->store, NULL);
	fixture_done(f);
}

/* It is read by others only once the group is durable, and told then; not when it is entered. */
TEST(oc_05_a_lazy_commit_tells_when_it_is_settled)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	CLEANUP(change_board_freep) struct change_board *board = NULL;
	const struct certificate record = record_new(f, 1);
	struct store_tx *tx = NULL;

	OK(change_board_new(&board, &f->err));
	store_set_board(f->store, board);
	size_t slot = change_board_slot((struct bytes){ record.serial, record.serial_len });
	int64_t id = record_issue(f, &record);
	uint64_t mark = store_mark(f->store);
	OK(store_begin(f->store, &tx, &f->err));
	OK(store_certificate_revoke(tx, id, REVOKED_SUPERSEDED, 300, 0, &f->err));
	OK(store_commit_lazily(tx, &f->err));
	OK(store_settle(f->store, mark, &f->err));
	assert_int_equal(change_board_look(board, slot), 1);
	store_set_board(f->store, NULL);
	fixture_done(f);
}

TEST(a_responder_takes_the_place_of_the_one_before)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	CLEANUP(stored_responder_done) struct stored_responder found = { 0 };
	const struct certificate first = record_new(f, 1), second = record_new(f, 2);
	int64_t ca_id = 0;

	IN_TX(store_ca_insert(tx, f->account_id, "ca", 0, "ca-1", BYTES_LITERAL("cert"), NULL, 0,
			      &ca_id, &f->err));
	REFUSED(store_responder_find(f->store, ca_id, &found, &f->err), REASON_NOT_FOUND);
	int64_t first_id = record_issue(f, &first), second_id = record_issue(f, &second);
	IN_TX(store_responder_put(tx, ca_id, first_id, "key-1", &f->err));
	IN_TX(store_responder_put(tx, ca_id, second_id, "key-2", &f->err));
	OK(store_responder_find(f->store, ca_id, &found, &f->err));
	assert_int_equal(found.certificate_id, second_id);
	assert_string_equal(found.key_name, "key-2");
	assert_true(bytes_equal(buffer_view(&found.der), BYTES_LITERAL("signed")));
	assert_false(found.is_revoked);
	IN_TX(store_certificate_revoke(tx, second_id, REVOKED_KEY_COMPROMISE, 100, 0, &f->err));
	stored_responder_done(&found);
	OK(store_responder_find(f->store, ca_id, &found, &f->err));
	assert_true(found.is_revoked);
	fixture_done(f);
}

TEST_MAIN(RUN(oc_01_a_serial_without_record_is_not_found),
	  RUN(oc_04_an_intent_is_a_record_also_when_it_is_abandoned),
	  RUN(oc_05_each_change_of_status_raises_the_board_before_the_commit_returns),
	  RUN(oc_05_a_lazy_commit_tells_when_it_is_settled),
	  RUN(a_responder_takes_the_place_of_the_one_before))
