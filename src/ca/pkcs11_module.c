#include "ca/pkcs11_module.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define SLOTS_MAX 256

/* -- words -- */

#define CODE(name)                                                                                 \
	{                                                                                          \
		name, #name                                                                        \
	}
static const struct {
	ck_rv_t code;
	const char *text;
} codes[] = {
	CODE(CKR_HOST_MEMORY),
	CODE(CKR_SLOT_ID_INVALID),
	CODE(CKR_GENERAL_ERROR),
	CODE(CKR_FUNCTION_FAILED),
	CODE(CKR_ARGUMENTS_BAD),
	CODE(CKR_ATTRIBUTE_TYPE_INVALID),
	CODE(CKR_ATTRIBUTE_VALUE_INVALID),
	CODE(CKR_DATA_LEN_RANGE),
	CODE(CKR_DEVICE_ERROR),
	CODE(CKR_DEVICE_MEMORY),
	CODE(CKR_DEVICE_REMOVED),
	CODE(CKR_FUNCTION_NOT_SUPPORTED),
	CODE(CKR_KEY_HANDLE_INVALID),
	CODE(CKR_KEY_SIZE_RANGE),
	CODE(CKR_KEY_TYPE_INCONSISTENT),
	CODE(CKR_KEY_FUNCTION_NOT_PERMITTED),
	CODE(CKR_MECHANISM_INVALID),
	CODE(CKR_MECHANISM_PARAM_INVALID),
	CODE(CKR_OBJECT_HANDLE_INVALID),
	CODE(CKR_PIN_INCORRECT),
	CODE(CKR_PIN_INVALID),
	CODE(CKR_PIN_LEN_RANGE),
	CODE(CKR_PIN_EXPIRED),
	CODE(CKR_PIN_LOCKED),
	CODE(CKR_SESSION_CLOSED),
	CODE(CKR_SESSION_COUNT),
	CODE(CKR_SESSION_HANDLE_INVALID),
	CODE(CKR_TEMPLATE_INCOMPLETE),
	CODE(CKR_TEMPLATE_INCONSISTENT),
	CODE(CKR_TOKEN_NOT_PRESENT),
	CODE(CKR_TOKEN_NOT_RECOGNIZED),
	CODE(CKR_TOKEN_WRITE_PROTECTED),
	CODE(CKR_USER_NOT_LOGGED_IN),
	CODE(CKR_USER_PIN_NOT_INITIALIZED),
	CODE(CKR_CURVE_NOT_SUPPORTED),
	CODE(CKR_BUFFER_TOO_SMALL),
	CODE(CKR_CRYPTOKI_NOT_INITIALIZED),
};

const char *pkcs11_code_text(ck_rv_t code)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i].code == code)
			return codes[i].text;
	return "another CKR_ code";
}

const char *pkcs11_field(const unsigned char *field, size_t len, char *into)
{
	while (len > 0 && (field[len - 1] == ' ' || field[len - 1] == '\0'))
		len--;
	memcpy(into, field, len);
	into[len] = '\0';
	return into;
}

/* -- loading -- */

static bool load(struct pkcs11_module *module, const char *path, struct error *err)
{
	CK_C_GetFunctionList get_list;

	module->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!module->library)
		return error_set(err, REASON_CA_UNAVAILABLE, "the token's module: %s", dlerror());
	void *symbol = dlsym(module->library, "C_GetFunctionList");
	/* POSIX lets what dlsym() finds be called; ISO C has no word for it */
	memcpy(&get_list, &symbol, sizeof get_list);
	if (!symbol || get_list(&module->calls) != CKR_OK || !module->calls) {
		dlclose(module->library);
		module->library = NULL;
		return error_set(err, REASON_CA_UNAVAILABLE, "%s is no PKCS#11 module", path);
	}
	return true;
}

static bool initialize(struct pkcs11_module *module, struct error *err)
{
	struct ck_c_initialize_args threads = { .flags = CKF_OS_LOCKING_OK };
	ck_rv_t code = module->calls->C_Initialize(&threads);

	module->is_threaded = code != CKR_CANT_LOCK;
	if (!module->is_threaded)
		code = module->calls->C_Initialize(NULL);
	if (code != CKR_OK && code != CKR_CRYPTOKI_ALREADY_INITIALIZED)
		return error_set(err, REASON_CA_UNAVAILABLE, "the token's module: C_Initialize: %s",
				 pkcs11_code_text(code));
	module->is_initialized = true;
	return true;
}

static void finalize(struct pkcs11_module *module)
{
	if (module->is_initialized)
		(void)module->calls->C_Finalize(NULL);
	module->is_initialized = false;
}

bool pkcs11_module_start(struct pkcs11_module *module, const char *path, struct error *err)
{
	if (!module->library && !load(module, path, err))
		return false;
	finalize(module);
	return initialize(module, err);
}

/* The library stays in memory: some makers' threads do not survive its leaving. */
void pkcs11_module_stop(struct pkcs11_module *module)
{
	finalize(module);
}

/* -- slots -- */

static bool is_labelled(const struct ck_token_info *info, const char *label)
{
	char text[TOKEN_LABEL_LEN + 1];

	return strcmp(pkcs11_field(info->label, sizeof info->label, text), label) == 0;
}

bool pkcs11_module_find(const struct pkcs11_module *module, const char *label, ck_slot_id_t *ret,
			struct ck_token_info *ret_info, struct error *err)
{
	ck_slot_id_t slots[SLOTS_MAX];
	unsigned long count = SLOTS_MAX;
	ck_rv_t code = module->calls->C_GetSlotList(1, slots, &count);

	if (code != CKR_OK)
		return error_set(err, REASON_CA_UNAVAILABLE, "the token: C_GetSlotList: %s",
				 pkcs11_code_text(code));
	for (unsigned long i = 0; i < count; i++) {
		if (module->calls->C_GetTokenInfo(slots[i], ret_info) != CKR_OK ||
		    !is_labelled(ret_info, label))
			continue;
		*ret = slots[i];
		return true;
	}
	return error_set(err, REASON_CA_UNAVAILABLE, "there is no token labelled \"%s\"", label);
}
