#include "est_client/transport_tls.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/base64.h"

#define SERVER_CHAIN_MAX 16
#define EXPORTER_LABEL "EXPORTER-Channel-Binding"
#define EXPORTED_LEN 32

/* -- who we are -- */

static X509 *read_certificate(const struct bestow_tls *tls, size_t index)
{
	size_t size = 0;
	const unsigned char *der = bestow_tls_certificate(tls, index, &size);

	return der ? d2i_X509(NULL, &der, (long)size) : NULL;
}

static bool use_leaf(SSL_CTX *ctx, const struct bestow_tls *tls)
{
	X509 *leaf = read_certificate(tls, 0);
	bool used = leaf && SSL_CTX_use_certificate(ctx, leaf) == 1 &&
		    SSL_CTX_use_PrivateKey(ctx, bestow_key_evp(bestow_tls_key(tls))) == 1;

	X509_free(leaf);
	return used;
}

static bool use_chain(SSL_CTX *ctx, const struct bestow_tls *tls)
{
	if (!use_leaf(ctx, tls))
		return false;
	for (size_t i = 1;; i++) {
		X509 *next = read_certificate(tls, i);

		if (!next)
			return true;
		if (SSL_CTX_add0_chain_cert(ctx, next) != 1) {
			X509_free(next);
			return false;
		}
	}
}

/* A certificate that this OpenSSL finds weak is for the server to refuse: it may be there to be
 * renewed for that very reason. Only then is the level lowered. */
static bool use_certificate(SSL_CTX *ctx, const struct bestow_tls *tls)
{
	if (!bestow_tls_key(tls) || use_chain(ctx, tls))
		return true;
	ERR_clear_error();
	SSL_CTX_clear_chain_certs(ctx);
	SSL_CTX_set_security_level(ctx, 0);
	return use_chain(ctx, tls);
}

/* -- who they are -- */

struct chain_ders {
	unsigned char *ders[SERVER_CHAIN_MAX];
	size_t sizes[SERVER_CHAIN_MAX];
	size_t count;
};

static void chain_ders_donep(struct chain_ders *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		OPENSSL_free(chain->ders[i]);
}

static void add_der(struct chain_ders *chain, const X509 *certificate)
{
	unsigned char *der = NULL;
	int len = chain->count < SERVER_CHAIN_MAX ? i2d_X509(certificate, &der) : 0;

	if (len <= 0)
		return;
	chain->ders[chain->count] = der;
	chain->sizes[chain->count++] = (size_t)len;
}

static bool check_explicit(X509_STORE_CTX *store, struct tls_verdict *verdict)
{
	CLEANUP(chain_ders_donep) struct chain_ders chain = { 0 };
	const X509 *leaf = X509_STORE_CTX_get0_cert(store);
	STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(store);

	if (leaf)
		add_der(&chain, leaf);
	for (int i = 0; i < sk_X509_num(sent); i++)
		if (X509_cmp(sk_X509_value(sent, i), leaf) != 0)
			add_der(&chain, sk_X509_value(sent, i));
	return bestow_tls_check_server(verdict->tls, (const unsigned char *const *)chain.ders,
				       chain.sizes, chain.count, &verdict->err);
}

/* RFC 7030 3.6.2: the implicit anchors vouch for host names only. */
static bool check_system(X509_STORE_CTX *store, struct tls_verdict *verdict)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(store);

	if (X509_VERIFY_PARAM_set1_ip_asc(param, verdict->host) != 1 &&
	    X509_VERIFY_PARAM_set1_host(param, verdict->host, 0) != 1)
		return false;
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
						       X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	if (X509_verify_cert(store) == 1)
		return true;
	char words[BESTOW_DETAIL_MAX];
	snprintf(words, sizeof words, "the system's trust store: %s",
		 X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)));
	return bestow_fail(&verdict->err, BESTOW_UNTRUSTED, words);
}

static int verify(X509_STORE_CTX *store, void *context)
{
	struct tls_verdict *verdict = context;

	verdict->closed = false;
	verdict->failed = !check_explicit(store, verdict) &&
			  !(bestow_tls_wants_system(verdict->tls) && check_system(store, verdict));
	ERR_clear_error();
	X509_STORE_CTX_set_error(store, verdict->failed ? X509_V_ERR_CERT_UNTRUSTED : X509_V_OK);
	return !verdict->failed;
}

/* Not every libcurl tells the end of the session from that of the TCP connection. */
static void watch_close(int is_ours, int version, int content_type, const void *message, size_t len,
			SSL *ssl, void *context)
{
	struct tls_verdict *verdict = context;
	const unsigned char *alert = message;

	(void)version, (void)ssl;
	if (!is_ours && content_type == SSL3_RT_ALERT && len == 2 &&
	    alert[1] == SSL_AD_CLOSE_NOTIFY)
		verdict->closed = true;
}

bool transport_tls_prepare(void *ssl_ctx, struct tls_verdict *verdict)
{
	SSL_CTX *ctx = ssl_ctx;

	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    !use_certificate(ctx, verdict->tls)) {
		ERR_clear_error();
		verdict->failed = true;
		return bestow_fail(&verdict->err, BESTOW_LOCAL,
				   "TLS cannot use the client's certificate and key");
	}
	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, verify, verdict);
	SSL_CTX_set_msg_callback(ctx, watch_close);
	SSL_CTX_set_msg_callback_arg(ctx, verdict);
	return true;
}

/* -- channel binding -- */

static void binding_text(struct bytes binding, char *into, size_t size)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };

	base64_encode(binding, 0, &text);
	if (buffer_ok(&text) && text.len)
		snprintf(into, size, "%.*s", (int)text.len - 1, (const char *)text.data);
}

void transport_tls_binding(void *ssl, struct bestow_session_binding *ret)
{
	unsigned char value[EVP_MAX_MD_SIZE];

	*ret = (struct bestow_session_binding){ 0 };
	if (SSL_version(ssl) == TLS1_2_VERSION && !SSL_session_reused(ssl) &&
	    SSL_get_extms_support(ssl) == 1) {
		size_t len = SSL_get_finished(ssl, value, sizeof value);

		binding_text((struct bytes){ value, len }, ret->tls_unique, sizeof ret->tls_unique);
	}
	if (SSL_export_keying_material(ssl, value, EXPORTED_LEN, EXPORTER_LABEL,
				       strlen(EXPORTER_LABEL), NULL, 0, 0) == 1)
		binding_text((struct bytes){ value, EXPORTED_LEN }, ret->tls_exporter,
			     sizeof ret->tls_exporter);
}
