#include "http/tls.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "base/base64.h"
#include "base/secret.h"
#include "http/tls_session.h"

#define CHAIN_MAX 10
#define CLIENT_CHAIN_OCTETS_MAX 32768 /* each certificate costs 0.1 ms to parse */
#define RECORDS_WITHOUT_OCTET_MAX 32

/* First in each list is what costs us least; the server's order counts. Forward secrecy and
 * authenticated encryption only, so no list needs a second look. */
#define SUITES_TLS13                                                                               \
	"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"              \
	"TLS_AES_128_CCM_SHA256"
#define SUITES_TLS12                                                                               \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-"        \
	"SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-"     \
	"POLY1305:ECDHE-ECDSA-AES128-CCM:ECDHE-ECDSA-AES256-CCM"
#define GROUPS "X25519:P-256:P-384:P-521"
/* What proves a key. Without SHA-1; with PKCS#1 v1.5, which TLS 1.2 devices need. How a client's
 * certificate itself is signed is no matter of TLS here. */
#define SIGNATURES                                                                                 \
	"ECDSA+SHA256:ed25519:RSA-PSS+SHA256:rsa_pss_pss_sha256:RSA+SHA256:ECDSA+SHA384:"          \
	"ECDSA+SHA512:RSA-PSS+SHA384:rsa_pss_pss_sha384:RSA-PSS+SHA512:rsa_pss_pss_sha512:"        \
	"RSA+SHA384:RSA+SHA512:ed448"

static const unsigned char alpn_http11[] = { 8, 'h', 't', 't', 'p', '/', '1', '.', '1' };

struct tls_context {
	SSL_CTX *ssl;
	unsigned int references; /* of one thread */
};

struct tls_session {
	SSL *ssl;
	unsigned int records; /* that came since the last octet of ours */
	struct buffer chain;  /* the certificates' DER, one after the other */
	size_t *chain_ends;   /* NULL until the chain was asked for */
	size_t chain_count;
};

DEFINE_CLEANUP(BIO *, BIO_free_all)
DEFINE_CLEANUP(X509 *, X509_free)
DEFINE_CLEANUP(EVP_PKEY *, EVP_PKEY_free)
DEFINE_CLEANUP(SSL_CTX *, SSL_CTX_free)

static const char *last_words(void)
{
	const char *words = ERR_reason_error_string(ERR_peek_last_error());

	return words ? words : "no words from OpenSSL";
}

static bool fail(struct error *err, enum reason reason, const char *what)
{
	bool ret = error_set(err, reason, "%s: %s", what, last_words());

	ERR_clear_error();
	return ret;
}

/* -- context -- */

/* An encrypted key must fail, not ask at the terminal. */
static int no_passphrase(char *into, int size, int writing, void *context)
{
	(void)into, (void)size, (void)writing, (void)context;
	return -1;
}

static BIO *bio_of(struct bytes view)
{
	return view.len <= INT_MAX
		       ? BIO_new_mem_buf(view.len ? (const void *)view.data : "", (int)view.len)
		       : NULL;
}

static bool use_key(SSL_CTX *ssl, struct bytes key, struct error *err)
{
	const unsigned char *der = key.data;
	CLEANUP(BIO_free_allp) BIO *pem = bio_of(key);
	if (!pem)
		return error_set(err, REASON_NO_MEMORY, "TLS key");

	CLEANUP(EVP_PKEY_freep)
	EVP_PKEY *pkey = PEM_read_bio_PrivateKey(pem, NULL, no_passphrase, NULL);
	if (!pkey)
		pkey = d2i_AutoPrivateKey(NULL, &der, (long)key.len);
	if (!pkey)
		return fail(err, REASON_INVALID, "the TLS key is no unencrypted PKCS#8 key");
	if (SSL_CTX_use_PrivateKey(ssl, pkey) != 1)
		return fail(err, REASON_INVALID, "the TLS key does not fit its certificate");
	ERR_clear_error();
	return true;
}

static bool use_certificate(SSL_CTX *ssl, X509 *certificate, int index, struct error *err)
{
	if (index >= CHAIN_MAX)
		return error_set(err, REASON_INVALID, "more than %d certificates for TLS",
				 CHAIN_MAX);
	long ok = index == 0 ? SSL_CTX_use_certificate(ssl, certificate)
			     : SSL_CTX_add1_chain_cert(ssl, certificate);
	return ok == 1 || fail(err, REASON_INVALID, "a certificate of the TLS chain");
}

