#include "store/fixture.h"

#include "base/file.h"
#include "store/store_device.h"
#include "store/store_device_code.h"

/* -- a profile to have a list -- */

static int64_t add_ca(struct fixture *f)
{
	CLEANUP(buffer_done) struct buffer root = { 0 };
	int64_t id = 0;

	OK(file_load(TEST_VECTORS "/store/root.der", 65536, &root, &f->err));
	IN_TX(store_ca_insert(tx, f->account_id, "root", 0, "key-1", buffer_view(&root), NULL, 0,
			      &id, &f->err));
	return id;
}

static int64_t add_profile(struct fixture *f, int64_t ca_id, const char *name, const char *oid)
{
	CLEANUP(profile_freep) struct profile *profile = NULL;
	int64_t id = 0;

	OK(profile_new(TEMPLATE_GENERIC_DEVICE, &profile, &f->err));
	profile->account_id = f->account_id;
	profile->ca_id = ca_id;
	profile->name = strdup(name);
	profile->oid = strdup(oid);
	IN_TX(store_profile_insert(tx, profile, &id, &f->err));
	return id;
}

#define PRINT "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static int64_t add_device(struct fixture *f, int64_t profile_id, enum device_kind kind,
			  const char *identity, bool expected_new)
{
	struct device device = { .account_id = f->account_id, .profile_id = profile_id };
	int64_t id = 0;
	bool is_new = false;

	OK(device_set_identity(&device, kind, identity, &f->err));
	IN_TX(store_device_insert(tx, &device, &id, &is_new, &f->err));
	assert_int_equal(is_new, expected_new);
	return id;
}

static int64_t find(struct fixture *f, int64_t profile_id, const char *serial, const char *print)
{
	struct device device;

	if (store_device_find_by_identity(f->store, profile_id, serial, print, &device, &f->err))
		return device.id;
	assert_int_equal(f->err.reason, REASON_NOT_FOUND);
	return 0;
}

TEST(a_device_is_found_on_its_own_list_by_what_identifies_it)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t ca = add_ca(f), one = add_profile(f, ca, "one", "2.25.1.1"),
		two = add_profile(f, ca, "two", "2.25.1.2");
	int64_t serial = add_device(f, one, DEVICE_BY_SERIAL, "SN  One", true);
	int64_t print = add_device(f, one, DEVICE_BY_FINGERPRINT, PRINT, true);

	assert_int_equal(find(f, one, "x", PRINT), print);
	assert_int_equal(find(f, one, "sn one", NULL), serial);
	assert_int_equal(find(f, two, "sn one", PRINT), 0);
	assert_int_equal(find(f, one, NULL, NULL), 0);
	assert_int_equal(find(f, one, "", ""), 0);
	/* one kind is not the other, even where the text is the same */
	assert_int_equal(find(f, one, PRINT, NULL), 0);
	/* both are there: the fingerprint says more; but who is suspended is suspended */
	assert_int_equal(find(f, one, "SN One", PRINT), print);
	IN_TX(store_device_suspend(tx, serial, 77, &f->err));
	assert_int_equal(find(f, one, "SN One", PRINT), serial);
	assert_int_equal(add_device(f, one, DEVICE_BY_SERIAL, "SN ONE", false), serial);
	assert_int_equal(add_device(f, two, DEVICE_BY_SERIAL, "SN ONE", true) != serial, 1);
	fixture_done(f);
}

TEST(what_is_removed_is_gone_with_its_code_and_its_certificates_link)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t profile = add_profile(f, add_ca(f), "one", "2.25.1.1"), code_id = 0;
	int64_t id = add_device(f, profile, DEVICE_BY_SERIAL, "a", true);
	struct device_code code = {
		.profile_id = profile, .device_id = id, .uses_max = 1, .verifier_len = 32
	};
	struct device device;

	IN_TX(store_device_note_certificate(tx, id, 5, &f->err) &&
	      store_device_code_insert(tx, &code, &code_id, &f->err));
	OK(store_device_find_by_certificate(f->store, 5, &device, &f->err));
	assert_int_equal(device.id, id);
	assert_int_equal(device_state(&device), DEVICE_ENROLLED);

	IN_TX(store_device_delete(tx, id, &f->err));
	REFUSED(store_device_find_by_certificate(f->store, 5, &device, &f->err), REASON_NOT_FOUND);
	REFUSED_IN_TX(store_device_code_find(tx, code_id, &code, &f->err), REASON_NOT_FOUND);
	REFUSED_IN_TX(store_device_delete(tx, id, &f->err), REASON_NOT_FOUND);
	REFUSED_IN_TX(store_device_note_certificate(tx, id, 6, &f->err), REASON_NOT_FOUND);
	fixture_done(f);
}

