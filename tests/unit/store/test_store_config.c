#include "store/fixture.h"

#include "base/file.h"

static struct buffer vector(struct fixture *f, const char *name)
{
	struct buffer bytes = { 0 };
	char path[256];

	snprintf(path, sizeof path, TEST_VECTORS "/store/%s", name);
	OK(file_load(path, 65536, &bytes, &f->err));
	return bytes;
}

/* An issuing CA under a root, as an operator sets them up. */
static int64_t add_cas(struct fixture *f, int64_t account_id)
{
	CLEANUP(buffer_done) struct buffer root = vector(f, "root.der");
	CLEANUP(buffer_done) struct buffer issuing = vector(f, "issuing.der");
	struct bytes chain[] = { buffer_view(&root) };
	int64_t root_id = 0, id = 0;

	IN_TX(store_ca_insert(tx, account_id, "root", 0, "key-1", buffer_view(&root), NULL, 0,
			      &root_id, &f->err) &&
	      store_ca_insert(tx, account_id, "issuing", root_id, "key-2", buffer_view(&issuing),
			      chain, 1, &id, &f->err));
	return id;
}

static char *copy(const char *text)
{
	char *made = strdup(text);

	assert_non_null(made);
	return made;
}

static struct profile *profile_of(struct fixture *f, int64_t ca_id, const char *name,
				  const char *oid, const char *alias)
{
	struct profile *profile = NULL;

	OK(profile_new(TEMPLATE_CLIENT_AUTHENTICATION, &profile, &f->err));
	profile->account_id = f->account_id;
	profile->ca_id = ca_id;
	profile->name = copy(name);
	profile->oid = copy(oid);
	if (alias) {
		profile->aliases = calloc(1, sizeof *profile->aliases);
		assert_non_null(profile->aliases);
		profile->aliases[profile->alias_count++] = copy(alias);
	}
	return profile;
}

static int64_t add_profile(struct fixture *f, int64_t ca_id, const char *name, const char *oid,
			   const char *alias)
{
	CLEANUP(profile_freep) struct profile *profile = profile_of(f, ca_id, name, oid, alias);
	int64_t id = 0;

	IN_TX(store_profile_insert(tx, profile, &id, &f->err));
	return id;
}

static struct catalog *load(struct fixture *f)
{
	struct catalog *catalog = NULL;

	OK(store_catalog_load(f->store, &catalog, &f->err));
	return catalog;
}

static int64_t version(struct fixture *f)
{
	CLEANUP(catalog_unrefp) struct catalog *catalog = load(f);

	return catalog->version;
}

TEST(names_are_unique_and_absent_accounts_not_found)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t id = 0;

	REFUSED_IN_TX(store_account_insert(tx, "acme", "2.25.2", &id, &f->err), REASON_CONFLICT);
	REFUSED_IN_TX(store_account_update(tx, 99, "x", "2.25.2", &f->err), REASON_NOT_FOUND);
	IN_TX(store_account_insert(tx, "other", "2.25.2", &id, &f->err));
	REFUSED_IN_TX(store_account_update(tx, id, "acme", "2.25.2", &f->err), REASON_CONFLICT);
	IN_TX(store_account_update(tx, id, "another", "2.25.3", &f->err));

	CLEANUP(catalog_unrefp) struct catalog *catalog = load(f);
	assert_int_equal(catalog->account_count, 2);
	assert_string_equal(catalog_account(catalog, id)->name, "another");
	assert_string_equal(catalog_account(catalog, id)->oid_arc, "2.25.3");
	fixture_done(f);
}

static bool see_address(void *context, const struct store_address *address)
{
	assert_string_equal(address->text, "192.0.2.0-192.0.2.9");
	assert_string_equal(address->comment, "the hall");
	*(int64_t *)context = address->id;
	return true;
}