static bool use_chain(SSL_CTX *ssl, struct bytes chain_pem, struct error *err)
{
	CLEANUP(BIO_free_allp) BIO *pem = bio_of(chain_pem);
	if (!pem)
		return error_set(err, REASON_NO_MEMORY, "TLS chain");

	for (int index = 0;; index++) {
		CLEANUP(X509_freep)
		X509 *certificate = PEM_read_bio_X509(pem, NULL, no_passphrase, NULL);
		bool at_end = !certificate &&
			      ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
		if (at_end && index > 0) {
			ERR_clear_error();
			return true;
		}
		if (!certificate)
			return fail(err, REASON_INVALID, "the TLS chain is not PEM");
		if (!use_certificate(ssl, certificate, index, err))
			return false;
	}
}

/* RFC 7301 would have us refuse a client that offers only what we do not speak; going on without
 * ALPN serves it. */
static int choose_protocol(SSL *ssl, const unsigned char **ret, unsigned char *ret_len,
			   const unsigned char *offered, unsigned int offered_len, void *context)
{
	(void)ssl, (void)context;
	for (size_t at = 0; at < offered_len; at += 1u + offered[at]) {
		if (offered_len - at >= sizeof alpn_http11 &&
		    memcmp(offered + at, alpn_http11, sizeof alpn_http11) == 0) {
			*ret = offered + at + 1;
			*ret_len = alpn_http11[0];
			return SSL_TLSEXT_ERR_OK;
		}
	}
	return SSL_TLSEXT_ERR_NOACK;
}

/* The chain is judged per request, against that day's anchors, revocation and clock. */
static int judge_nothing(X509_STORE_CTX *store, void *context)
{
	(void)store, (void)context;
	return 1;
}

/* Level 0, or a device's old certificate would be turned down before anyone could say why: what we
 * agree to is written out in the lists above. */
static bool set_algorithms(SSL_CTX *ssl, const struct tls_options *options, struct error *err)
{
	int lowest = options->allow_tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;

	SSL_CTX_set_security_level(ssl, 0);
	if (SSL_CTX_set_min_proto_version(ssl, lowest) != 1 ||
	    SSL_CTX_set_max_proto_version(ssl, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(ssl, SUITES_TLS13) != 1 ||
	    SSL_CTX_set_cipher_list(ssl, SUITES_TLS12) != 1 ||
	    SSL_CTX_set1_groups_list(ssl, GROUPS) != 1 ||
	    SSL_CTX_set1_sigalgs_list(ssl, SIGNATURES) != 1 ||
	    SSL_CTX_set1_client_sigalgs_list(ssl, SIGNATURES) != 1)
		return fail(err, REASON_CRYPTO, "setting up TLS");
	return true;
}

/* No session outlives its connection: a resumed one would carry yesterday's judgement, and tickets
 * cost a signature's time. Auto-chain would build and verify our own chain in every handshake. */
static void set_behaviour(SSL_CTX *ssl, const struct tls_options *options)
{
	SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
					 SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
					 SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_CLEANSE_PLAINTEXT);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ssl, 0);
	SSL_CTX_set_max_early_data(ssl, 0);
	SSL_CTX_set_recv_max_early_data(ssl, 0);
	SSL_CTX_set_mode(ssl, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_RELEASE_BUFFERS |
				      SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(ssl, 1);
	SSL_CTX_set_max_cert_list(ssl, CLIENT_CHAIN_OCTETS_MAX);
	SSL_CTX_set_alpn_select_cb(ssl, choose_protocol, NULL);
	SSL_CTX_set_cert_verify_callback(ssl, judge_nothing, NULL);
	SSL_CTX_set_verify(ssl, options->ask_client_certificate ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
			   NULL);
}

DEFINE_CLEANUP(X509_NAME *, X509_NAME_free)

/* The list takes over what is put into it. */
static bool read_names(struct bytes names, STACK_OF(X509_NAME) * list, struct error *err)
{
	const unsigned char *at = names.data, *end = names.data + names.len;

	while (at < end) {
		CLEANUP(X509_NAME_freep)
		X509_NAME *name = d2i_X509_NAME(NULL, &at, (long)(end - at));

		if (!name)
			return fail(err, REASON_INVALID, "a client CA's name");
		if (sk_X509_NAME_push(list, name) <= 0)
			return fail(err, REASON_NO_MEMORY, "client CAs");
		name = NULL;
	}
	return true;
}

static void free_names(STACK_OF(X509_NAME) * *list)
{
	sk_X509_NAME_pop_free(*list, X509_NAME_free);
}

static bool name_client_cas(SSL_CTX *ssl, struct bytes names, struct error *err)
{
	CLEANUP(free_names) STACK_OF(X509_NAME) *list = sk_X509_NAME_new_null();

	if (!list)
		return fail(err, REASON_NO_MEMORY, "client CAs");
	if (!read_names(names, list, err))
		return false;
	SSL_CTX_set_client_CA_list(ssl, TAKE(list));
	return true;
}

