#include "ra/publish.h"

#include <string.h>

#include "pki/bundle.h"
#include "ra/cacerts.h"
#include "ra/csrattrs.h"

static size_t account_index(const struct catalog *catalog, int64_t id)
{
	return (size_t)(catalog_account(catalog, id) - catalog->accounts);
}

static bool copy_ranges(const struct address_set *from, struct address_set *ret, struct error *err)
{
	return address_set_make(from->ranges, from->count, ret, err);
}

static bool add_accounts(const struct catalog *catalog, struct snapshot *snapshot,
			 struct error *err)
{
	snapshot->accounts = calloc(catalog->account_count + 1, sizeof *snapshot->accounts);
	if (!snapshot->accounts)
		return error_set(err, REASON_NO_MEMORY, "snapshot");
	for (size_t i = 0; i < catalog->account_count; i++) {
		struct snapshot_account *account = &snapshot->accounts[i];

		account->id = catalog->accounts[i].id;
		account->name = strdup(catalog->accounts[i].name);
		snapshot->account_count++;
		if (!account->name)
			return error_set(err, REASON_NO_MEMORY, "snapshot");
		if (!copy_ranges(&catalog->accounts[i].allowed, &account->allowed, err))
			return false;
	}
	return true;
}

static bool add_everyone(const struct catalog *catalog, struct snapshot *snapshot,
			 struct error *err)
{
	size_t count = 0;

	for (size_t i = 0; i < catalog->account_count; i++)
		count += catalog->accounts[i].allowed.count;

	CLEANUP(freep) struct address_range *all = calloc(count + 1, sizeof *all);
	if (!all)
		return error_set(err, REASON_NO_MEMORY, "snapshot");
	count = 0;
	for (size_t i = 0; i < catalog->account_count; i++) {
		const struct address_set *allowed = &catalog->accounts[i].allowed;

		if (allowed->count)
			memcpy(all + count, allowed->ranges, allowed->count * sizeof *all);
		count += allowed->count;
	}
	return address_set_make(all, count, &snapshot->everyone, err);
}

static bool fill_profile(const struct catalog *catalog, const struct profile *profile,
			 struct snapshot_profile *ret, struct error *err)
{
	const struct ca *ca = catalog_ca(catalog, profile->ca_id);
	struct cacerts cacerts;

	if (!ca)
		return error_set(err, REASON_INTERNAL, "profile %s has no CA", profile->name);
	cacerts_collect(catalog, ca, &cacerts);
	ret->id = profile->id;
	ret->account = account_index(catalog, profile->account_id);
	ret->active = profile->state == PROFILE_ACTIVE;
	ret->strict_encoding = profile->strict_encoding;
	ret->in_rollover = cacerts.in_rollover;
	ret->offers_basic = profile->auth != AUTH_TLS_CERTIFICATE;
	ret->serverkeygen = profile->serverkeygen;
	ret->fullcmc = profile->fullcmc;
	ret->name = bytes_to_string(bytes_of_string(profile->name));
	if (!ret->name)
		return error_set(err, REASON_NO_MEMORY, "snapshot");
	return cacerts_encode(&cacerts, &ret->cacerts, err) &&
	       csrattrs_of_profile(profile, &ret->csrattrs, err);
}

static bool add_profiles(const struct catalog *catalog, struct snapshot *snapshot,
			 struct error *err)
{
	snapshot->profiles = calloc(catalog->profile_count + 1, sizeof *snapshot->profiles);
	if (!snapshot->profiles)
		return error_set(err, REASON_NO_MEMORY, "snapshot");
	for (size_t i = 0; i < catalog->profile_count; i++) {
		snapshot->profile_count++;
		if (!fill_profile(catalog, catalog->profiles[i], &snapshot->profiles[i], err))
			return false;
		if (catalog->profiles[i]->id == catalog->default_profile_id) {
			snapshot->has_default = true;
			snapshot->default_profile = i;
		}
	}
	return true;
}

