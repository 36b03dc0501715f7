/* Keys by reference: files, and whatever a provider of OpenSSL found at run time offers. */
#include <string.h>
#include <strings.h>

#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include "est_client/client_key.h"
#include "pki/key_internal.h"

#define OBJECTS_MAX 64 /* in one store, before the key is found */

static void store_closep(OSSL_STORE_CTX **store)
{
	OSSL_STORE_close(*store);
}

static void ui_method_freep(UI_METHOD **method)
{
	UI_destroy_method(*method);
}

/* Which provider serves a scheme. Others must have been loaded by OpenSSL's own configuration. */
static const struct {
	const char *scheme, *provider;
} schemes[] = {
	{ "pkcs11:", "pkcs11" },
	{ "handle:", "tpm2" },
	{ "object:", "tpm2" },
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
		    !OSSL_PROVIDER_available(NULL, schemes[i].provider))
			(void)OSSL_PROVIDER_try_load(NULL, schemes[i].provider, 1);
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

/* OpenSSL's own words, of the innermost failure. */
static bool refuse_key(struct error *err, const char *reference, const char *what)
{
	const char *words = ERR_reason_error_string(ERR_peek_error());

	(void)error_set(err, REASON_KEY_ACCESS, "%s: %s%s%s", reference, what, words ? ": " : "",
			words ? words : "");
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

bool client_key_open(const char *reference, const char *passphrase, struct bestow_key **ret,
		     struct error *err)
{
	struct private_key *private = NULL;

	if (!*reference)
		return error_set(err, REASON_KEY_ACCESS, "no key is named");
	load_provider(reference);

	CLEANUP(ui_method_freep) UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(give_passphrase, 0);
	if (!ui)
		return error_set(err, REASON_NO_MEMORY, "key");
	CLEANUP(store_closep)
	OSSL_STORE_CTX *store =
		OSSL_STORE_open(reference, ui, (void *)(uintptr_t)passphrase, NULL, NULL);
	if (!store)
		return refuse_key(err, reference, "cannot be opened");
	(void)OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);

	EVP_PKEY *evp = first_key(store);
	if (!evp)
		return refuse_key(err, reference, "no private key that can be read");
	if (!private_key_adopt(evp, &private, err))
		return false;
	return client_key_wrap(private, is_token(reference), ret, err);
}
