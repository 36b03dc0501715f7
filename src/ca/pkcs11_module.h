/* A PKCS#11 module (Cryptoki 2.40): the shared library of a token's maker, loaded by its path. It
 * is loaded and initialised by the process that uses it and by no process that forks later. */
#pragma once

#define CRYPTOKI_GNU
#include <p11-kit/pkcs11.h>

#include "base/bytes.h"
#include "base/error.h"

#define TOKEN_LABEL_LEN 32

struct pkcs11_module {
	void *library;
	struct ck_function_list *calls;
	bool is_initialized;
	bool is_threaded; /* else one call at a time: the caller's duty */
};

/* Loads the library if need be, and initialises it. Afresh where it was: all sessions end. */
MUST_CHECK bool pkcs11_module_start(struct pkcs11_module *module, const char *path,
				    struct error *err);
void pkcs11_module_stop(struct pkcs11_module *module);

/* The slot whose token has that label; slots get other numbers, labels do not. */
MUST_CHECK bool pkcs11_module_find(const struct pkcs11_module *module, const char *label,
				   ck_slot_id_t *ret, struct ck_token_info *ret_info,
				   struct error *err);

/* "CKR_DEVICE_ERROR", or "0x…" appended to nothing else's text. */
const char *pkcs11_code_text(ck_rv_t code);
/* A fixed-length field of Cryptoki, padded with spaces, as text; `into` needs len + 1. */
const char *pkcs11_field(const unsigned char *field, size_t len, char *into);