static bool count_one(void *context, const struct device *device)
{
	(void)device;
	++*(size_t *)context;
	return true;
}

static size_t count(struct fixture *f, struct store_device_filter filter)
{
	size_t counted = 0;

	OK(store_device_list(f->store, &filter, count_one, &counted, &f->err));
	return counted;
}

TEST(a_profile_has_codes_or_none)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t ca = add_ca(f), id = 0;
	int64_t one = add_profile(f, ca, "one", "2.25.1.1");
	int64_t two = add_profile(f, ca, "two", "2.25.1.2");
	struct device_code code = { .profile_id = two, .uses_max = 1, .verifier_len = 32 };
	bool any = true;

	OK(store_device_code_any(f->store, two, &any, &f->err));
	assert_false(any);
	IN_TX(store_device_code_insert(tx, &code, &id, &f->err));
	OK(store_device_code_any(f->store, two, &any, &f->err));
	assert_true(any);
	OK(store_device_code_any(f->store, one, &any, &f->err));
	assert_false(any);
	fixture_done(f);
}

TEST(a_list_is_read_by_state_and_by_who_lacks_a_code)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t profile = add_profile(f, add_ca(f), "one", "2.25.1.1"), code_id = 0;
	int64_t a = add_device(f, profile, DEVICE_BY_SERIAL, "a", true);
	int64_t b = add_device(f, profile, DEVICE_BY_SERIAL, "b", true);
	struct device_code code = { .profile_id = profile,
				    .device_id = a,
				    .uses_max = 1,
				    .ends = 100,
				    .verifier_len = 32 };

	IN_TX(store_device_suspend(tx, b, 9, &f->err) &&
	      store_device_code_insert(tx, &code, &code_id, &f->err));
	assert_int_equal(count(f, (struct store_device_filter){ profile, -1, false, 0, 0, 9 }), 2);
	assert_int_equal(count(f, (struct store_device_filter){ profile, -1, false, a, 0, 9 }), 1);
	assert_int_equal(
		count(f, (struct store_device_filter){ profile, DEVICE_SUSPENDED, false, 0, 0, 9 }),
		1);
	assert_int_equal(
		count(f, (struct store_device_filter){ profile, DEVICE_ENROLLED, false, 0, 0, 9 }),
		0);
	assert_int_equal(count(f, (struct store_device_filter){ profile, -1, true, 0, 99, 9 }), 1);
	assert_int_equal(count(f, (struct store_device_filter){ profile, -1, true, 0, 100, 9 }), 2);
	fixture_done(f);
}

/* -- codes -- */

static bool use(struct fixture *f, int64_t id, int64_t now)
{
	bool used = false;

	IN_TX(store_device_code_use(tx, id, now, &used, &f->err));
	return used;
}

TEST(a_code_is_used_as_often_as_it_may_be_and_not_after_its_end)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t profile = add_profile(f, add_ca(f), "one", "2.25.1.1"), id = 0;
	struct device_code code = {
		.profile_id = profile, .uses_max = 2, .ends = 100, .verifier_len = 32
	};

	IN_TX(store_device_code_insert(tx, &code, &id, &f->err));
	assert_false(use(f, id, 100));
	assert_true(use(f, id, 99));
	assert_true(use(f, id, 99));
	assert_false(use(f, id, 99));
	assert_false(use(f, id + 1, 99));
	fixture_done(f);
}

static bool guess(struct fixture *f, int64_t device_id, unsigned int tries)
{
	bool locked = false;

	IN_TX(store_device_code_note_failure(tx, device_id, tries, 50, &locked, &f->err));
	return locked;
}

TEST(guessing_locks_the_device_s_code_and_no_other)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t profile = add_profile(f, add_ca(f), "one", "2.25.1.1"), id = 0, anybodys = 0;
	int64_t device = add_device(f, profile, DEVICE_BY_SERIAL, "a", true);
	struct device_code code = { .profile_id = profile, .uses_max = 9, .verifier_len = 32 };
	bool was_locked = false;

	IN_TX(store_device_code_insert(tx, &code, &anybodys, &f->err));
	code.device_id = device;
	IN_TX(store_device_code_insert(tx, &code, &id, &f->err));
	for (int i = 0; i < 100; i++)
		assert_false(guess(f, device, 0));
	assert_true(use(f, id, 1)); /* which forgets them */
	assert_false(guess(f, device, 3));
	assert_false(guess(f, device, 3));
	assert_true(guess(f, device, 3));
	assert_true(guess(f, device, 3));
	assert_false(use(f, id, 1));
	assert_false(guess(f, 0, 1));
	assert_true(use(f, anybodys, 1));
	IN_TX(store_device_code_unlock(tx, device, &was_locked, &f->err));
	assert_true(was_locked && use(f, id, 1));
	fixture_done(f);
}

