/* A CA with its key, whatever it is wrapped in. */
#include "pki/bundle.h"

#include <string.h>

#include "base/base64.h"
#include "pki/bundle_add.h"
#include "pki/key_internal.h"
#include "pki/pkcs12.h"

#define PASSPHRASE_MAX 1024

/* What was found in a PEM text so far. */
struct finding {
	struct bytes text;
	struct bytes passphrase;
	struct bundle chain;
	struct private_key *key;
};

static void finding_done(struct finding *finding)
{
	bundle_done(&finding->chain);
	private_key_free(finding->key);
}

/* -- the key's PEM forms -- */

static bool decode_body(const struct pem_block *block, struct buffer *ret, struct error *err)
{
	/* once and large enough: growing would leave copies of the key behind */
	if (!buffer_reserve(ret, block->base64.len))
		return error_set(err, REASON_NO_MEMORY, "private key");
	buffer_clear(ret);
	if (!base64_decode(block->base64, ret, NULL))
		return error_set(err, REASON_IMPORT_MALFORMED,
				 "the private key is not base64, or in OpenSSL's old encrypted "
				 "form; convert it with openssl pkcs8 -topk8");
	return true;
}

static bool add_encrypted_key(struct finding *finding, const struct pem_block *block,
			      struct error *err)
{
	(void)block; /* the only one of its label, or it is refused */
	return private_key_decrypt(finding->text, finding->passphrase, &finding->key, err);
}

static bool add_plain_key(struct finding *finding, const struct pem_block *block, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer der = { 0 };

	return decode_body(block, &der, err) &&
	       private_key_parse(buffer_view(&der), &finding->key, err);
}

/* PKCS#1 and SEC 1, from before PKCS#8. */
static bool add_traditional_key(struct finding *finding, const struct pem_block *block,
				struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer der = { 0 };

	if (!decode_body(block, &der, err))
		return false;

	const unsigned char *at = der.data;
	int type = block->label.data[0] == 'R' ? EVP_PKEY_RSA : EVP_PKEY_EC;
	EVP_PKEY *evp = d2i_PrivateKey(type, NULL, &at, (long)der.len);
	if (!evp)
		return key_refuse(err, REASON_IMPORT_MALFORMED, "the private key is malformed");
	return private_key_adopt(evp, &finding->key, err);
}

/* openssl ecparam writes the curve's name in front of the key, which has it too. */
static bool skip_parameters(struct finding *finding, const struct pem_block *block,
			    struct error *err)
{
	(void)finding, (void)block, (void)err;
	return true;
}

static const struct key_form {
	const char *label;
	bool (*add)(struct finding *finding, const struct pem_block *block, struct error *err);
	bool is_key;
} key_forms[] = {
	{ "ENCRYPTED PRIVATE KEY", add_encrypted_key, true },
	{ "PRIVATE KEY", add_plain_key, true },
	{ "RSA PRIVATE KEY", add_traditional_key, true },
	{ "EC PRIVATE KEY", add_traditional_key, true },
	{ "EC PARAMETERS", skip_parameters, false },
};

static const struct key_form *find_key_form(struct bytes label)
{
	for (size_t i = 0; i < ARRAY_LEN(key_forms); i++)
		if (bytes_equal(label, bytes_of_string(key_forms[i].label)))
			return &key_forms[i];
	return NULL;
}

static bool add_block(struct finding *finding, const struct pem_block *block, struct error *err)
{
	const struct key_form *form = find_key_form(block->label);

	if (!form)
		return bundle_add_block(&finding->chain, block, err);
	if (form->is_key && finding->key)
		return error_set(err, REASON_IMPORT_MALFORMED, "more than one private key");
	return form->add(finding, block, err);
}

static bool parse_pem(struct finding *finding, struct error *err)
{
	struct bytes rest = finding->text;
	struct pem_block block;
	enum pem_result result = pem_next(&rest, &block);

	for (; result == PEM_BLOCK; result = pem_next(&rest, &block))
		if (!add_block(finding, &block, err))
			return false;
	if (result == PEM_BROKEN)
		return error_set(err, REASON_IMPORT_MALFORMED, "a block has no matching END line");
	if (!finding->key)
		return error_set(err, REASON_IMPORT_MALFORMED, "no private key in it");
	return true;
}

/* -- which certificate is the key's -- */

static void move_to_front(struct bundle *chain, size_t index)
{
	struct cert *cert = chain->certs[index];

	memmove(chain->certs + 1, chain->certs, index * sizeof(struct cert *));
	chain->certs[0] = cert;
}

static bool put_own_cert_first(struct bundle *chain, const struct private_key *key,
			       struct error *err)
{
	CLEANUP(public_key_freep) struct public_key *public_key = NULL;

	if (!private_key_public(key, &public_key, err))
		return false;
	for (size_t i = 0; i < chain->count; i++) {
		if (!bytes_equal(cert_spki(chain->certs[i]), public_key_spki(public_key)))
			continue;
		move_to_front(chain, i);
		return true;
	}
	return error_set(err, REASON_IMPORT_MALFORMED,
			 "none of the %zu certificates belongs to the private key", chain->count);
}

static bool parse(struct finding *finding, struct error *err)
{
	if (bundle_is_der(finding->text))
		return pkcs12_parse(finding->text, finding->passphrase, &finding->chain,
				    &finding->key, err);
	return parse_pem(finding, err);
}

bool keyed_bundle_parse(struct bytes file, struct bytes passphrase, struct bundle *ret_chain,
			struct private_key **ret_key, struct error *err)
{
	CLEANUP(finding_done)
	struct finding finding = { .text = file, .passphrase = passphrase };

	if (file.len == 0 || file.len > BUNDLE_BYTES_MAX)
		return error_set(err, REASON_IMPORT_MALFORMED, "%zu octets; 1 to %d are read",
				 file.len, BUNDLE_BYTES_MAX);
	if (passphrase.len > PASSPHRASE_MAX)
		return error_set(err, REASON_SECRET_FILE, "a passphrase of %zu octets",
				 passphrase.len);
	if (!parse(&finding, err) || !put_own_cert_first(&finding.chain, finding.key, err))
		return false;
	*ret_chain = finding.chain;
	*ret_key = TAKE(finding.key);
	finding.chain = (struct bundle){ 0 };
	return true;
}