static bool add_label(struct snapshot *snapshot, const char *text, size_t profile,
		      struct error *err)
{
	char *copy = bytes_to_string(bytes_of_string(text));

	if (!copy)
		return error_set(err, REASON_NO_MEMORY, "snapshot");
	snapshot->labels[snapshot->label_count++] = (struct snapshot_label){ copy, profile };
	return true;
}

static int compare_labels(const void *a, const void *b)
{
	return strcmp(((const struct snapshot_label *)a)->text,
		      ((const struct snapshot_label *)b)->text);
}

static bool add_labels(const struct catalog *catalog, struct snapshot *snapshot, struct error *err)
{
	size_t count = catalog->profile_count;

	for (size_t i = 0; i < catalog->profile_count; i++)
		count += catalog->profiles[i]->alias_count;
	snapshot->labels = calloc(count + 1, sizeof *snapshot->labels);
	if (!snapshot->labels)
		return error_set(err, REASON_NO_MEMORY, "snapshot");
	for (size_t i = 0; i < catalog->profile_count; i++) {
		const struct profile *profile = catalog->profiles[i];

		if (!add_label(snapshot, profile->oid, i, err))
			return false;
		for (size_t j = 0; j < profile->alias_count; j++)
			if (!add_label(snapshot, profile->aliases[j], i, err))
				return false;
	}
	qsort(snapshot->labels, snapshot->label_count, sizeof *snapshot->labels, compare_labels);
	return true;
}

/* -- the node's own certificate -- */

static bool has_signed(const struct ca *ca, const struct cert *cert)
{
	const struct public_key *key = cert_key(ca->cert);

	return key && name_equal(cert_subject(ca->cert), cert_issuer(cert)) &&
	       public_key_verify(key, cert_signature_algorithm(cert), cert_tbs(cert),
				 cert_signature(cert));
}

/* Who knows the other root alone finds the way from it: RFC 4210 4.4. */
static const struct cert *cross_for(const struct catalog *catalog,
				    const struct ca_rollover *rollover, const struct cert *top)
{
	const struct ca *old = catalog_ca(catalog, rollover->old_ca_id);
	const struct ca *new = catalog_ca(catalog, rollover->new_ca_id);

	if (rollover->finished || !rollover->old_with_new || !old || !new)
		return NULL;
	if (has_signed(old, top))
		return rollover->old_with_new;
	return has_signed(new, top) ? rollover->new_with_old : NULL;
}

bool publish_tls_chain(const struct catalog *catalog, struct buffer *chain_pem, struct error *err)
{
	CLEANUP(bundle_done) struct bundle chain = { 0 };

	if (catalog->rollover_count == 0 || chain_pem->len == 0)
		return true;
	if (!bundle_parse(buffer_view(chain_pem), &chain, err))
		return false;
	for (size_t i = 0; i < catalog->rollover_count; i++) {
		const struct cert *cross =
			cross_for(catalog, &catalog->rollovers[i], chain.certs[chain.count - 1]);

		if (cross)
			pem_encode("CERTIFICATE", cert_der(cross), chain_pem);
	}
	return buffer_ok(chain_pem) || error_set(err, REASON_NO_MEMORY, "TLS chain");
}

bool publish_snapshot(const struct catalog *catalog, const struct publish_tls *tls,
		      struct buffer *ret, struct error *err)
{
	CLEANUP(snapshot_freep) struct snapshot *snapshot = calloc(1, sizeof *snapshot);

	if (!snapshot)
		return error_set(err, REASON_NO_MEMORY, "snapshot");
	snapshot->version = catalog->version;
	buffer_append(&snapshot->tls_chain, tls->chain_pem);
	if (!secret_copy(tls->key, &snapshot->tls_key, err) ||
	    !add_accounts(catalog, snapshot, err) || !add_everyone(catalog, snapshot, err) ||
	    !add_profiles(catalog, snapshot, err) || !add_labels(catalog, snapshot, err))
		return false;
	snapshot_pack(snapshot, ret);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "snapshot");
}
