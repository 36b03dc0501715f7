#include "est_client/transport_probe.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/clock.h"
#include "base/file.h"
#include "est_client/client_internal.h"
#include "est_client/failure.h"
#include "est_client/transport_tls.h"

#define RECEIVE_MAX 16384

struct probe {
	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
	uint64_t deadline; /* monotonic milliseconds */
	struct bestow_tls tls;
	struct tls_verdict verdict;
	struct probe_facts facts;
};

static void addresses_freep(struct addrinfo **addresses)
{
	if (*addresses)
		freeaddrinfo(*addresses);
}

/* -- waiting -- */

void probe_give_time(struct probe *probe, unsigned int seconds)
{
	probe->deadline = monotonic_ms() + seconds * 1000ULL;
}

static bool wait_for(const struct probe *probe, short events)
{
	uint64_t now = monotonic_ms();
	struct pollfd entry = { .fd = probe->fd, .events = events };

	return now < probe->deadline && poll(&entry, 1, (int)(probe->deadline - now)) == 1;
}

static bool is_time_out(struct error *err)
{
	return error_set(err, REASON_SERVER_UNREACHABLE, "no answer in time");
}

/* Waits for what a call of OpenSSL wants; false if it wants nothing more. */
static bool wait_for_tls(const struct probe *probe, int outcome)
{
	switch (SSL_get_error(probe->ssl, outcome)) {
	case SSL_ERROR_WANT_READ:
		return wait_for(probe, POLLIN);
	case SSL_ERROR_WANT_WRITE:
		return wait_for(probe, POLLOUT);
	default:
		return false;
	}
}

static bool fail_tls(const struct probe *probe, struct error *err)
{
	unsigned long code = ERR_peek_last_error();
	const char *words = code ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	if (monotonic_ms() >= probe->deadline)
		return is_time_out(err);
	return error_set(err, REASON_SERVER_UNREACHABLE, "TLS: %s",
			 words ? words : "the server hung up");
}

/* -- opening -- */

static bool connect_to(struct probe *probe, const struct addrinfo *address)
{
	int failure = 0;
	socklen_t len = sizeof failure;

	fd_closep(&probe->fd);
	probe->fd =
		socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (probe->fd < 0)
		return false;
	if (connect(probe->fd, address->ai_addr, address->ai_addrlen) == 0)
		return true;
	return errno == EINPROGRESS && wait_for(probe, POLLOUT) &&
	       getsockopt(probe->fd, SOL_SOCKET, SO_ERROR, &failure, &len) == 0 && failure == 0;
}

static bool connect_any(struct probe *probe, const struct est_url *url, struct error *err)
{
	CLEANUP(addresses_freep) struct addrinfo *addresses = NULL;
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	char port[8];

	snprintf(port, sizeof port, "%u", url->port);
	int failed = getaddrinfo(url->host, port, &hints, &addresses);
	if (failed)
		return error_set(err, REASON_SERVER_UNREACHABLE, "%s: %s", url->host,
				 gai_strerror(failed));
	for (const struct addrinfo *at = addresses; at; at = at->ai_next)
		if (connect_to(probe, at))
			return true;
	return error_set(err, REASON_SERVER_UNREACHABLE, "no connection to %s port %s", url->host,
			 port);
}

/* Handshake messages as they pass (RFC 8446 4): 1 is ClientHello, 13 CertificateRequest. */
static void see_message(int is_ours, int version, int type, const void *message, size_t len,
			SSL *ssl, void *context)
{
	struct probe_facts *facts = context;
	const unsigned char *octets = message;

	(void)version;
	(void)ssl;
	if (type != SSL3_RT_HANDSHAKE || len == 0)
		return;
	facts->hello_sent |= is_ours && octets[0] == SSL3_MT_CLIENT_HELLO;
	if (is_ours || octets[0] != SSL3_MT_CERTIFICATE_REQUEST)
		return;
	facts->asked_for_cert = true;
	facts->cert_request_len = len;
}

/* What is weak is only reached when the level is lowered for it, by "@SECLEVEL=0". */
static bool apply_wish(SSL_CTX *ctx, const struct probe_wish *wish)
{
	static const int versions[] = { 0, TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION,
					TLS1_3_VERSION };
	static const unsigned char http[] = "\x08http/1.1", both[] = "\x02h2\x08http/1.1";
	int version = versions[wish->version];
	bool is_old = version == TLS1_VERSION || version == TLS1_1_VERSION;
	const char *ciphers = is_old ? "ALL:@SECLEVEL=0" : wish->ciphers;

	if (version && (SSL_CTX_set_min_proto_version(ctx, version) != 1 ||
			SSL_CTX_set_max_proto_version(ctx, version) != 1))
		return false;
	if (ciphers && SSL_CTX_set_cipher_list(ctx, ciphers) != 1)
		return false;
	return SSL_CTX_set_alpn_protos(ctx, wish->offers_h2 ? both : http,
				       (unsigned int)(wish->offers_h2 ? sizeof both : sizeof http) -
					       1) == 0;
}

