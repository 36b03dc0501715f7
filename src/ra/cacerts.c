#include "ra/cacerts.h"

#include "pki/pkcs7.h"

static bool holds(const struct cacerts *cacerts, const struct cert *cert)
{
	for (size_t i = 0; i < cacerts->count; i++)
		if (bytes_equal(cacerts->certs[i], cert_der(cert)))
			return true;
	return false;
}

/* What has no room is left out: a rollover that would come near is refused when it is begun. */
static void add(struct cacerts *cacerts, const struct cert *cert)
{
	if (cert && cacerts->count < CACERTS_MAX && !holds(cacerts, cert))
		cacerts->certs[cacerts->count++] = cert_der(cert);
}

static void add_chain(struct cacerts *cacerts, const struct ca *ca)
{
	add(cacerts, ca->cert);
	for (size_t i = 0; i < ca->chain_count; i++)
		add(cacerts, ca->chain[i]);
}

static void note_rollover(struct cacerts *cacerts, int64_t id)
{
	cacerts->in_rollover = true;
	for (size_t i = 0; i < cacerts->rollover_count; i++)
		if (cacerts->rollovers[i] == id)
			return;
	if (cacerts->rollover_count < CACERTS_ROLLOVERS_MAX)
		cacerts->rollovers[cacerts->rollover_count++] = id;
}

static void add_rollover(const struct catalog *catalog, const struct ca_rollover *rollover,
			 struct cacerts *cacerts)
{
	const struct ca *old = catalog_ca(catalog, rollover->old_ca_id);
	const struct ca *new = catalog_ca(catalog, rollover->new_ca_id);

	if (rollover->finished || !old || !new ||
	    (!holds(cacerts, old->cert) && !holds(cacerts, new->cert)))
		return;
	note_rollover(cacerts, rollover->id);
	add_chain(cacerts, old);
	add_chain(cacerts, new);
	add(cacerts, rollover->old_with_new);
	add(cacerts, rollover->new_with_old);
}

/* A rollover may bring in a CA that another one replaces, so they are gone through until none adds
 * anything. */
void cacerts_collect(const struct catalog *catalog, const struct ca *ca, struct cacerts *ret)
{
	size_t before;

	*ret = (struct cacerts){ 0 };
	add_chain(ret, ca);
	do {
		before = ret->count;
		for (size_t i = 0; i < catalog->rollover_count; i++)
			add_rollover(catalog, &catalog->rollovers[i], ret);
	} while (ret->count > before);
}

bool cacerts_encode(const struct cacerts *cacerts, struct buffer *ret, struct error *err)
{
	return pkcs7_certs_only_encode(cacerts->certs, cacerts->count, ret, err);
}

bool cacerts_fit(size_t der_len)
{
	return (der_len + 2) / 3 * 4 + 1 <= CACERTS_OCTETS_MAX;
}