TEST(v5_an_allowlist_is_that_of_its_account)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct address_range range = { 0 };
	struct address inside = { 0 };
	int64_t id = 0, listed = 0, other = 0;

	IN_TX(store_account_insert(tx, "other", "2.25.2", &other, &f->err));
	OK(address_range_parse("192.0.2.0-192.0.2.9", &range, &f->err));
	OK(address_parse("192.0.2.5", &inside, &f->err));
	REFUSED_IN_TX(store_address_insert(tx, 99, "x", NULL, &range, &id, &f->err),
		      REASON_CONFLICT);
	IN_TX(store_address_insert(tx, f->account_id, "192.0.2.0-192.0.2.9", "the hall", &range,
				   &id, &f->err));
	REFUSED_IN_TX(store_address_insert(tx, f->account_id, "again", NULL, &range, &id, &f->err),
		      REASON_CONFLICT);
	OK(store_address_list(f->store, f->account_id, see_address, &listed, &f->err));
	assert_int_equal(listed, id);

	struct catalog *catalog = load(f);
	assert_true(address_set_holds(&catalog_account(catalog, f->account_id)->allowed, &inside));
	assert_false(address_set_holds(&catalog_account(catalog, other)->allowed, &inside));
	catalog_unref(catalog);

	REFUSED_IN_TX(store_address_delete(tx, other, id, &f->err), REASON_NOT_FOUND);
	IN_TX(store_address_delete(tx, f->account_id, id, &f->err));
	catalog = load(f);
	assert_false(address_set_holds(&catalog_account(catalog, f->account_id)->allowed, &inside));
	catalog_unref(catalog);
	fixture_done(f);
}

TEST(a_ca_comes_back_with_its_chain_and_only_its_account_may_change_it)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t id = add_cas(f, f->account_id), other = 0, second = 0;

	IN_TX(store_account_insert(tx, "other", "2.25.2", &other, &f->err));
	REFUSED_IN_TX(store_ca_insert(tx, f->account_id, "issuing", 0, "k", BYTES_LITERAL("x"),
				      NULL, 0, &second, &f->err),
		      REASON_CONFLICT);
	REFUSED_IN_TX(store_ca_insert(tx, other, "theirs", id, "k", BYTES_LITERAL("x"), NULL, 0,
				      &second, &f->err),
		      REASON_CONFLICT);
	REFUSED_IN_TX(store_ca_set_state(tx, other, id, CA_DISABLED, &f->err), REASON_NOT_FOUND);
	IN_TX(store_ca_set_state(tx, f->account_id, id, CA_RETIRED, &f->err));

	CLEANUP(catalog_unrefp) struct catalog *catalog = load(f);
	const struct ca *ca = catalog_ca_by_name(catalog, f->account_id, "issuing");
	const struct ca *root = catalog_ca_by_name(catalog, f->account_id, "root");
	assert_int_equal(ca->id, id);
	assert_int_equal(ca->state, CA_RETIRED);
	assert_int_equal(ca->parent_id, root->id);
	assert_int_equal(root->parent_id, 0);
	assert_string_equal(ca->key_name, "key-2");
	assert_int_equal(ca->chain_count, 1);
	assert_true(bytes_equal(cert_der(ca->chain[0]), cert_der(root->cert)));
	assert_int_equal(root->chain_count, 0);
	fixture_done(f);
}

TEST(an_anchor_stands_once_in_its_account)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	CLEANUP(buffer_done) struct buffer root = vector(f, "root.der");
	struct bytes der = buffer_view(&root);
	int64_t other = 0, ca_id = add_cas(f, f->account_id), id = 0, theirs = 0;

	IN_TX(store_account_insert(tx, "other", "2.25.2", &other, &f->err));
	IN_TX(store_anchor_insert(tx, f->account_id, ca_id, der, &id, &f->err));
	REFUSED_IN_TX(store_anchor_insert(tx, f->account_id, 0, der, &id, &f->err),
		      REASON_CONFLICT);
	REFUSED_IN_TX(store_anchor_insert(tx, other, ca_id, der, &theirs, &f->err),
		      REASON_CONFLICT);
	IN_TX(store_anchor_insert(tx, other, 0, der, &theirs, &f->err));
	REFUSED_IN_TX(store_anchor_delete(tx, other, id, &f->err), REASON_NOT_FOUND);
	IN_TX(store_anchor_delete(tx, f->account_id, id, &f->err));

	CLEANUP(catalog_unrefp) struct catalog *catalog = load(f);
	assert_int_equal(catalog->anchor_count, 1);
	assert_int_equal(catalog->anchors[0].id, theirs);
	assert_int_equal(catalog->anchors[0].ca_id, 0);
	assert_int_equal(cert_der(catalog->anchors[0].cert).len, der.len);
	fixture_done(f);
}

