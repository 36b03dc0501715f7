/* The TLS side of a listener: TLS 1.2 and 1.3, client certificates asked for and never demanded,
 * nothing judged here; no resumption, no renegotiation, no compression, no early data. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

struct tls_options {
	struct bytes chain_pem; /* leaf first */
	struct bytes key;       /* PKCS#8: PEM or DER, unencrypted */
	bool allow_tls12;       /* else 1.3 only */
	bool ask_client_certificate;
	struct bytes client_ca_names; /* DER Names, one after the other: whose are asked for; empty:
					 anybody's */
};

struct tls_context;
MUST_CHECK bool tls_context_new(const struct tls_options *options, struct tls_context **ret,
				struct error *err);
struct tls_context *tls_context_ref(struct tls_context *tls);
void tls_context_unref(struct tls_context *tls); /* NULL is fine */
DEFINE_CLEANUP(struct tls_context *, tls_context_unref)
