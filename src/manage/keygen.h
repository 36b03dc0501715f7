/* Keys that Bestow makes itself: of CAs, of RA certificates, of the node. */
#pragma once

#include "base/error.h"
#include "pki/key.h"

#define KEY_CHOICES "rsa-2048, rsa-3072, rsa-4096, p256, p384, p521, ed25519"

/* `choice` is one of KEY_CHOICES; NULL means p256. */
MUST_CHECK bool key_choice_find(const char *choice, enum key_type *ret_type, unsigned int *ret_bits,
				struct error *err);
MUST_CHECK bool key_choice_generate(const char *choice, struct private_key **ret_private,
				    struct public_key **ret_public, struct error *err);
