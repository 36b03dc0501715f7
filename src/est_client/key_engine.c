/* Engines, the way to tokens before providers: OpenSSL 4 has none, so they are looked up when the
 * program runs and never linked. Debian 12 has a PKCS#11 engine and no PKCS#11 provider. */
#include "est_client/key_engine.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/cleanup.h"

/* ENGINE_FLAGS_NO_REGISTER_ALL of <openssl/engine.h>. */
#define NOT_FOR_ALL_KEYS 0x0008

/* ENGINE_ functions by name; their types are those of OpenSSL 3.0 to 3.5. */
struct engines {
	ENGINE *(*by_id)(const char *id);
	int (*init)(ENGINE *engine);
	int (*ctrl_cmd_string)(ENGINE *engine, const char *name, const char *value, int optional);
	EVP_PKEY *(*load_private_key)(ENGINE *engine, const char *id, void *ui, void *data);
	void (*unregister_pkey_meths)(ENGINE *engine);
	int (*get_flags)(const ENGINE *engine);
	int (*set_flags)(ENGINE *engine, int flags);
	int (*finish)(ENGINE *engine);
	int (*free)(ENGINE *engine);
};

static void *find(const char *name)
{
	return dlsym(RTLD_DEFAULT, name);
}

static bool find_all(struct engines *ret)
{
	const struct {
		const char *name;
		void *into;
	} functions[] = {
		{ "ENGINE_by_id", &ret->by_id },
		{ "ENGINE_init", &ret->init },
		{ "ENGINE_ctrl_cmd_string", &ret->ctrl_cmd_string },
		{ "ENGINE_load_private_key", &ret->load_private_key },
		{ "ENGINE_unregister_pkey_meths", &ret->unregister_pkey_meths },
		{ "ENGINE_get_flags", &ret->get_flags },
		{ "ENGINE_set_flags", &ret->set_flags },
		{ "ENGINE_finish", &ret->finish },
		{ "ENGINE_free", &ret->free },
	};

	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		void *found = find(functions[i].name);

		if (!found)
			return false;
		/* POSIX has dlsym() give functions as void pointers */
		memcpy(functions[i].into, &found, sizeof found);
	}
	return true;
}

/* An engine would else take over every key of its kind, also such as are no token's: when it is
 * loaded, and when anybody, as libcurl, initialises all engines that are there. */
static void keep_to_its_own(const struct engines *engines, ENGINE *engine)
{
	engines->unregister_pkey_meths(engine);
	engines->set_flags(engine, engines->get_flags(engine) | NOT_FOR_ALL_KEYS);
}

static EVP_PKEY *load(const struct engines *engines, ENGINE *engine, const char *reference,
		      const char *pin)
{
	EVP_PKEY *key = NULL;

	if (engines->init(engine) != 1)
		return NULL;
	if (!pin || engines->ctrl_cmd_string(engine, "PIN", pin, 0) == 1)
		key = engines->load_private_key(engine, reference, NULL, NULL);
	keep_to_its_own(engines, engine);
	engines->finish(engine); /* the key holds a reference of its own */
	return key;
}

EVP_PKEY *key_from_engine(const char *id, const char *reference, const char *pin)
{
	struct engines engines;

	if (!find_all(&engines) ||
	    OPENSSL_init_crypto(OPENSSL_INIT_ENGINE_DYNAMIC | OPENSSL_INIT_LOAD_CONFIG, NULL) != 1)
		return NULL;
	ENGINE *engine = engines.by_id(id);
	if (!engine)
		return NULL;
	EVP_PKEY *key = load(&engines, engine, reference, pin);
	engines.free(engine);
	return key;
}