static bool prepare(struct probe *probe, const struct probe_wish *wish, struct error *err)
{
	probe->tls = (struct bestow_tls){ .client = wish->client, .url = &wish->client->url };
	probe->verdict = (struct tls_verdict){ .tls = &probe->tls, .host = wish->client->url.host };
	probe->ctx = SSL_CTX_new(TLS_client_method());
	if (!probe->ctx)
		return error_set(err, REASON_NO_MEMORY, "TLS");
	if (!transport_tls_prepare(probe->ctx, &probe->verdict))
		return failure_take(&probe->verdict.err, err);
	if (!apply_wish(probe->ctx, wish)) {
		ERR_clear_error();
		return error_set(err, REASON_INVALID, "this TLS library cannot ask for that");
	}
	SSL_CTX_clear_options(probe->ctx, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_msg_callback(probe->ctx, see_message);
	SSL_CTX_set_msg_callback_arg(probe->ctx, &probe->facts);
	probe->ssl = SSL_new(probe->ctx);
	if (!probe->ssl || SSL_set_fd(probe->ssl, probe->fd) != 1)
		return error_set(err, REASON_NO_MEMORY, "TLS");
	/* RFC 6066 3: no literal addresses */
	if (!wish->client->url.is_ipv6 &&
	    strspn(wish->client->url.host, "0123456789.") != strlen(wish->client->url.host))
		(void)SSL_set_tlsext_host_name(probe->ssl, wish->client->url.host);
	if (wish->ticket)
		(void)SSL_set_session(probe->ssl, wish->ticket);
	return true;
}

static void note_facts(struct probe *probe)
{
	struct probe_facts *facts = &probe->facts;
	const unsigned char *alpn = NULL;
	unsigned int len = 0;

	facts->is_resumed = SSL_session_reused(probe->ssl) == 1;
	facts->compresses = SSL_get_current_compression(probe->ssl) != NULL;
	facts->renegotiates_safely = SSL_get_secure_renegotiation_support(probe->ssl) == 1;
	snprintf(facts->version, sizeof facts->version, "%s", SSL_get_version(probe->ssl));
	SSL_get0_alpn_selected(probe->ssl, &alpn, &len);
	snprintf(facts->alpn, sizeof facts->alpn, "%.*s", (int)len, alpn ? (const char *)alpn : "");
}

static bool shake_hands(struct probe *probe, struct error *err)
{
	for (;;) {
		int outcome = SSL_connect(probe->ssl);

		if (outcome == 1)
			break;
		if (wait_for_tls(probe, outcome))
			continue;
		if (!probe->verdict.failed)
			return fail_tls(probe, err);
		ERR_clear_error();
		return failure_take(&probe->verdict.err, err);
	}
	note_facts(probe);
	return true;
}

bool probe_open(const struct probe_wish *wish, struct probe **ret, struct probe_facts *ret_facts,
		struct error *err)
{
	CLEANUP(probe_freep) struct probe *probe = calloc(1, sizeof *probe);

	if (!probe)
		return error_set(err, REASON_NO_MEMORY, "probe");
	probe->fd = -1;
	probe_give_time(probe, wish->client->timeout_s);
	bool opened = connect_any(probe, &wish->client->url, err) && prepare(probe, wish, err) &&
		      shake_hands(probe, err);
	if (ret_facts)
		*ret_facts = probe->facts;
	if (!opened)
		return false;
	*ret = TAKE(probe);
	return true;
}

/* -- what is said -- */

bool probe_send(struct probe *probe, struct bytes bytes, struct error *err)
{
	while (bytes.len) {
		size_t sent = 0;
		int outcome = SSL_write_ex(probe->ssl, bytes.data, bytes.len, &sent);

		if (outcome != 1 && !wait_for_tls(probe, outcome))
			return fail_tls(probe, err);
		bytes.data += sent;
		bytes.len -= sent;
	}
	return true;
}

bool probe_receive(struct probe *probe, struct buffer *to, bool *ret_end, struct error *err)
{
	unsigned char octets[RECEIVE_MAX];
	size_t len = 0;

	for (;;) {
		int outcome = SSL_read_ex(probe->ssl, octets, sizeof octets, &len);

		if (outcome == 1)
			break;
		if (wait_for_tls(probe, outcome))
			continue;
		if (monotonic_ms() >= probe->deadline)
			return is_time_out(err);
		ERR_clear_error();
		*ret_end = true;
		return true;
	}
	buffer_append(to, (struct bytes){ octets, len });
	*ret_end = false;
	return buffer_ok(to) || error_set(err, REASON_NO_MEMORY, "answer");
}

bool probe_renegotiate(struct probe *probe)
{
	if (SSL_renegotiate(probe->ssl) != 1) {
		ERR_clear_error();
		return false;
	}
	for (;;) {
		int outcome = SSL_do_handshake(probe->ssl);

		if (outcome == 1)
			break;
		if (!wait_for_tls(probe, outcome)) {
			ERR_clear_error();
			return false;
		}
	}
	return SSL_renegotiate_pending(probe->ssl) == 0 && SSL_num_renegotiations(probe->ssl) > 0;
}

/* -- what is known -- */

bool probe_certificate(const struct probe *probe, struct buffer *ret, struct error *err)
{
	X509 *leaf = SSL_get1_peer_certificate(probe->ssl);
	unsigned char *der = NULL;
	int len = leaf ? i2d_X509(leaf, &der) : 0;

	if (len > 0)
		buffer_append(ret, (struct bytes){ der, (size_t)len });
	OPENSSL_free(der);
	X509_free(leaf);
	return (len > 0 && buffer_ok(ret)) ||
	       error_set(err, REASON_SERVER_UNTRUSTED, "the server sent no certificate");
}

void probe_binding(const struct probe *probe, struct bestow_session_binding *ret)
{
	transport_tls_binding(probe->ssl, ret);
}

void *probe_ticket(const struct probe *probe)
{
	SSL_SESSION *session = SSL_get1_session(probe->ssl);

	if (session && SSL_SESSION_is_resumable(session))
		return session;
	SSL_SESSION_free(session);
	return NULL;
}

void probe_ticket_free(void *ticket)
{
	SSL_SESSION_free(ticket);
}

void probe_free(struct probe *probe)
{
	if (!probe)
		return;
	SSL_free(probe->ssl);
	SSL_CTX_free(probe->ctx);
	ERR_clear_error();
	fd_closep(&probe->fd);
	free(probe);
}
