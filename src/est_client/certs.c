#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/hex.h"
#include "est_client/client_certs.h"
#include "est_client/client_key.h"
#include "est_client/failure.h"

bool client_certs_wrap(struct bundle *bundle, struct bestow_certs **ret, struct error *err)
{
	struct bestow_certs *certs = calloc(1, sizeof *certs);

	if (!certs)
		return error_set(err, REASON_NO_MEMORY, "certificates");
	certs->bundle = *bundle;
	*bundle = (struct bundle){ 0 };
	*ret = certs;
	return true;
}

static bool parse(struct bytes text, struct bestow_certs **ret, struct error *err)
{
	CLEANUP(bundle_done) struct bundle bundle = { 0 };

	return bundle_parse(text, &bundle, err) && client_certs_wrap(&bundle, ret, err);
}

static bool open_file(const char *path, struct bestow_certs **ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct error why = { 0 };

	if (!file_load(path, BUNDLE_BYTES_MAX, &text, err))
		return false;
	return parse(buffer_view(&text), ret, &why) ||
	       error_set(err, why.reason, "%s: %s", path, why.detail);
}

static bool save(const struct bestow_certs *certs, const char *path, struct error *err)
{
	CLEANUP(buffer_done) struct buffer pem = { 0 };

	for (size_t i = 0; i < certs->bundle.count; i++)
		pem_encode("CERTIFICATE", cert_der(certs->bundle.certs[i]), &pem);
	if (!buffer_ok(&pem))
		return error_set(err, REASON_NO_MEMORY, "certificates");
	return file_save(path, buffer_view(&pem), 0644, err);
}

static void name_text(const struct name *name, char *into, size_t size)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };

	name_to_text(name, &text);
	snprintf(into, size, "%s", text.len ? buffer_cstring(&text) : "");
}

/* -- what leaves the library -- */

bool bestow_certs_parse(const void *data, size_t size, struct bestow_certs **ret,
			struct bestow_error *ret_err)
{
	struct error err = { 0 };

	return parse((struct bytes){ data, size }, ret, &err) || failure_tell(&err, ret_err);
}

bool bestow_certs_open(const char *path, struct bestow_certs **ret, struct bestow_error *ret_err)
{
	struct error err = { 0 };

	return open_file(path, ret, &err) || failure_tell(&err, ret_err);
}

bool bestow_certs_save(const struct bestow_certs *certs, const char *path,
		       struct bestow_error *ret_err)
{
	struct error err = { 0 };

	return save(certs, path, &err) || failure_tell(&err, ret_err);
}

size_t bestow_certs_count(const struct bestow_certs *certs)
{
	return certs->bundle.count;
}

const unsigned char *bestow_cert_der(const struct bestow_certs *certs, size_t index,
				     size_t *ret_size)
{
	struct bytes der = cert_der(certs->bundle.certs[index]);

	*ret_size = der.len;
	return der.data;
}

int64_t bestow_cert_not_before(const struct bestow_certs *certs, size_t index)
{
	return cert_not_before(certs->bundle.certs[index]);
}

int64_t bestow_cert_not_after(const struct bestow_certs *certs, size_t index)
{
	return cert_not_after(certs->bundle.certs[index]);
}

void bestow_cert_subject(const struct bestow_certs *certs, size_t index, char *into, size_t size)
{
	name_text(cert_subject(certs->bundle.certs[index]), into, size);
}

void bestow_cert_issuer(const struct bestow_certs *certs, size_t index, char *into, size_t size)
{
	name_text(cert_issuer(certs->bundle.certs[index]), into, size);
}

void bestow_cert_serial(const struct bestow_certs *certs, size_t index, char *into, size_t size)
{
	struct bytes serial = cert_serial(certs->bundle.certs[index]);
	char text[2 * 256 + 1];

	if (serial.len > 256)
		serial.len = 256;
	snprintf(into, size, "%s", hex_encode(serial, text));
}

void bestow_cert_fingerprint(const struct bestow_certs *certs, size_t index, char into[65])
{
	hex_encode((struct bytes){ cert_fingerprint(certs->bundle.certs[index]),
				   CERT_FINGERPRINT_LEN },
		   into);
}

bool bestow_cert_is_root(const struct bestow_certs *certs, size_t index)
{
	const struct cert *cert = certs->bundle.certs[index];

	return cert_is_ca(cert) && cert_is_self_issued(cert);
}

bool bestow_cert_has_key(const struct bestow_certs *certs, size_t index,
			 const struct bestow_key *key)
{
	return memcmp(cert_key_hash(certs->bundle.certs[index]), public_key_hash(key->public),
		      KEY_HASH_LEN) == 0;
}

void bestow_certs_free(struct bestow_certs *certs)
{
	if (!certs)
		return;
	bundle_done(&certs->bundle);
	free(certs);
}