TEST(a_code_is_found_by_its_whole_hash_in_its_own_profile)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t ca = add_ca(f), profile = add_profile(f, ca, "one", "2.25.1.1"),
		other = add_profile(f, ca, "two", "2.25.1.2"), one = 0, two = 0;
	struct device_code code = { .profile_id = profile, .uses_max = 1, .verifier_len = 32 },
			   found;

	/* the same first 64 bits */
	IN_TX(store_device_code_insert(tx, &code, &one, &f->err));
	code.verifier[31] = 1;
	IN_TX(store_device_code_insert(tx, &code, &two, &f->err));
	IN_TX(store_device_code_find_by_hash(tx, profile, code.verifier, &found, &f->err));
	assert_int_equal(found.id, two);
	REFUSED_IN_TX(store_device_code_find_by_hash(tx, other, code.verifier, &found, &f->err),
		      REASON_NOT_FOUND);
	code.verifier[31] = 2;
	REFUSED_IN_TX(store_device_code_find_by_hash(tx, profile, code.verifier, &found, &f->err),
		      REASON_NOT_FOUND);
	code.verifier_len = 31;
	REFUSED_IN_TX(store_device_code_insert(tx, &code, &one, &f->err), REASON_INVALID);
	fixture_done(f);
}

TEST(a_device_has_one_code)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t profile = add_profile(f, add_ca(f), "one", "2.25.1.1"), first = 0, second = 0;
	struct device_code code = {
		.profile_id = profile,
		.device_id = add_device(f, profile, DEVICE_BY_SERIAL, "a", true),
		.uses_max = 1,
		.verifier_len = 32,
	};

	IN_TX(store_device_code_insert(tx, &code, &first, &f->err));
	IN_TX(store_device_code_insert(tx, &code, &second, &f->err));
	IN_TX(store_device_code_find_by_device(tx, code.device_id, &code, &f->err));
	assert_int_equal(code.id, second);
	fixture_done(f);
}

/* -- how many certificates a holder has -- */

static unsigned int live(struct fixture *f, const char *subject, const char *san, int64_t except,
			 int64_t now)
{
	const struct store_holder holder = { 1, subject, san };
	unsigned int counted = 0;

	IN_TX(store_certificate_count_of_holder(tx, &holder, except, now, &counted, &f->err));
	return counted;
}

TEST(rn_08_what_a_holder_has_live_is_counted_by_its_name)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	char name[] = "CN=device", other[] = "CN=DEVICE", spaced[] = "CN=dev  ice", empty[] = "",
	     san[] = "dns:a";
	struct certificate record = record_new(f, 1);
	int64_t id = 0;

	record.subject = name;
	id = record_issue(f, &record);
	record = record_new(f, 2);
	record.subject = other;
	record_issue(f, &record);
	record = record_new(f, 3);
	record.subject = spaced;
	record_issue(f, &record);
	record = record_new(f, 4);
	record.subject = empty;
	record.san = san;
	record_issue(f, &record);

	assert_int_equal(live(f, "CN=device", "", 0, 1500), 2);
	assert_int_equal(live(f, "CN=device", "", id, 1500), 1);
	assert_int_equal(live(f, "CN=Dev Ice", "", 0, 1500), 1);
	assert_int_equal(live(f, "", "dns:a", 0, 1500), 1);
	assert_int_equal(live(f, "", "dns:b", 0, 1500), 0);
	assert_int_equal(live(f, "CN=device", "", 0, 2000), 2);
	assert_int_equal(live(f, "CN=device", "", 0, 2001), 0);
	IN_TX(store_certificate_revoke(tx, id, REVOKED_SUPERSEDED, 1600, 0, &f->err));
	assert_int_equal(live(f, "CN=device", "", 0, 1599), 2);
	assert_int_equal(live(f, "CN=device", "", 0, 1600), 1);
	fixture_done(f);
}

TEST_MAIN(RUN(a_device_is_found_on_its_own_list_by_what_identifies_it),
	  RUN(what_is_removed_is_gone_with_its_code_and_its_certificates_link),
	  RUN(a_profile_has_codes_or_none), RUN(a_list_is_read_by_state_and_by_who_lacks_a_code),
	  RUN(a_code_is_used_as_often_as_it_may_be_and_not_after_its_end),
	  RUN(guessing_locks_the_device_s_code_and_no_other),
	  RUN(a_code_is_found_by_its_whole_hash_in_its_own_profile), RUN(a_device_has_one_code),
	  RUN(rn_08_what_a_holder_has_live_is_counted_by_its_name))
