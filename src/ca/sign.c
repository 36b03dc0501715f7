/* The only place where a CA's key is used on a certificate. */
#include "ca/ca.h"

#include "ca/issuance.h"
#include "pki/tbs.h"
#include "store/store_certificate.h"

bool ca_sign(struct signer *signer, const char *key_name, struct issuance *consumed,
	     struct certificate *ret, struct error *err)
{
	CLEANUP(issuance_freep) struct issuance *issuance = consumed;
	CLEANUP(buffer_done) struct buffer signature = { 0 };
	CLEANUP(buffer_done) struct buffer certificate = { 0 };

	if (!signer_sign(signer, key_name, issuance->issuer_key, issuance->algorithm,
			 buffer_view(&issuance->tbs), &signature, err) ||
	    !tbs_sign_result(buffer_view(&issuance->tbs), issuance->algorithm,
			     buffer_view(&signature), &certificate, err))
		return false;

	*ret = issuance->record;
	issuance->record = (struct certificate){ 0 };
	ret->state = CERTIFICATE_ISSUED;
	ret->der_len = certificate.len;
	ret->der = TAKE(certificate.data);
	return true;
}

bool ca_record(struct store_tx *tx, struct certificate *certificate, struct error *err)
{
	if (certificate->id == 0)
		return store_certificate_insert(tx, certificate, &certificate->id, err);
	return store_certificate_complete(
		tx, certificate->id, (struct bytes){ certificate->der, certificate->der_len }, err);
}
