#include <stdlib.h>
#include <string.h>

#include "model/snapshot.h"
#include "test.h"

static struct address_set set_of(const char *text)
{
	struct address_set set = { 0 };
	struct error err = { 0 };

	EXPECT_OK(address_list_parse(text, &set, &err), err);
	return set;
}

static struct snapshot *a_snapshot(void)
{
	static const struct {
		const char *text;
		size_t profile;
	} labels[] = { { "2.25.1", 0 }, { "2.25.2", 1 }, { "a", 1 }, { "b/c", 0 } };
	struct snapshot *snapshot = calloc(1, sizeof *snapshot);
	struct error err = { 0 };

	snapshot->version = 42;
	snapshot->account_count = 2;
	snapshot->accounts = calloc(2, sizeof *snapshot->accounts);
	snapshot->accounts[0] =
		(struct snapshot_account){ 1, set_of("10.0.0.0-10.0.0.9, ::1"), strdup("acme") };
	snapshot->accounts[1] = (struct snapshot_account){ 2, { 0 }, strdup("other") };
	snapshot->profile_count = 2;
	snapshot->profiles = calloc(2, sizeof *snapshot->profiles);
	for (size_t i = 0; i < 2; i++) {
		struct snapshot_profile *profile = &snapshot->profiles[i];
		profile->id = (int64_t)i + 10;
		profile->account = i;
		profile->name = strdup(i ? "Gates" : "Sensors");
		profile->active = i == 0;
		profile->offers_basic = i == 1;
		profile->in_rollover = i == 1;
		profile->serverkeygen = i == 1;
		profile->fullcmc = i == 0;
		buffer_append_text(&profile->cacerts, "cacerts");
	}
	snapshot->label_count = ARRAY_LEN(labels);
	snapshot->labels = calloc(ARRAY_LEN(labels), sizeof *snapshot->labels);
	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		snapshot->labels[i] =
			(struct snapshot_label){ strdup(labels[i].text), labels[i].profile };
	snapshot->has_default = true;
	snapshot->default_profile = 1;
	snapshot->everyone = set_of("10.0.0.0-10.0.0.9, ::1, ::/0, 0.0.0.0/0");
	buffer_append_text(&snapshot->tls_chain, "-----BEGIN CERTIFICATE-----");
	EXPECT_OK(secret_copy(BYTES_LITERAL("a key"), &snapshot->tls_key, &err), err);
	return snapshot;
}

static void refuse(const struct snapshot *snapshot)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	struct snapshot *back = NULL;
	struct error err;

	snapshot_pack(snapshot, &message);
	EXPECT_REFUSED(snapshot_unpack(buffer_view(&message), &back, &err), err, REASON_PROTOCOL);
	assert_null(back);
}

TEST(an_index_beyond_its_array_is_refused)
{
	CLEANUP(snapshot_freep) struct snapshot *snapshot = a_snapshot();

	snapshot->profiles[1].account = 2;
	refuse(snapshot);
	snapshot->profiles[1].account = 1;
	snapshot->labels[3].profile = 2;
	refuse(snapshot);
	snapshot->labels[3].profile = 0;
	snapshot->default_profile = 2;
	refuse(snapshot);
}

TEST(labels_out_of_order_or_repeated_are_refused)
{
	CLEANUP(snapshot_freep) struct snapshot *snapshot = a_snapshot();

	snapshot->labels[2].text[0] = 'b';
	free(snapshot->labels[3].text);
	snapshot->labels[3].text = strdup("b");
	refuse(snapshot);
	snapshot->labels[3].text[0] = 'a';
	refuse(snapshot);
}

TEST(every_cut_of_a_snapshot_is_refused)
{
	CLEANUP(snapshot_freep) struct snapshot *snapshot = a_snapshot();
	CLEANUP(buffer_done) struct buffer message = { 0 };
	struct snapshot *back = NULL;
	struct error err;

	snapshot_pack(snapshot, &message);
	for (size_t len = 0; len < message.len; len++) {
		CLEANUP(buffer_done) struct buffer cut = { 0 };
		buffer_append(&cut, (struct bytes){ message.data, len });
		EXPECT_REFUSED(snapshot_unpack(buffer_view(&cut), &back, &err), err,
			       REASON_PROTOCOL);
	}
	buffer_append_byte(&message, 0);
	EXPECT_REFUSED(snapshot_unpack(buffer_view(&message), &back, &err), err, REASON_PROTOCOL);
	assert_null(back);
}

TEST(ht_23_what_is_no_label_is_not_found)
{
	CLEANUP(snapshot_freep) struct snapshot *snapshot = a_snapshot();
	static const char *const labels[] = { "",  "A",    "2.25.10", "2.25",
					      "b", "b/c/", "zz",      "Sensors" };

	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		assert_null(snapshot_find(snapshot, labels[i]));
}

TEST(every_label_is_found)
{
	CLEANUP(snapshot_freep) struct snapshot *snapshot = a_snapshot();

	for (size_t i = 0; i < snapshot->label_count; i++)
		assert_ptr_equal(snapshot_find(snapshot, snapshot->labels[i].text),
				 &snapshot->profiles[snapshot->labels[i].profile]);
}

TEST(the_empty_snapshot_travels)
{
	struct snapshot empty = { 0 };
	CLEANUP(buffer_done) struct buffer message = { 0 };
	CLEANUP(snapshot_freep) struct snapshot *back = NULL;
	struct error err = { 0 };

	snapshot_pack(&empty, &message);
	EXPECT_OK(snapshot_unpack(buffer_view(&message), &back, &err), err);
	assert_null(snapshot_find(back, "a"));
	assert_int_equal(back->everyone.count, 0);
}

TEST(a_snapshot_comes_back_as_it_was)
{
	CLEANUP(snapshot_freep) struct snapshot *snapshot = a_snapshot();
	CLEANUP(snapshot_freep) struct snapshot *back = NULL;
	CLEANUP(buffer_done) struct buffer message = { 0 };
	CLEANUP(buffer_done) struct buffer again = { 0 };
	struct error err = { 0 };

	snapshot_pack(snapshot, &message);
	EXPECT_OK(snapshot_unpack(buffer_view(&message), &back, &err), err);
	assert_int_equal(back->version, 42);
	assert_string_equal(snapshot_find(back, "b/c")->name, "Sensors");
	assert_false(snapshot_find(back, "a")->active);
	assert_true(secret_equal(secret_view(&back->tls_key), BYTES_LITERAL("a key")));
	snapshot_pack(back, &again);
	assert_true(bytes_equal(buffer_view(&message), buffer_view(&again)));
}

TEST_MAIN(RUN(an_index_beyond_its_array_is_refused),
	  RUN(labels_out_of_order_or_repeated_are_refused), RUN(every_cut_of_a_snapshot_is_refused),
	  RUN(ht_23_what_is_no_label_is_not_found), RUN(every_label_is_found),
	  RUN(the_empty_snapshot_travels), RUN(a_snapshot_comes_back_as_it_was))
