#include "pki/bundle.h"

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "pki/bundle_add.h"
#include "pki/der.h"
#include "pki/pem.h"
#include "pki/pkcs7.h"

void bundle_done(struct bundle *bundle)
{
	for (size_t i = 0; i < bundle->count; i++)
		cert_free(bundle->certs[i]);
	free(bundle->certs);
	*bundle = (struct bundle){ 0 };
}

static bool holds(const struct bundle *bundle, struct bytes der)
{
	for (size_t i = 0; i < bundle->count; i++)
		if (bytes_equal(cert_der(bundle->certs[i]), der))
			return true;
	return false;
}

/* The bundle's reason, whatever the reader of the part called it. */
static bool refuse_part(struct error *err, const struct error *why, const char *part)
{
	if (why->reason == REASON_NO_MEMORY || why->reason == REASON_PRIVATE_KEY_REFUSED)
		return error_set(err, why->reason, "%s: %s", part, why->detail);
	return error_set(err, REASON_IMPORT_MALFORMED, "%s: %s", part, why->detail);
}

bool bundle_add_cert(struct bundle *bundle, struct bytes der, struct error *err)
{
	CLEANUP(cert_freep) struct cert *cert = NULL;
	struct error why = { 0 };

	if (holds(bundle, der))
		return true;
	if (bundle->count == BUNDLE_CERTS_MAX)
		return error_set(err, REASON_IMPORT_MALFORMED, "more than %d certificates",
				 BUNDLE_CERTS_MAX);
	if (!cert_parse(der, &cert, &why))
		return refuse_part(err, &why, "certificate");

	struct cert **grown = realloc(bundle->certs, (bundle->count + 1) * sizeof(struct cert *));
	if (!grown)
		return error_set(err, REASON_NO_MEMORY, "bundle");
	bundle->certs = grown;
	bundle->certs[bundle->count++] = TAKE(cert);
	return true;
}

static bool add_pkcs7(struct bundle *bundle, struct bytes der, struct error *err)
{
	struct der certs = { 0 };

	if (!pkcs7_certs_open(der, &certs, err))
		return false;
	while (certs.rest.len > 0) {
		struct bytes cert = der_read_whole(&certs, DER_SEQUENCE);

		if (certs.failed)
			return error_set(err, REASON_IMPORT_MALFORMED,
					 "the PKCS#7 holds something that is no certificate");
		if (!bundle_add_cert(bundle, cert, err))
			return false;
	}
	return true;
}

/* Every private key's SEQUENCE begins with a version (PKCS#1, SEC 1, PKCS#8), as does a PKCS#12's;
 * an encrypted one is an algorithm and an OCTET STRING. No certificate looks like either. */
static bool looks_like_private_key(struct bytes der)
{
	static const struct bytes ber_pkcs12 = BYTES_LITERAL("\x30\x80\x02\x01\x03");
	struct der reader = der_open(der);
	struct der object = der_enter(&reader, DER_SEQUENCE);

	if (bytes_starts_with(der, ber_pkcs12) || der_next_is(&object, DER_INTEGER))
		return true;
	der_read(&object, DER_SEQUENCE);
	return der_next_is(&object, DER_OCTET_STRING);
}

static bool add_der(struct bundle *bundle, struct bytes der, struct error *err)
{
	if (looks_like_private_key(der))
		return error_set(err, REASON_PRIVATE_KEY_REFUSED,
				 "a private key or a PKCS#12 file where certificates belong");
	return pkcs7_is_signed_data(der) ? add_pkcs7(bundle, der, err)
					 : bundle_add_cert(bundle, der, err);
}

/* -- PEM -- */

/* What is inside tells certificate from PKCS#7; the label only has to promise one of them. */
static const char *const labels[] = { "CERTIFICATE", "X509 CERTIFICATE", "PKCS7",
				      "PKCS #7 SIGNED DATA", "CMS" };

static bool label_is_known(struct bytes label)
{
	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		if (bytes_equal(label, bytes_of_string(labels[i])))
			return true;
	return false;
}

bool bundle_add_block(struct bundle *bundle, const struct pem_block *block, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer der = { 0 };
	struct error why = { 0 };

	if (!label_is_known(block->label))
		return error_set(err, REASON_IMPORT_MALFORMED, "a %.*s where certificates belong",
				 (int)block->label.len, (const char *)block->label.data);
	if (!base64_decode(block->base64, &der, &why))
		return refuse_part(err, &why, "base64");
	return add_der(bundle, buffer_view(&der), err);
}

static bool refuse_block(struct error *err, const struct error *why, size_t number)
{
	char part[32];

	snprintf(part, sizeof part, "block %zu", number);
	return refuse_part(err, why, part);
}

static bool add_blocks(struct bundle *bundle, struct bytes text, struct error *err)
{
	struct pem_block block;
	struct error why = { 0 };
	size_t number = 1;
	enum pem_result result = pem_next(&text, &block);

	for (; result == PEM_BLOCK; result = pem_next(&text, &block), number++)
		if (!bundle_add_block(bundle, &block, &why))
			return refuse_block(err, &why, number);
	if (result == PEM_BROKEN)
		return error_set(err, REASON_IMPORT_MALFORMED, "block %zu has no matching END line",
				 number);
	return true;
}

/* /cacerts and some consoles give the base64 alone. */
static bool add_bare_base64(struct bundle *bundle, struct bytes text, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer der = { 0 };

	if (!base64_decode(text, &der, NULL))
		return error_set(err, REASON_IMPORT_MALFORMED,
				 "neither PEM nor a DER certificate or PKCS#7");
	return add_der(bundle, buffer_view(&der), err);
}

/* -- the whole -- */

/* Looked for in the raw text, so that no broken block in front hides one. */
static const struct bytes key_marks[] = {
	BYTES_LITERAL("PRIVATE KEY-----"),
	BYTES_LITERAL("PuTTY-User-Key-File"),
	BYTES_LITERAL("BEGIN PKCS12"),
};

static bool holds_key_mark(struct bytes text)
{
	for (size_t i = 0; i < ARRAY_LEN(key_marks); i++)
		if (memmem(text.data, text.len, key_marks[i].data, key_marks[i].len))
			return true;
	return false;
}

bool bundle_is_der(struct bytes text)
{
	return text.len > 1 && text.data[0] == DER_SEQUENCE && text.data[1] > 0x7f;
}

static bool add_all(struct bundle *bundle, struct bytes text, struct error *err)
{
	static const struct bytes pem_begin = BYTES_LITERAL("-----BEGIN ");

	if (bundle_is_der(text))
		return add_der(bundle, text, err);
	if (memmem(text.data, text.len, pem_begin.data, pem_begin.len))
		return add_blocks(bundle, text, err);
	return add_bare_base64(bundle, text, err);
}

bool bundle_parse(struct bytes text, struct bundle *ret, struct error *err)
{
	CLEANUP(bundle_done) struct bundle bundle = { 0 };

	if (text.len == 0 || text.len > BUNDLE_BYTES_MAX)
		return error_set(err, REASON_IMPORT_MALFORMED, "%zu octets; 1 to %d are read",
				 text.len, BUNDLE_BYTES_MAX);
	if (holds_key_mark(text))
		return error_set(err, REASON_PRIVATE_KEY_REFUSED, "the text holds a private key");
	if (!add_all(&bundle, text, err))
		return false;
	if (bundle.count == 0)
		return error_set(err, REASON_IMPORT_MALFORMED, "no certificate in it");
	*ret = bundle;
	bundle = (struct bundle){ 0 };
	return true;
}
