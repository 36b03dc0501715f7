/* Keys by reference: files, and whatever a provider of OpenSSL found at run time offers. */
#include <string.h>
#include <strings.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include "est_client/client_key.h"
#include "est_client/key_engine.h"
#include "pki/key_internal.h"

#define TPM2_PREFERENCES "?provider=tpm2,tpm2.digest!=yes,tpm2.cipher!=yes,tpm2.rand!=yes"
#define OBJECTS_MAX 64 /* in one store, before the key is found */

static void store_closep(OSSL_STORE_CTX **store)
{
	OSSL_STORE_close(*store);
}

static void ui_method_freep(UI_METHOD **method)
{
	UI_destroy_method(*method);
}

/* Which provider serves a scheme, and which engine where there is no such provider. Others must
 * have been loaded by OpenSSL's own configuration. A key of tpm2 can sign in TLS only if its
 * provider is preferred for all of the process (EVP_set_default_properties): libcurl's SSL_CTX
 * takes no properties of its own. Hashing and symmetric ciphers stay in software. */
static const struct {
	const char *scheme, *provider, *engine, *preferences;
} schemes[] = {
	{ "pkcs11:", "pkcs11", "pkcs11", NULL },
	{ "handle:", "tpm2", NULL, TPM2_PREFERENCES },
	{ "object:", "tpm2", NULL, TPM2_PREFERENCES },
};

static bool has_scheme(const char *reference, const char *scheme)
{
	return strncasecmp(reference, scheme, strlen(scheme)) == 0;
}

/* Providers stay loaded: keys that they made live on. */
static void load_provider(const char *reference)
{
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (has_scheme(reference, schemes[i].scheme) &&
		    !OSSL_PROVIDER_available(NULL, schemes[i].provider) &&
		    OSSL_PROVIDER_try_load(NULL, schemes[i].provider, 1) && schemes[i].preferences)
			(void)EVP_set_default_properties(NULL, schemes[i].preferences);
}

static const char *engine_of(const char *reference)
{
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (has_scheme(reference, schemes[i].scheme))
			return schemes[i].engine;
	return NULL;
}

static bool is_token(const char *reference)
{
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (has_scheme(reference, schemes[i].scheme))
			return true;
	return false;
}

static int give_passphrase(char *into, int size, int for_writing, void *passphrase)
{
	size_t len = passphrase ? strlen(passphrase) : 0;

	if (for_writing || len == 0 || len > (size_t)size)
		return -1;
	memcpy(into, passphrase, len);
	return (int)len;
}

/* OpenSSL's own words, of the last failure. */
static bool refuse_key(struct error *err, const char *reference)
{
	const char *words = ERR_reason_error_string(ERR_peek_last_error());

	(void)error_set(err, REASON_KEY_ACCESS, "%s: no private key that can be read%s%s",
			reference, words ? ": " : "", words ? words : "");
	ERR_clear_error();
	return false;
}

static EVP_PKEY *first_key(OSSL_STORE_CTX *store)
{
	for (int i = 0; i < OBJECTS_MAX && !OSSL_STORE_eof(store); i++) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);
		EVP_PKEY *key = info && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY
					? OSSL_STORE_INFO_get1_PKEY(info)
					: NULL;

		OSSL_STORE_INFO_free(info);
		if (key)
			return key;
		if (!info && OSSL_STORE_error(store))
			return NULL;
	}
	return NULL;
}

static EVP_PKEY *key_from_store(const char *reference, const char *passphrase)
{
	CLEANUP(ui_method_freep) UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(give_passphrase, 0);
	CLEANUP(store_closep) OSSL_STORE_CTX *store = NULL;

	if (ui)
		store = OSSL_STORE_open(reference, ui, (void *)(uintptr_t)passphrase, NULL, NULL);
	if (!store)
		return NULL;
	(void)OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);
	return first_key(store);
}

bool client_key_open(const char *reference, const char *passphrase, struct bestow_key **ret,
		     struct error *err)
{
	struct private_key *private = NULL;

	if (!*reference)
		return error_set(err, REASON_KEY_ACCESS, "no key is named");
	load_provider(reference);
	ERR_clear_error();
	EVP_PKEY *evp = key_from_store(reference, passphrase);
	if (!evp && engine_of(reference))
		evp = key_from_engine(engine_of(reference), reference, passphrase);
	if (!evp)
		return refuse_key(err, reference);
	if (!private_key_adopt(evp, &private, err))
		return false;
	return client_key_wrap(private, is_token(reference), ret, err);
}