bool tls_context_new(const struct tls_options *options, struct tls_context **ret, struct error *err)
{
	CLEANUP(SSL_CTX_freep) SSL_CTX *ssl = SSL_CTX_new(TLS_server_method());

	if (!ssl)
		return fail(err, REASON_NO_MEMORY, "TLS context");
	set_behaviour(ssl, options);
	if (!set_algorithms(ssl, options, err) ||
	    !name_client_cas(ssl, options->client_ca_names, err) ||
	    !use_chain(ssl, options->chain_pem, err) || !use_key(ssl, options->key, err))
		return false;

	struct tls_context *context = calloc(1, sizeof *context);
	if (!context)
		return error_set(err, REASON_NO_MEMORY, "TLS context");
	context->ssl = TAKE(ssl);
	context->references = 1;
	*ret = context;
	return true;
}

struct tls_context *tls_context_ref(struct tls_context *context)
{
	context->references++;
	return context;
}

void tls_context_unref(struct tls_context *context)
{
	if (!context || --context->references > 0)
		return;
	SSL_CTX_free(context->ssl);
	free(context);
}

/* -- session -- */

/* OpenSSL works off KeyUpdates, and refuses renegotiations, for as long as they come, within one
 * call: a client that sends nothing else would have this process for itself. */
static void count_record(int is_written, int version, int type, const void *octets, size_t len,
			 SSL *ssl, void *context)
{
	struct tls_session *session = context;

	(void)version, (void)octets, (void)len;
	if (is_written || type != SSL3_RT_HEADER || !SSL_is_init_finished(ssl))
		return;
	if (++session->records > RECORDS_WITHOUT_OCTET_MAX)
		SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN);
}

bool tls_session_new(struct tls_context *context, int fd, struct tls_session **ret,
		     struct error *err)
{
	struct tls_session *session = calloc(1, sizeof *session);

	if (!session)
		return error_set(err, REASON_NO_MEMORY, "TLS session");
	session->ssl = SSL_new(context->ssl);
	if (!session->ssl || SSL_set_fd(session->ssl, fd) != 1) {
		tls_session_free(session);
		return fail(err, REASON_NO_MEMORY, "TLS session");
	}
	SSL_set_accept_state(session->ssl);
	SSL_set_msg_callback(session->ssl, count_record);
	SSL_set_msg_callback_arg(session->ssl, session);
	*ret = session;
	return true;
}

void tls_session_free(struct tls_session *session)
{
	if (!session)
		return;
	SSL_free(session->ssl);
	buffer_done(&session->chain);
	free(session->chain_ends);
	free(session);
}

static enum stream_result result_of(const struct tls_session *session, int ssl_return)
{
	switch (SSL_get_error(session->ssl, ssl_return)) {
	case SSL_ERROR_NONE:
		return STREAM_OK;
	case SSL_ERROR_WANT_READ:
		return STREAM_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return STREAM_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return STREAM_ENDED;
	default:
		return STREAM_FAILED;
	}
}

/* Nothing in common is the operator's matter more than the others. */
static enum reason handshake_reason(void)
{
	static const int nothing_in_common[] = {
		SSL_R_UNSUPPORTED_PROTOCOL,
		SSL_R_NO_SHARED_CIPHER,
		SSL_R_NO_SUITABLE_KEY_SHARE,
		SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS,
		SSL_R_NO_SHARED_GROUPS,
		SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
		SSL_R_VERSION_TOO_LOW,
		SSL_R_UNSUPPORTED_SSL_VERSION,
		SSL_R_WRONG_SIGNATURE_TYPE,
		SSL_R_WRONG_CURVE,
		SSL_R_TLSV1_ALERT_PROTOCOL_VERSION,
	};
	int reason = ERR_GET_REASON(ERR_peek_last_error());

	for (size_t i = 0; i < ARRAY_LEN(nothing_in_common); i++)
		if (reason == nothing_in_common[i])
			return REASON_NO_COMMON_TLS;
	return REASON_INVALID;
}

static enum stream_result fail_handshake(struct error *err)
{
	const char *words = ERR_reason_error_string(ERR_peek_last_error());
	bool failed =
		!error_set(err, handshake_reason(), "%s", words ? words : "the client went away");

	ERR_clear_error();
	return failed ? STREAM_FAILED : STREAM_OK;
}

enum stream_result tls_session_handshake(struct tls_session *session, struct error *err)
{
	ERR_clear_error();
	enum stream_result result = result_of(session, SSL_do_handshake(session->ssl));
	bool failed = result == STREAM_FAILED || result == STREAM_ENDED;

	return failed ? fail_handshake(err) : result;
}

