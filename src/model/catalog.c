#include "model/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

/* -- looking up -- */

const struct account *catalog_account(const struct catalog *catalog, int64_t id)
{
	for (size_t i = 0; i < catalog->account_count; i++)
		if (catalog->accounts[i].id == id)
			return &catalog->accounts[i];
	return NULL;
}

const struct account *catalog_account_by_name(const struct catalog *catalog, const char *name)
{
	for (size_t i = 0; i < catalog->account_count; i++)
		if (strcmp(catalog->accounts[i].name, name) == 0)
			return &catalog->accounts[i];
	return NULL;
}

const struct ca *catalog_ca(const struct catalog *catalog, int64_t id)
{
	for (size_t i = 0; i < catalog->ca_count; i++)
		if (catalog->cas[i].id == id)
			return &catalog->cas[i];
	return NULL;
}

const struct ca *catalog_ca_by_name(const struct catalog *catalog, int64_t account_id,
				    const char *name)
{
	for (size_t i = 0; i < catalog->ca_count; i++)
		if (catalog->cas[i].account_id == account_id &&
		    strcmp(catalog->cas[i].name, name) == 0)
			return &catalog->cas[i];
	return NULL;
}

const struct ca_rollover *catalog_rollover_of(const struct catalog *catalog, int64_t old_ca_id)
{
	for (size_t i = 0; i < catalog->rollover_count; i++)
		if (catalog->rollovers[i].old_ca_id == old_ca_id &&
		    catalog->rollovers[i].finished == 0)
			return &catalog->rollovers[i];
	return NULL;
}

bool catalog_ca_is_below(const struct catalog *catalog, const struct ca *ca, const struct ca *above)
{
	for (size_t steps = 0; ca && steps <= catalog->ca_count; steps++) {
		if (ca->id == above->id)
			return true;
		ca = catalog_ca(catalog, ca->parent_id);
	}
	return false;
}

