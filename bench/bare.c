/* A server that spends nothing but what nobody can avoid: a TLS connection, one check of an
 * ECDSA P-256 signature, one signature made, one answer that lies ready. It looks for a request's
 * end and no further, asks no policy, builds no certificate, records nothing and has no second
 * process to ask. What an answer costs it under a load is what that load costs on this machine
 * before any product begins; estlimit measures the same cryptography in a loop of its own, with no
 * socket and no client beside it.
 * usage: bare PORT PROCESSES ANSWER_FILE [mutual]; says "ready", serves until it
 * is terminated */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUEST_MAX 16384
#define EVENTS_MAX 64
#define SIGNED_LEN 400 /* about what a request and a certificate have */

struct connection {
	int fd;
	SSL *ssl;
	size_t have;
	char request[REQUEST_MAX + 1];
};

struct server {
	SSL_CTX *ctx;
	EVP_PKEY *key;
	bool mutual;
	int listen_fd, epoll_fd;
	unsigned char signature[128];
	size_t signature_len;
	char answer[16384];
	size_t answer_len;
};

static const unsigned char message[SIGNED_LEN];

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

/* -- the cryptography -- */

static void sign(struct server *server)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	server->signature_len = sizeof server->signature;
	need(EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, server->key) == 1 &&
		     EVP_DigestSign(md, server->signature, &server->signature_len, message,
				    sizeof message) == 1,
	     "sign");
	EVP_MD_CTX_free(md);
}

static void verify(const struct server *server)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	need(EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, server->key) == 1 &&
		     EVP_DigestVerify(md, server->signature, server->signature_len, message,
				      sizeof message) == 1,
	     "verify");
	EVP_MD_CTX_free(md);
}

static X509 *self_signed(EVP_PKEY *key)
{
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);

	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"bare", -1, -1,
				   0);
	X509_set_issuer_name(certificate, name);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
	X509_set_pubkey(certificate, key);
	need(X509_sign(certificate, key, EVP_sha256()) > 0, "certificate");
	return certificate;
}

static int accept_any(X509_STORE_CTX *ctx, void *context)
{
	(void)ctx, (void)context;
	return 1;
}

static void set_up_tls(struct server *server)
{
	server->key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	need(server->key != NULL, "key");
	X509 *certificate = self_signed(server->key);

	server->ctx = SSL_CTX_new(TLS_server_method());
	need(SSL_CTX_use_certificate(server->ctx, certificate) == 1 &&
		     SSL_CTX_use_PrivateKey(server->ctx, server->key) == 1 &&
		     SSL_CTX_set1_groups_list(server->ctx, "X25519:P-256") == 1,
	     "TLS");
	SSL_CTX_set_options(server->ctx, SSL_OP_NO_TICKET | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_num_tickets(server->ctx, 0);
	SSL_CTX_set_session_cache_mode(server->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(server->ctx, SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_read_ahead(server->ctx, 1);
	if (server->mutual) {
		SSL_CTX_set_verify(server->ctx, SSL_VERIFY_PEER, NULL);
		SSL_CTX_set_cert_verify_callback(server->ctx, accept_any, NULL);
	}
	X509_free(certificate);
}

static void read_answer(struct server *server, const char *path)
{
	char body[8192];
	FILE *file = fopen(path, "rb");

	need(file != NULL, path);
	size_t len = fread(body, 1, sizeof body, file);
	need(len > 0 && len < sizeof body, "answer file");
	fclose(file);
	int head = snprintf(server->answer, sizeof server->answer,
			    "HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime\r\n"
			    "Content-Length: %zu\r\n\r\n",
			    len);
	memcpy(server->answer + head, body, len);
	server->answer_len = (size_t)head + len;
}

/* -- connections -- */

static void end_connection(struct connection *connection)
{
	SSL_shutdown(connection->ssl);
	SSL_free(connection->ssl);
	close(connection->fd);
	free(connection);
	ERR_clear_error();
}

/* The loader's requests have a Content-Length, and nothing follows them. */
static bool is_whole(struct connection *connection)
{
	connection->request[connection->have] = '\0';
	const char *end = strstr(connection->request, "\r\n\r\n");
	const char *length = strcasestr(connection->request, "\r\nContent-Length:");

	return end && length &&
	       connection->have >=
		       (size_t)(end + 4 - connection->request) + strtoul(length + 17, NULL, 10);
}

/* False when the connection is over. */
static bool answer(struct server *server, struct connection *connection)
{
	bool last = strcasestr(connection->request, "\r\nConnection: close") != NULL;

	connection->have = 0;
	verify(server);
	if (server->mutual)
		verify(server);
	sign(server);
	return SSL_write(connection->ssl, server->answer, (int)server->answer_len) > 0 && !last;
}

static void serve(struct server *server, struct connection *connection)
{
	int done;

	while ((done = SSL_read(connection->ssl, connection->request + connection->have,
				(int)(REQUEST_MAX - connection->have))) > 0) {
		connection->have += (size_t)done;
		if (is_whole(connection) && !answer(server, connection)) {
			end_connection(connection);
			return;
		}
		if (!SSL_has_pending(connection->ssl))
			return;
	}
	if (SSL_get_error(connection->ssl, done) != SSL_ERROR_WANT_READ)
		end_connection(connection);
}

static void watch(const struct server *server, int fd, void *what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = what };

	need(epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

static void take_connections(struct server *server)
{
	int fd;

	while ((fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct connection *connection = malloc(sizeof *connection);
		need(connection != NULL, "memory");
		connection->fd = fd;
		connection->have = 0;
		connection->ssl = SSL_new(server->ctx);
		need(connection->ssl && SSL_set_fd(connection->ssl, fd) == 1, "SSL_new");
		SSL_set_accept_state(connection->ssl);
		watch(server, fd, connection);
	}
}

/* -- processes -- */

static void listen_at(struct server *server, unsigned int port)
{
	const int on = 1;
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	server->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	need(setsockopt(server->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
		     setsockopt(server->listen_fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0 &&
		     setsockopt(server->listen_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
		     bind(server->listen_fd, (const struct sockaddr *)&address, sizeof address) ==
			     0 &&
		     listen(server->listen_fd, 1024) == 0,
	     "listen");
}

static void run(struct server *server)
{
	struct epoll_event events[EVENTS_MAX];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	watch(server, server->listen_fd, NULL);
	for (;;) {
		int count = epoll_wait(server->epoll_fd, events, EVENTS_MAX, -1);
		for (int i = 0; i < count; i++) {
			if (events[i].data.ptr)
				serve(server, events[i].data.ptr);
			else
				take_connections(server);
		}
	}
}

int main(int argc, char **argv)
{
	static struct server server;

	if (argc < 4) {
		fputs("usage: bare PORT PROCESSES ANSWER_FILE [mutual]\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	server.mutual = argc > 4;
	read_answer(&server, argv[3]);
	set_up_tls(&server);
	sign(&server);
	for (int i = 0; i < atoi(argv[2]); i++) {
		listen_at(&server, (unsigned int)atoi(argv[1]));
		if (fork() == 0)
			run(&server);
		close(server.listen_fd);
	}
	puts("ready");
	fflush(stdout);
	while (wait(NULL) > 0)
		;
	return 0;
}