enum stream_result tls_session_read(struct tls_session *session, unsigned char *into, size_t max,
				    size_t *ret_len)
{
	ERR_clear_error();
	enum stream_result result =
		result_of(session, SSL_read_ex(session->ssl, into, max, ret_len));
	if (result == STREAM_OK)
		session->records = 0;
	return result;
}

enum stream_result tls_session_write(struct tls_session *session, struct bytes octets,
				     size_t *ret_len)
{
	ERR_clear_error();
	return result_of(session, SSL_write_ex(session->ssl, octets.data, octets.len, ret_len));
}

enum stream_result tls_session_end(struct tls_session *session)
{
	ERR_clear_error();
	int done = SSL_shutdown(session->ssl);
	/* 0: ours is sent; theirs is not waited for */
	return done >= 0 ? STREAM_OK : result_of(session, done);
}

const char *tls_session_version(const struct tls_session *session)
{
	return SSL_get_version(session->ssl);
}

/* -- the client's certificates -- */

static bool append_certificate(struct tls_session *session, X509 *certificate)
{
	int len = i2d_X509(certificate, NULL);
	unsigned char *room = len > 0 ? buffer_reserve(&session->chain, (size_t)len) : NULL;

	if (!room || i2d_X509(certificate, &room) != len)
		return false;
	session->chain_ends[session->chain_count++] = session->chain.len;
	return true;
}

/* All or nothing: half a chain would be another chain. The server's side of OpenSSL keeps the leaf
 * apart from the rest. */
static bool extract_chain(struct tls_session *session)
{
	X509 *leaf = SSL_get0_peer_certificate(session->ssl);
	STACK_OF(X509) *others = SSL_get_peer_cert_chain(session->ssl);
	int count = others ? sk_X509_num(others) : 0;

	session->chain_ends = calloc((size_t)count + 1, sizeof *session->chain_ends);
	if (!session->chain_ends || (leaf && !append_certificate(session, leaf)))
		return false;
	for (int i = 0; leaf && i < count; i++)
		if (!append_certificate(session, sk_X509_value(others, i)))
			return false;
	return true;
}

size_t tls_session_client_chain(struct tls_session *session, struct bytes *ret, size_t max)
{
	if (!session->chain_ends && !extract_chain(session))
		session->chain_count = 0;

	size_t start = 0;
	for (size_t i = 0; i < session->chain_count && i < max; i++) {
		ret[i] = (struct bytes){ session->chain.data + start,
					 session->chain_ends[i] - start };
		start = session->chain_ends[i];
	}
	return session->chain_count;
}

/* -- channel bindings -- */

#define EXPORTER_LABEL "EXPORTER-Channel-Binding"
#define EXPORTER_LEN 32
#define FINISHED_MAX 36
#define BINDING_TEXT_LEN 65

static void binding_to_text(struct bytes binding, char into[BINDING_TEXT_LEN])
{
	CLEANUP(buffer_wipe) struct buffer text = { 0 };

	base64_encode(binding, 0, &text);
	/* the encoder ends its line; a binding is compared without */
	size_t len = text.len > 0 ? text.len - 1 : 0;
	into[0] = '\0';
	if (!buffer_ok(&text) || len >= BINDING_TEXT_LEN)
		return;
	if (len > 0)
		memcpy(into, text.data, len);
	into[len] = '\0';
}

/* RFC 5929 3.1: the first Finished of the handshake, which the client sends as nothing is ever
 * resumed here. RFC 7627: without the extended master secret, two sessions can be made to share it;
 * RFC 9266 4.2 wants the same for the exporter. TLS 1.3 has no tls-unique. */
void tls_session_channel_binding(struct tls_session *session, char tls_unique[BINDING_TEXT_LEN],
				 char tls_exporter[BINDING_TEXT_LEN])
{
	unsigned char finished[FINISHED_MAX], exported[EXPORTER_LEN];
	bool is_tls13 = SSL_version(session->ssl) == TLS1_3_VERSION;
	size_t len = 0;

	tls_unique[0] = tls_exporter[0] = '\0';
	if (!is_tls13 && SSL_get_extms_support(session->ssl) != 1)
		return;
	if (!is_tls13)
		len = SSL_get_peer_finished(session->ssl, finished, sizeof finished);
	if (len > 0 && len <= sizeof finished)
		binding_to_text((struct bytes){ finished, len }, tls_unique);
	if (SSL_export_keying_material(session->ssl, exported, sizeof exported, EXPORTER_LABEL,
				       strlen(EXPORTER_LABEL), (const unsigned char *)"", 0,
				       1) == 1)
		binding_to_text((struct bytes){ exported, sizeof exported }, tls_exporter);
	memory_wipe(exported, sizeof exported);
	ERR_clear_error();
}
