/* serverkeygen (RFC 7030 4.4): the key is made once policy lets the client have it, becomes the
 * CSR's, and the story goes on as any enrollment's. Nothing of it is kept: who asks again gets
 * another key. */
#include "ra/enrollment.h"

#include "ca/message.h"
#include "pki/cms.h"
#include "pki/der.h"

#define PKCS8_ROOM 4096 /* RSA of 4096 bits takes 2376 octets */
#define SIGNED_ROOM (4 * PKCS8_ROOM)

/* The same decision as later, but for the key itself: who may not have one costs no key. */
static bool decide_without_key(struct enrollment *e, const struct key_to_make *key,
			       struct est_reply *reply, struct error *err)
{
	CLEANUP(verdict_done) struct verdict verdict = { 0 };

	e->facts.key_to_make = key;
	policy_decide(e->profile, &e->facts, &verdict);
	e->facts.key_to_make = NULL;
	reply->authenticated = verdict.authenticated;
	if (verdict.allowed)
		return true;
	*err = verdict.refusal;
	e->verdict.trace = verdict.trace; /* for the event of the refusal */
	return false;
}

static struct cms_recipient recipient_of(const struct enrollment *e)
{
	const struct decrypt_key_wish *wish = csr_decrypt_key(e->csr);

	return (struct cms_recipient){
		.cert = e->facts.certificate.cert,
		.key_id = wish->id,
		.capabilities = wish->capabilities,
	};
}

/* Judged before there is a key: what cannot be encrypted as asked is not made, and never sent as it
 * is (SKG-03). */
static bool check_decrypt_key(const struct enrollment *e, struct error *err)
{
	const struct cms_recipient recipient = recipient_of(e);

	switch (csr_decrypt_key(e->csr)->kind) {
	case DECRYPT_KEY_NONE:
		return true;
	case DECRYPT_KEY_SYMMETRIC:
		return error_set(err, REASON_DECRYPT_KEY,
				 "no symmetric key is shared with this client "
				 "(RFC 7030 4.4.1.1)");
	case DECRYPT_KEY_ASYMMETRIC:
		if (!recipient.cert || e->facts.certificate.failure.reason != REASON_NONE)
			return error_set(err, REASON_DECRYPT_KEY,
					 "no certificate of this client to encrypt to");
		return cms_recipient_check(&recipient, err);
	}
	return error_set(err, REASON_INTERNAL, "a key to encrypt to of unknown kind");
}

bool keygen_make(struct enrollment *e, struct est_reply *reply, struct error *err)
{
	struct key_to_make wanted;
	struct public_key *public = NULL;

	if (e->facts.operation != EST_SERVERKEYGEN)
		return true;
	policy_key_to_make(e->profile, e->csr, &wanted);
	if (!decide_without_key(e, &wanted, reply, err) || !check_decrypt_key(e, err) ||
	    !private_key_generate(wanted.type, wanted.bits, &e->made_key, err) ||
	    !private_key_public(e->made_key, &public, err))
		return false;
	csr_set_key(e->csr, public);
	return true;
}

static bool encode_key(const struct private_key *key, struct buffer *ret, struct error *err)
{
	buffer_make_room(ret, PKCS8_ROOM);
	return private_key_encode(key, ret, err);
}

/* AsymmetricKeyPackage ::= SEQUENCE OF OneAsymmetricKey, of which PKCS#8 is version 0 (RFC 5958 2),
 * signed by the CA (RFC 7030 4.4.2: by who made the key) and encrypted. */
static bool envelop_key(const struct enrollment *e, struct bytes pkcs8, struct buffer *ret,
			struct error *err)
{
	const struct cms_recipient recipient = recipient_of(e);
	CLEANUP(buffer_wipe) struct buffer package = { 0 };
	CLEANUP(buffer_wipe) struct buffer signed_data = { 0 };

	buffer_make_room(&package, PKCS8_ROOM);
	buffer_make_room(&signed_data, SIGNED_ROOM);
	der_write(&package, DER_SEQUENCE, pkcs8);
	if (!buffer_ok(&package))
		return error_set(err, REASON_NO_MEMORY, "key package");
	const struct ca_message message = { .type = oid_cms_asymmetric_key_package,
					    .content = buffer_view(&package) };
	return ca_sign_message(e->ra->options.signer, e->facts.ca, &message, &signed_data, err) &&
	       cms_envelop(oid_cms_signed_data, buffer_view(&signed_data), &recipient, ret, err);
}

bool keygen_deliver(struct enrollment *e, struct est_reply *reply, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer pkcs8 = { 0 };

	if (!e->made_key)
		return true;
	if (csr_decrypt_key(e->csr)->kind == DECRYPT_KEY_NONE)
		return encode_key(e->made_key, &reply->private_key, err);
	reply->key_is_enveloped = true;
	return encode_key(e->made_key, &pkcs8, err) &&
	       envelop_key(e, buffer_view(&pkcs8), &reply->private_key, err);
}