/* Every request asks for its profile, and there may be thousands. */
const struct profile *catalog_profile(const struct catalog *catalog, int64_t id)
{
	size_t low = 0, high = catalog->profile_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (catalog->profiles[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < catalog->profile_count && catalog->profiles[low]->id == id
		       ? catalog->profiles[low]
		       : NULL;
}

const struct profile *catalog_profile_by_name(const struct catalog *catalog, int64_t account_id,
					      const char *name)
{
	for (size_t i = 0; i < catalog->profile_count; i++)
		if (catalog->profiles[i]->account_id == account_id &&
		    strcmp(catalog->profiles[i]->name, name) == 0)
			return catalog->profiles[i];
	return NULL;
}

static bool has_label(const struct profile *profile, const char *label)
{
	if (profile->oid && strcmp(profile->oid, label) == 0)
		return true;
	for (size_t i = 0; i < profile->alias_count; i++)
		if (strcmp(profile->aliases[i], label) == 0)
			return true;
	return false;
}

const struct profile *catalog_profile_by_label(const struct catalog *catalog, const char *label)
{
	for (size_t i = 0; i < catalog->profile_count; i++)
		if (has_label(catalog->profiles[i], label))
			return catalog->profiles[i];
	return NULL;
}

const char *ca_state_text(enum ca_state state)
{
	switch (state) {
	case CA_ACTIVE:
		return "active";
	case CA_RETIRED:
		return "retired";
	case CA_DISABLED:
		break;
	}
	return "disabled";
}

/* -- the end -- */

static void account_done(struct account *account)
{
	free(account->name);
	free(account->oid_arc);
	address_set_done(&account->allowed);
}

static void ca_done(struct ca *ca)
{
	free(ca->name);
	free(ca->key_name);
	cert_free(ca->cert);
	for (size_t i = 0; i < ca->chain_count; i++)
		cert_free(ca->chain[i]);
	free(ca->chain);
	for (size_t i = 0; i < ca->former_count; i++)
		cert_free(ca->former[i]);
	free(ca->former);
}

static void rollover_done(struct ca_rollover *rollover)
{
	cert_free(rollover->old_with_new);
	cert_free(rollover->new_with_old);
}

static void ra_scope_done(struct ra_scope *scope)
{
	free(scope->name);
	free(scope->profile_ids);
}

static void catalog_free(struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->account_count; i++)
		account_done(&catalog->accounts[i]);
	for (size_t i = 0; i < catalog->ca_count; i++)
		ca_done(&catalog->cas[i]);
	for (size_t i = 0; i < catalog->rollover_count; i++)
		rollover_done(&catalog->rollovers[i]);
	for (size_t i = 0; i < catalog->anchor_count; i++)
		cert_free(catalog->anchors[i].cert);
	for (size_t i = 0; i < catalog->profile_count; i++)
		profile_free(catalog->profiles[i]);
	for (size_t i = 0; i < catalog->passphrase_count; i++)
		memory_wipe(&catalog->passphrases[i], sizeof catalog->passphrases[i]);
	for (size_t i = 0; i < catalog->ra_scope_count; i++)
		ra_scope_done(&catalog->ra_scopes[i]);
	free(catalog->accounts);
	free(catalog->cas);
	free(catalog->rollovers);
	free(catalog->anchors);
	free(catalog->profiles);
	free(catalog->passphrases);
	free(catalog->ra_scopes);
	free(catalog);
}

static bool is_of(const struct ra_scope *scope, int64_t certificate_id)
{
	for (size_t i = 0; i < scope->former_count; i++)
		if (scope->former_ids[i] == certificate_id)
			return true;
	return scope->certificate_id == certificate_id;
}

const struct ra_scope *catalog_ra_scope_of(const struct catalog *catalog, int64_t certificate_id)
{
	for (size_t i = 0; i < catalog->ra_scope_count; i++)
		if (is_of(&catalog->ra_scopes[i], certificate_id))
			return &catalog->ra_scopes[i];
	return NULL;
}

struct catalog *catalog_ref(struct catalog *catalog)
{
	__atomic_add_fetch(&catalog->references, 1, __ATOMIC_RELAXED);
	return catalog;
}

/* One that never escaped its maker may still have no reference at all. */
void catalog_unref(struct catalog *catalog)
{
	if (catalog && __atomic_sub_fetch(&catalog->references, 1, __ATOMIC_ACQ_REL) <= 0)
		catalog_free(catalog);
}

static enum key_type key_type_of(const struct ca *ca)
{
	return public_key_type_of(cert_spki(ca->cert));
}

enum signature_algorithm ca_signature(const struct ca *ca)
{
	enum key_type type = key_type_of(ca);

	return key_type_signs_with(type, ca->signature) ? ca->signature
							: key_type_default_algorithm(type);
}

bool ca_check_signature(const struct ca *ca, enum signature_algorithm algorithm, struct error *err)
{
	enum key_type type = key_type_of(ca);
	CLEANUP(buffer_done) struct buffer able = { 0 };

	if (algorithm == SIGN_COUNT || key_type_signs_with(type, algorithm))
		return true;
	for (unsigned int i = 0; i < SIGN_COUNT; i++)
		if (key_type_signs_with(type, i))
			buffer_printf(&able, "%s%s", able.len ? ", " : "",
				      signature_algorithm_text(i));
	const char *words = able.len ? buffer_cstring(&able) : NULL;
	return error_set(err, REASON_INVALID, "the key of CA %s cannot sign with %s; it can: %s",
			 ca->name, signature_algorithm_text(algorithm), words ? words : "-");
}

bool ca_has_signed(const struct ca *ca, const struct cert *cert)
{
	const struct public_key *key = cert_key(ca->cert);

	return key && name_equal(cert_subject(ca->cert), cert_issuer(cert)) &&
	       public_key_verify(key, cert_signature_algorithm(cert), cert_tbs(cert),
				 cert_signature(cert));
}
