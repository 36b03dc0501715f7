/* A TLS session against a client that floods it with what is no application data. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "http/tls_session.h"

#define SOCKET_OCTETS (2 * 1024 * 1024)

struct pair {
	struct tls_session *server;
	SSL *client;
	int fds[2];
};

static void append_bio(BIO *bio, struct buffer *to)
{
	char *text;
	long len = BIO_get_mem_data(bio, &text);

	buffer_append(to, (struct bytes){ (unsigned char *)text, (size_t)len });
	BIO_free(bio);
}

static struct tls_context *new_context(void)
{
	CLEANUP(buffer_done) struct buffer chain = { 0 }, key_pem = { 0 };
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	BIO *chain_bio = BIO_new(BIO_s_mem()), *key_bio = BIO_new(BIO_s_mem());
	struct tls_context *context = NULL;
	struct error err;

	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	PEM_write_bio_X509(chain_bio, x);
	PEM_write_bio_PKCS8PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL);
	append_bio(chain_bio, &chain);
	append_bio(key_bio, &key_pem);
	X509_free(x);
	EVP_PKEY_free(key);
	EXPECT_OK(tls_context_new(&(struct tls_options){ .chain_pem = buffer_view(&chain),
							 .key = buffer_view(&key_pem),
							 .allow_tls12 = true },
				  &context, &err),
		  err);
	return context;
}

static SSL *new_client(int fd, int version)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *client = SSL_new(context);

	SSL_CTX_free(context);
	SSL_set_min_proto_version(client, version);
	SSL_set_max_proto_version(client, version);
	SSL_set_fd(client, fd);
	SSL_set_connect_state(client);
	return client;
}

static struct pair connected(int version)
{
	struct tls_context *context = new_context();
	struct pair pair = { 0 };
	int octets = SOCKET_OCTETS;
	struct error err;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.fds), 0);
	setsockopt(pair.fds[0], SOL_SOCKET, SO_SNDBUF, &octets, sizeof octets);
	EXPECT_OK(tls_session_new(context, pair.fds[1], &pair.server, &err), err);
	tls_context_unref(context);
	pair.client = new_client(pair.fds[0], version);
	for (int turn = 0; turn < 6; turn++) {
		SSL_do_handshake(pair.client);
		assert_int_not_equal(tls_session_handshake(pair.server, &err), STREAM_FAILED);
	}
	assert_true(SSL_is_init_finished(pair.client));
	return pair;
}

static void disconnect(struct pair *pair)
{
	tls_session_free(pair->server);
	SSL_free(pair->client);
	close(pair->fds[0]);
	close(pair->fds[1]);
}

static void update_keys(struct pair *pair, int count)
{
	for (int i = 0; i < count; i++) {
		assert_int_equal(SSL_key_update(pair->client, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
		assert_int_equal(SSL_do_handshake(pair->client), 1);
	}
}

TEST(cl_01b_key_updates_without_end_end_the_session)
{
	CLEANUP(disconnect) struct pair pair = connected(TLS1_3_VERSION);
	unsigned char octet;
	size_t len;

	update_keys(&pair, 2000);
	assert_int_equal(SSL_write(pair.client, "x", 1), 1);
	assert_int_equal(tls_session_read(pair.server, &octet, 1, &len), STREAM_ENDED);
}

TEST(cl_01b_a_few_key_updates_are_taken_twin)
{
	CLEANUP(disconnect) struct pair pair = connected(TLS1_3_VERSION);

	for (int i = 0; i < 4; i++) {
		unsigned char octet = 0;
		size_t len = 0;
		update_keys(&pair, 20);
		assert_int_equal(SSL_write(pair.client, "x", 1), 1);
		assert_int_equal(tls_session_read(pair.server, &octet, 1, &len), STREAM_OK);
		assert_int_equal(octet, 'x');
	}
}

TEST(both_ends_see_the_same_bindings)
{
	CLEANUP(disconnect) struct pair pair = connected(TLS1_2_VERSION);
	char unique[65], exporter[65], theirs[65];
	unsigned char finished[64], exported[32];

	tls_session_channel_binding(pair.server, unique, exporter);
	size_t len = SSL_get_finished(pair.client, finished, sizeof finished);
	EVP_EncodeBlock((unsigned char *)theirs, finished, (int)len);
	assert_string_equal(unique, theirs);
	/* RFC 9266: an empty context, not none */
	assert_int_equal(SSL_export_keying_material(pair.client, exported, sizeof exported,
						    "EXPORTER-Channel-Binding", 24,
						    (const unsigned char *)"", 0, 1),
			 1);
	EVP_EncodeBlock((unsigned char *)theirs, exported, sizeof exported);
	assert_string_equal(exporter, theirs);
}

TEST_MAIN(RUN(cl_01b_key_updates_without_end_end_the_session),
	  RUN(cl_01b_a_few_key_updates_are_taken_twin), RUN(both_ends_see_the_same_bindings))
