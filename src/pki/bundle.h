/* What operators paste and upload: several PEM PKCS#7 objects, PEM certificates, DER of either, in
 * one text, any order, with junk between blocks. */
#pragma once

#include "pki/cert.h"

#define BUNDLE_BYTES_MAX (1024 * 1024)
#define BUNDLE_CERTS_MAX 200

struct bundle {
	struct cert **certs; /* owned; duplicates (same DER) dropped */
	size_t count;
};

/* A private key or PKCS#12 anywhere is REASON_PRIVATE_KEY_REFUSED; nested PKCS#7, nothing readable,
 * or limits passed: REASON_IMPORT_MALFORMED. CRLF, BOM and text between blocks are tolerated. One
 * unreadable block refuses the whole, naming the block's number. */
MUST_CHECK bool bundle_parse(struct bytes text, struct bundle *ret, struct error *err);
void bundle_done(struct bundle *bundle);

/* A CA with its key, from PKCS#12 (DER) or PEM (certificate(s) and a key, encrypted or not).
 * `passphrase` may be empty. The certificate of the key is ret_chain->certs[0], the others follow.
 * REASON_IMPORT_MALFORMED; a wrong passphrase is REASON_SECRET_FILE. Bounded: 1 MB, PKCS#12
 * iteration count at most 2,000,000. */
MUST_CHECK bool keyed_bundle_parse(struct bytes file, struct bytes passphrase,
				   struct bundle *ret_chain, struct private_key **ret_key,
				   struct error *err);
/* Appends a PKCS#12 (AES-256, SHA-256 MAC) with key, its certificate (first) and the chain. */
MUST_CHECK bool pkcs12_encode(const struct private_key *key, const struct bytes *certs,
			      size_t count, const char *friendly_name, struct bytes passphrase,
			      struct buffer *ret, struct error *err);
/* PEM text of DER, label "CERTIFICATE" and the like. */
void pem_encode(const char *label, struct bytes der, struct buffer *ret);
/* The one PEM block of this label (or of the older label `also`, may be NULL) in the text; false if
 * there is not exactly one. */
bool pem_decode(struct bytes text, const char *label, const char *also, struct buffer *ret);
