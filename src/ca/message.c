#include "ca/message.h"

#include "pki/cms.h"

bool ca_sign_message(struct signer *signer, const struct ca *ca, const struct ca_message *message,
		     struct buffer *ret, struct error *err)
{
	const struct public_key *key = cert_key(ca->cert);
	CLEANUP(buffer_done) struct buffer attributes = { 0 };
	CLEANUP(buffer_done) struct buffer signature = { 0 };

	if (!key || ca->state != CA_ACTIVE)
		return error_set(err, REASON_CA_UNAVAILABLE, "CA %s cannot sign", ca->name);
	const struct cms_statement statement = {
		.type = message->type,
		.content = message->content,
		.more_certs = message->certs,
		.more_count = message->cert_count,
		.crls = message->crls,
		.crl_count = message->crl_count,
		.algorithm = key_type_default_algorithm(public_key_type(key)),
	};
	return cms_signed_attributes_encode(&statement, &attributes, err) &&
	       signer_sign(signer, ca->key_name, key, statement.algorithm, buffer_view(&attributes),
			   &signature, err) &&
	       cms_signed_data_encode(&statement, ca->cert, buffer_view(&attributes),
				      buffer_view(&signature), ret, err);
}
