#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "est_client/client_internal.h"
#include "est_client/failure.h"
#include "est_client/transport_curl.h"
#include "pki/bundle_add.h"

static bool new_client(const char *url, struct bestow_client **ret, struct error *err)
{
	struct bestow_client *client = calloc(1, sizeof *client);

	if (!client)
		return error_set(err, REASON_NO_MEMORY, "client");
	if (!est_url_parse(url, &client->url, err)) {
		free(client);
		return false;
	}
	client->timeout_s = CLIENT_TIMEOUT_DEFAULT;
	*ret = client;
	return true;
}

int64_t client_now(const struct bestow_client *client)
{
	int64_t now = clock_now(&clock_system);

	return now > client->time_floor ? now : client->time_floor;
}

static bool set_passphrase(struct bestow_client *client, const char *user, const char *passphrase,
			   struct error *err)
{
	char *copy = strdup(user);

	if (!copy)
		return error_set(err, REASON_NO_MEMORY, "user");
	free(client->user);
	client->user = copy;
	secret_done(&client->passphrase);
	client->is_stale = true;
	return secret_copy(
		(struct bytes){ (const unsigned char *)passphrase, strlen(passphrase) + 1 },
		&client->passphrase, err);
}

static bool add_with_key(struct bundle *to, const struct bestow_certs *certs,
			 const struct bestow_key *key, bool wanted, struct error *err)
{
	for (size_t i = 0; i < certs->bundle.count; i++)
		if (bestow_cert_has_key(certs, i, key) == wanted &&
		    !bundle_add_cert(to, cert_der(certs->bundle.certs[i]), err))
			return false;
	return true;
}

static bool set_certificate(struct bestow_client *client, const struct bestow_certs *certs,
			    const struct bestow_key *key, struct error *err)
{
	CLEANUP(bundle_done) struct bundle chain = { 0 };

	if (!add_with_key(&chain, certs, key, true, err))
		return false;
	if (chain.count == 0)
		return error_set(err, REASON_KEY_ACCESS,
				 "the key is not that of the TLS certificate");
	if (!add_with_key(&chain, certs, key, false, err))
		return false;
	bundle_done(&client->chain);
	client->chain = chain;
	chain = (struct bundle){ 0 };
	client->key = key;
	client->is_stale = true;
	return true;
}

static bool trust_certs(struct bestow_client *client, const struct bestow_certs *anchors,
			struct error *err)
{
	for (size_t i = 0; i < anchors->bundle.count; i++)
		if (!trust_add(&client->trust, anchors->bundle.certs[i], err))
			return false;
	client->is_stale = true;
	return true;
}

static bool trust_pin(struct bestow_client *client, const char *sha256, struct error *err)
{
	size_t len = 0;

	if (!hex_decode(sha256, client->trust.pin, sizeof client->trust.pin, &len) ||
	    len != sizeof client->trust.pin)
		return error_set(err, REASON_INVALID,
				 "a fingerprint is 64 hexadecimal digits (SHA-256)");
	client->trust.pinned = true;
	return true;
}

/* -- what leaves the library -- */

bool bestow_client_new(const char *url, struct bestow_client **ret, struct bestow_error *ret_err)
{
	struct error err = { 0 };

	return new_client(url, ret, &err) || failure_tell(&err, ret_err);
}

void bestow_client_free(struct bestow_client *client)
{
	if (!client)
		return;
	transport_curl_free(client->own_transport);
	trust_done(&client->trust);
	bundle_done(&client->issuers);
	bundle_done(&client->chain);
	secret_done(&client->passphrase);
	free(client->user);
	free(client);
}

bool bestow_client_trust(struct bestow_client *client, const struct bestow_certs *anchors,
			 struct bestow_error *ret_err)
{
	struct error err = { 0 };

	return trust_certs(client, anchors, &err) || failure_tell(&err, ret_err);
}

void bestow_client_trust_system(struct bestow_client *client)
{
	client->trust.system = true;
	client->is_stale = true;
}

bool bestow_client_trust_fingerprint(struct bestow_client *client, const char *sha256,
				     struct bestow_error *ret_err)
{
	struct error err = { 0 };

	return trust_pin(client, sha256, &err) || failure_tell(&err, ret_err);
}

bool bestow_client_set_passphrase(struct bestow_client *client, const char *user,
				  const char *passphrase, struct bestow_error *ret_err)
{
	struct error err = { 0 };

	return set_passphrase(client, user, passphrase, &err) || failure_tell(&err, ret_err);
}

bool bestow_client_set_certificate(struct bestow_client *client, const struct bestow_certs *certs,
				   const struct bestow_key *key, struct bestow_error *ret_err)
{
	struct error err = { 0 };

	return set_certificate(client, certs, key, &err) || failure_tell(&err, ret_err);
}

void bestow_client_set_timeout(struct bestow_client *client, unsigned int seconds)
{
	client->timeout_s = seconds < CLIENT_TIMEOUT_MAX ? seconds : CLIENT_TIMEOUT_MAX;
	if (client->timeout_s == 0)
		client->timeout_s = CLIENT_TIMEOUT_DEFAULT;
}

void bestow_client_set_patience(struct bestow_client *client, unsigned int seconds)
{
	client->patience_s = seconds;
}

void bestow_client_set_time_floor(struct bestow_client *client, int64_t seconds)
{
	client->time_floor = seconds;
}

int64_t bestow_client_server_time(const struct bestow_client *client)
{
	return client->server_time;
}

void bestow_client_set_transport(struct bestow_client *client,
				 const struct bestow_transport *transport, void *context)
{
	client->transport = transport;
	client->transport_context = context;
}

/* -- for transports -- */

const unsigned char *bestow_tls_certificate(const struct bestow_tls *tls, size_t index,
					    size_t *ret_size)
{
	if (tls->provisional || index >= tls->client->chain.count)
		return NULL;

	struct bytes der = cert_der(tls->client->chain.certs[index]);
	*ret_size = der.len;
	return der.data;
}

const struct bestow_key *bestow_tls_key(const struct bestow_tls *tls)
{
	return tls->provisional ? NULL : tls->client->key;
}

bool bestow_tls_wants_system(const struct bestow_tls *tls)
{
	return tls->client->trust.system && !tls->provisional;
}

static bool check_server(const struct bestow_tls *tls, const unsigned char *const *ders,
			 const size_t *sizes, size_t count, struct error *err)
{
	CLEANUP(bundle_done) struct bundle bundle = { 0 };
	struct error why = { 0 };

	for (size_t i = 0; i < count && i <= BUNDLE_CERTS_MAX; i++)
		if (!bundle_add_cert(&bundle, (struct bytes){ ders[i], sizes[i] }, &why))
			return error_set(err, REASON_SERVER_UNTRUSTED, "%s", why.detail);

	const struct server_chain chain = {
		.certs = (const struct cert *const *)bundle.certs,
		.count = bundle.count,
	};
	return trust_check_server(&tls->client->trust, tls->url->host, &chain,
				  client_now(tls->client), err);
}

bool bestow_tls_check_server(const struct bestow_tls *tls, const unsigned char *const *ders,
			     const size_t *sizes, size_t count, struct bestow_error *ret_err)
{
	struct error err = { 0 };

	return tls->provisional || check_server(tls, ders, sizes, count, &err) ||
	       failure_tell(&err, ret_err);
}