TEST(a_label_never_passes_to_another_profile)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t ca_id = add_cas(f, f->account_id);
	int64_t id = add_profile(f, ca_id, "sensors", "2.25.1.1", "sensors");

	static const struct {
		const char *name, *oid, *alias;
	} clashes[] = {
		{ "sensors", "2.25.1.2", "other" }, { "other", "2.25.1.1", "other" },
		{ "other", "2.25.1.2", "sensors" }, { "other", "2.25.1.2", "2.25.1.1" },
		{ "other", "sensors", NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(clashes); i++) {
		CLEANUP(profile_freep)
		struct profile *profile =
			profile_of(f, ca_id, clashes[i].name, clashes[i].oid, clashes[i].alias);
		int64_t other = 0;

		REFUSED_IN_TX(store_profile_insert(tx, profile, &other, &f->err), REASON_CONFLICT);
	}

	/* given up, it is still the profile's: it may take it back, another may not have it */
	struct profile *bare = profile_of(f, ca_id, "sensors", "2.25.1.1", NULL);
	bare->id = id;
	bare->version = 1;
	IN_TX(store_profile_update(tx, bare, &f->err));
	profile_free(bare);
	struct profile *thief = profile_of(f, ca_id, "other", "2.25.1.2", "sensors");
	int64_t other = 0;
	REFUSED_IN_TX(store_profile_insert(tx, thief, &other, &f->err), REASON_CONFLICT);
	profile_free(thief);
	struct profile *again = profile_of(f, ca_id, "sensors", "2.25.1.1", "sensors");
	again->id = id;
	again->version = 2;
	IN_TX(store_profile_update(tx, again, &f->err));
	profile_free(again);

	CLEANUP(catalog_unrefp) struct catalog *catalog = load(f);
	assert_int_equal(catalog_profile_by_label(catalog, "sensors")->id, id);
	fixture_done(f);
}

TEST(a_profile_is_versioned_and_stale_changes_are_refused)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t ca_id = add_cas(f, f->account_id), other_account = 0;
	int64_t id = add_profile(f, ca_id, "sensors", "2.25.1.1", NULL);
	CLEANUP(profile_freep)
	struct profile *changed = profile_of(f, ca_id, "probes", "2.25.1.99", NULL);

	IN_TX(store_account_insert(tx, "other", "2.25.2", &other_account, &f->err));
	changed->id = id;
	changed->validity_seconds = 7 * 86400;
	changed->version = 2;
	REFUSED_IN_TX(store_profile_update(tx, changed, &f->err), REASON_CONFLICT);
	changed->version = 1;
	changed->account_id = other_account;
	REFUSED_IN_TX(store_profile_update(tx, changed, &f->err), REASON_NOT_FOUND);
	changed->account_id = f->account_id;
	IN_TX(store_profile_update(tx, changed, &f->err));
	REFUSED_IN_TX(store_profile_update(tx, changed, &f->err), REASON_CONFLICT);
	REFUSED_IN_TX(store_profile_set_state(tx, other_account, id, PROFILE_SUSPENDED, &f->err),
		      REASON_NOT_FOUND);
	IN_TX(store_profile_set_state(tx, f->account_id, id, PROFILE_SUSPENDED, &f->err));

	CLEANUP(catalog_unrefp) struct catalog *catalog = load(f);
	const struct profile *found = catalog_profile(catalog, id);
	assert_int_equal(found->version, 2);
	assert_int_equal(found->account_id, f->account_id);
	assert_int_equal(found->ca_id, ca_id);
	assert_int_equal(found->state, PROFILE_SUSPENDED);
	assert_int_equal(found->validity_seconds, 7 * 86400);
	assert_string_equal(found->name, "probes");
	/* the OID never changes */
	assert_string_equal(found->oid, "2.25.1.1");
	fixture_done(f);
}

TEST(v9_a_profile_cannot_use_another_accounts_ca)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t ca_id = add_cas(f, f->account_id), other = 0, id = 0;
	CLEANUP(profile_freep)
	struct profile *profile = profile_of(f, ca_id, "sensors", "2.25.1.1", NULL);

	IN_TX(store_account_insert(tx, "other", "2.25.2", &other, &f->err));
	profile->account_id = other;
	REFUSED_IN_TX(store_profile_insert(tx, profile, &id, &f->err), REASON_CONFLICT);
	fixture_done(f);
}

