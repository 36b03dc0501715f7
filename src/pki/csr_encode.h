/* Writes certification requests (RFC 2986). */
#pragma once

#include "pki/key.h"
#include "pki/smime_capabilities.h"

/* What a request says. All views are borrowed. */
struct csr_draft {
	struct bytes subject;    /* DER Name */
	struct bytes extensions; /* whole Extension elements, one after the other */
	/* Attributes' texts (RFC 2985 5.4.1, RFC 7894 3); NULL for none. */
	const char *challenge_password;
	const char *est_identity_linking;
	/* RFC 7030 4.4.1.2: the key to which a key that is made for us is to be encrypted, and how;
	 * empty for none. */
	struct bytes decrypt_key_id;
	struct smime_capabilities capabilities;
};

/* Appends the DER, signed with the key. */
MUST_CHECK bool csr_encode(const struct csr_draft *draft, const struct private_key *key,
			   enum signature_algorithm algorithm, struct buffer *ret,
			   struct error *err);
