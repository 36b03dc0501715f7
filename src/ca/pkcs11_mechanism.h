/* How a signature algorithm is asked for in PKCS#11, and what comes back is written as X.509 wants
 * it. Hashes are made here, so that tokens need the bare mechanisms only, which all have. */
#pragma once

#include "ca/pkcs11_module.h"
#include "pki/key.h"

struct pkcs11_mechanism {
	struct ck_mechanism mechanism; /* points into this struct, so it is not copied */
	struct ck_rsa_pkcs_pss_params pss;
	struct buffer input; /* what the token signs; buffer_done() is the caller's */
	bool is_ecdsa;
};

/* REASON_INVALID if the key's type cannot. */
MUST_CHECK bool pkcs11_mechanism_init(struct pkcs11_mechanism *mechanism, enum key_type type,
				      enum signature_algorithm algorithm, struct bytes message,
				      struct error *err);
/* From what the token returned (ECDSA: r and s side by side) to the signature's octets. */
MUST_CHECK bool pkcs11_signature(const struct pkcs11_mechanism *mechanism, struct bytes returned,
				 struct buffer *ret, struct error *err);