TEST(the_default_profile_exists_or_is_none)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t ca_id = add_cas(f, f->account_id);
	int64_t id = add_profile(f, ca_id, "sensors", "2.25.1.1", NULL);

	REFUSED_IN_TX(store_default_profile_set(tx, 99, &f->err), REASON_CONFLICT);
	IN_TX(store_default_profile_set(tx, id, &f->err));
	struct catalog *catalog = load(f);
	assert_int_equal(catalog->default_profile_id, id);
	catalog_unref(catalog);
	IN_TX(store_default_profile_set(tx, 0, &f->err));
	catalog = load(f);
	assert_int_equal(catalog->default_profile_id, 0);
	catalog_unref(catalog);
	fixture_done(f);
}

TEST(passphrases_overlap_as_long_as_told)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t ca_id = add_cas(f, f->account_id);
	struct passphrase passphrase = {
		.profile_id = add_profile(f, ca_id, "sensors", "2.25.1.1", NULL),
		.kind = VERIFIER_HMAC,
		.verifier = { 1 },
		.verifier_len = 32,
		.created = 100,
	};

	REFUSED_IN_TX(store_passphrase_replace(tx, &passphrase, 0, &f->err), REASON_INVALID);
	IN_TX(store_passphrase_replace(tx, &passphrase, 100, &f->err));
	passphrase.created = 200;
	passphrase.kind = VERIFIER_ARGON2ID;
	passphrase.verifier[0] = 2;
	IN_TX(store_passphrase_replace(tx, &passphrase, 500, &f->err));
	struct catalog *catalog = load(f);
	assert_int_equal(catalog->passphrase_count, 2);
	assert_int_equal(catalog->passphrases[0].ends, 500);
	assert_int_equal(catalog->passphrases[0].verifier[0], 1);
	assert_int_equal(catalog->passphrases[1].ends, 0);
	assert_int_equal(catalog->passphrases[1].kind, VERIFIER_ARGON2ID);
	assert_int_equal(catalog->passphrases[1].verifier_len, 32);
	assert_int_equal(catalog->passphrases[1].created, 200);
	catalog_unref(catalog);

	/* at once: the overlap of before ends too */
	passphrase.created = 300;
	IN_TX(store_passphrase_replace(tx, &passphrase, 300, &f->err));
	catalog = load(f);
	assert_int_equal(catalog->passphrase_count, 1);
	catalog_unref(catalog);
	fixture_done(f);
}

TEST(an_ra_reaches_only_profiles_of_its_account)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t ca_id = add_cas(f, f->account_id), other = 0, id = 0;
	int64_t first = add_profile(f, ca_id, "one", "2.25.1.1", NULL);
	int64_t second = add_profile(f, ca_id, "two", "2.25.1.2", NULL);
	struct certificate record = record_new(f, 7);
	int64_t ids[] = { second, first };
	struct ra_scope scope = { .account_id = f->account_id,
				  .certificate_id = record_issue(f, &record),
				  .name = (char[]){ "gateway" },
				  .profile_ids = ids,
				  .profile_count = 2 };

	IN_TX(store_account_insert(tx, "other", "2.25.2", &other, &f->err));
	scope.account_id = other;
	REFUSED_IN_TX(store_ra_scope_insert(tx, &scope, &id, &f->err), REASON_NOT_FOUND);
	scope.account_id = f->account_id;
	ids[0] = 99;
	REFUSED_IN_TX(store_ra_scope_insert(tx, &scope, &id, &f->err), REASON_CONFLICT);
	ids[0] = second;
	IN_TX(store_ra_scope_insert(tx, &scope, &id, &f->err));
	struct catalog *catalog = load(f);
	assert_int_equal(catalog->ra_scope_count, 1);
	assert_string_equal(catalog->ra_scopes[0].name, "gateway");
	assert_int_equal(catalog->ra_scopes[0].profile_count, 2);
	assert_int_equal(catalog->ra_scopes[0].profile_ids[0], first);
	assert_int_equal(catalog->ra_scopes[0].profile_ids[1], second);
	assert_false(catalog->ra_scopes[0].all_profiles);
	catalog_unref(catalog);

	scope.id = 99;
	REFUSED_IN_TX(store_ra_scope_update(tx, &scope, &f->err), REASON_NOT_FOUND);
	scope.id = id;
	scope.profile_count = 0;
	scope.all_profiles = true;
	IN_TX(store_ra_scope_update(tx, &scope, &f->err));
	catalog = load(f);
	assert_int_equal(catalog->ra_scopes[0].profile_count, 0);
	assert_true(catalog->ra_scopes[0].all_profiles);
	catalog_unref(catalog);
	fixture_done(f);
}

