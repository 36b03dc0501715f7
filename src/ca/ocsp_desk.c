#include "ca/ocsp_desk.h"

#include <string.h>

void ocsp_desks_done(struct ocsp_desks *desks)
{
	for (size_t i = 0; i < desks->count; i++)
		cert_free(desks->items[i].cert);
	free(desks->items);
	*desks = (struct ocsp_desks){ 0 };
}

const struct ocsp_desk *ocsp_desks_find(const struct ocsp_desks *desks, int64_t ca_id)
{
	for (size_t i = 0; i < desks->count; i++)
		if (desks->items[i].ca_id == ca_id)
			return &desks->items[i];
	return NULL;
}

static bool read_cert(const struct stored_responder *stored, const struct ca *ca, int64_t now,
		      struct cert **ret, struct error *err)
{
	CLEANUP(cert_freep) struct cert *cert = NULL;
	struct error why = { 0 };

	if (!cert_parse(buffer_view(&stored->der), &cert, &why))
		return error_set(err, REASON_CA_UNAVAILABLE, "the responder's certificate: %s",
				 why.detail);
	if (!ocsp_signer_check(cert, ca->cert, now, err))
		return false;
	*ret = TAKE(cert);
	return true;
}

static bool append(struct ocsp_desks *desks, struct ocsp_desk *desk, struct error *err)
{
	struct ocsp_desk *grown = reallocarray(desks->items, desks->count + 1, sizeof *grown);

	if (!grown)
		return error_set(err, REASON_NO_MEMORY, "OCSP responders");
	desks->items = grown;
	grown[desks->count++] = *desk;
	desk->cert = NULL;
	return true;
}

bool ocsp_desks_add(struct ocsp_desks *desks, struct store *store, const struct ca *ca, int64_t now,
		    struct error *err)
{
	CLEANUP(stored_responder_done) struct stored_responder stored = { 0 };
	struct ocsp_desk desk = { .ca_id = ca->id };

	if (!store_responder_find(store, ca->id, &stored, err))
		return false;
	if (stored.is_revoked)
		return error_set(err, REASON_NOT_FOUND, "the responder's certificate is revoked");
	CLEANUP(cert_freep) struct cert *cert = NULL;
	if (!read_cert(&stored, ca, now, &cert, err) ||
	    !ocsp_issuer_of(ca->cert, &desk.issuer, err) ||
	    !ocsp_key_hash(cert_key(cert), desk.key_hash, err))
		return false;
	memcpy(desk.key_name, stored.key_name, sizeof desk.key_name);
	desk.cert = cert;
	if (!append(desks, &desk, err))
		return false;
	cert = NULL;
	return true;
}