TEST(the_tls_identity_is_replaced_whole)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	CLEANUP(buffer_done) struct buffer chain = { 0 };
	CLEANUP(buffer_done) struct buffer key = { 0 };

	REFUSED(store_tls_identity_get(f->store, &chain, &key, &f->err), REASON_NOT_FOUND);
	IN_TX(store_tls_identity_set(tx, BYTES_LITERAL("PEM 1"), BYTES_LITERAL("k1"), &f->err));
	IN_TX(store_tls_identity_set(tx, BYTES_LITERAL("PEM 2"), BYTES_LITERAL("k2"), &f->err));
	OK(store_tls_identity_get(f->store, &chain, &key, &f->err));
	assert_true(bytes_equal(buffer_view(&chain), BYTES_LITERAL("PEM 2")));
	assert_true(bytes_equal(buffer_view(&key), BYTES_LITERAL("k2")));
	fixture_done(f);
}

TEST(the_catalogs_version_rises_with_what_is_committed)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int64_t before = version(f), id = 0;
	struct store_tx *undone = NULL;

	OK(store_begin(f->store, &undone, &f->err));
	OK(store_account_insert(undone, "other", "2.25.2", &id, &f->err));
	CLEANUP(catalog_unrefp) struct catalog *inside = NULL;
	OK(store_catalog_load_tx(undone, &inside, &f->err));
	assert_int_equal(inside->version, before + 1);
	assert_int_equal(inside->account_count, 2);
	assert_int_equal(version(f), before);
	store_rollback(undone);
	assert_int_equal(version(f), before);
	IN_TX(store_account_insert(tx, "other", "2.25.2", &id, &f->err));
	assert_int_equal(version(f), before + 1);
	fixture_done(f);
}

TEST(ft_08_a_damaged_certificate_or_profile_is_no_catalog)
{
	static const char *const damages[] = {
		"UPDATE ca SET cert = zeroblob(100)",
		"UPDATE ca_chain SET cert = zeroblob(100)",
		"UPDATE profile_version SET settings = 'x'",
		"UPDATE address SET last_address = zeroblob(4)",
	};

	for (size_t i = 0; i < ARRAY_LEN(damages); i++) {
		struct fixture fixture = fixture_new(), *f = &fixture;
		struct address_range range = { 0 };
		struct catalog *catalog = NULL;
		int64_t ca_id = add_cas(f, f->account_id), id = 0;

		add_profile(f, ca_id, "sensors", "2.25.1.1", NULL);
		IN_TX(store_address_insert(tx, f->account_id, "x", NULL, &range, &id, &f->err));
		fixture_tamper(f, damages[i]);
		OK(store_open(f->scratch.path, &f->store, &f->err));
		REFUSED(store_catalog_load(f->store, &catalog, &f->err), REASON_STORE_CORRUPT);
		assert_null(catalog);
		fixture_done(f);
	}
}

TEST_MAIN(RUN(names_are_unique_and_absent_accounts_not_found),
	  RUN(v5_an_allowlist_is_that_of_its_account),
	  RUN(a_ca_comes_back_with_its_chain_and_only_its_account_may_change_it),
	  RUN(an_anchor_stands_once_in_its_account), RUN(a_label_never_passes_to_another_profile),
	  RUN(a_profile_is_versioned_and_stale_changes_are_refused),
	  RUN(v9_a_profile_cannot_use_another_accounts_ca),
	  RUN(the_default_profile_exists_or_is_none), RUN(passphrases_overlap_as_long_as_told),
	  RUN(an_ra_reaches_only_profiles_of_its_account), RUN(the_tls_identity_is_replaced_whole),
	  RUN(the_catalogs_version_rises_with_what_is_committed),
	  RUN(ft_08_a_damaged_certificate_or_profile_is_no_catalog))
