#include "bestow/session.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/duration.h"
#include "bestow/names.h"
#include "bestow/say.h"
#include "est_client/failure.h"

#define KEY_BY_SERVER "server"
#define KEY_BY_SERVER_ENCRYPTED "server-encrypted"

static const char *const key_kinds[] = { "p256",    "p384",        "p521",
					 "ed25519", "rsa2048",     "rsa3072",
					 "rsa4096", KEY_BY_SERVER, KEY_BY_SERVER_ENCRYPTED };

bool session_fail(const struct error *err, struct bestow_error *ret)
{
	return failure_tell(err, ret);
}

static bool trust_file(struct bestow_client *client, const char *path, struct bestow_error *err)
{
	struct bestow_certs *anchors = NULL;
	bool trusted =
		bestow_certs_open(path, &anchors, err) && bestow_client_trust(client, anchors, err);

	bestow_certs_free(anchors);
	return trusted;
}

/* Stored certificates of CAs between root and leaf would be anchors too; only the roots shall be.
 */
static bool trust_stored(const struct options *options, struct bestow_client *client,
			 struct bestow_error *err)
{
	char path[PATH_MAX];

	if (!options->name || !identity_path(options, "anchors.pem", NULL, path, NULL) ||
	    access(path, F_OK) != 0)
		return true;
	return trust_file(client, path, err);
}

static bool set_trust(const struct options *options, struct bestow_client *client,
		      struct bestow_error *err)
{
	if (options->ca && strcmp(options->ca, "system") == 0)
		bestow_client_trust_system(client);
	else if (options->ca && !trust_file(client, options->ca, err))
		return false;
	if (options->fingerprint &&
	    !bestow_client_trust_fingerprint(client, options->fingerprint, err))
		return false;
	return trust_stored(options, client, err);
}

static bool set_limits(const struct options *options, struct bestow_client *client,
		       struct bestow_error *err)
{
	int64_t seconds;
	const struct {
		const char *text, *name;
		void (*set)(struct bestow_client *, unsigned int);
	} limits[] = {
		{ options->timeout, "timeout", bestow_client_set_timeout },
		{ options->wait, "--wait", bestow_client_set_patience },
	};

	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		struct error why = { 0 };

		if (!limits[i].text)
			continue;
		if (!duration_from_text(limits[i].text, &seconds) || seconds > UINT32_MAX) {
			(void)error_set(&why, REASON_INVALID, "%s: %s is no duration",
					limits[i].name, limits[i].text);
			return session_fail(&why, err);
		}
		limits[i].set(client, (unsigned int)seconds);
	}
	return true;
}

bool session_open(const struct options *options, const struct memory *memory, struct session *ret,
		  struct bestow_error *err)
{
	struct session session = { 0 };
	struct error why = { 0 };

	if (!options->url) {
		(void)error_set(&why, REASON_INVALID, "no server is named: --url");
		return session_fail(&why, err);
	}
	if (!bestow_client_new(options->url, &session.client, err))
		return false;
	bestow_client_set_time_floor(session.client, memory_now(memory));
	if (!set_trust(options, session.client, err) || !set_limits(options, session.client, err)) {
		session_close(&session);
		return false;
	}
	*ret = session;
	return true;
}

void session_close(struct session *session)
{
	bestow_client_free(session->client);
	bestow_key_free(session->key);
	bestow_certs_free(session->certs);
	*session = (struct session){ 0 };
}

/* -- who we are -- */

bool session_open_key(const struct options *options, const char *reference, struct bestow_key **ret,
		      struct bestow_error *err)
{
	CLEANUP(buffer_wipe) struct buffer pin = { 0 };
	struct error why = { 0 };

	if (options->pin_file && !option_secret(options->pin_file, &pin, &why))
		return session_fail(&why, err);
	return bestow_key_open(reference, pin.len ? (const char *)pin.data : NULL, ret, err);
}

static bool use_passphrase(const struct options *options, struct session *session,
			   struct bestow_error *err)
{
	CLEANUP(buffer_wipe) struct buffer secret = { 0 };
	struct error why = { 0 };

	if (!options->passphrase_file)
		return true;
	if (!option_secret(options->passphrase_file, &secret, &why))
		return session_fail(&why, err);
	return bestow_client_set_passphrase(session->client, options->user ? options->user : "",
					    (const char *)secret.data, err);
}

bool session_bootstrap(const struct options *options, struct session *session,
		       struct bestow_error *err)
{
	if (!use_passphrase(options, session, err))
		return false;
	if (!options->certificate)
		return true;
	return bestow_certs_open(options->certificate, &session->certs, err) &&
	       session_open_key(options, options->key ? options->key : options->certificate,
				&session->key, err) &&
	       bestow_client_set_certificate(session->client, session->certs, session->key, err);
}

bool session_use_pair(const struct options *options, struct session *session, struct pair *pair,
		      struct bestow_error *err)
{
	session->key = TAKE(pair->key);
	session->certs = TAKE(pair->certs);
	if (!session->key && !session_open_key(options, options->new_key ? options->new_key : "",
					       &session->key, err))
		return false;
	return bestow_client_set_certificate(session->client, session->certs, session->key, err);
}

bool session_keeps_key(const struct options *options)
{
	for (size_t i = 0; options->new_key && i < ARRAY_LEN(key_kinds); i++)
		if (strcmp(key_kinds[i], options->new_key) == 0)
			return false;
	return options->new_key != NULL;
}

bool session_lets_server_make_key(const struct options *options)
{
	return options->new_key && (strcmp(options->new_key, KEY_BY_SERVER) == 0 ||
				    strcmp(options->new_key, KEY_BY_SERVER_ENCRYPTED) == 0);
}

/* -- what is asked for -- */

static bool add_san(struct bestow_request *request, const struct session *session,
		    const char *written, struct bestow_error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct error why = { 0 };

	if (!names_fill(written, session->certs, &text, &why))
		return session_fail(&why, err);
	char *colon = strchr((char *)text.data, ':');
	if (!colon) {
		(void)error_set(&why, REASON_INVALID, "%s: TYPE:VALUE, as dns:host.example",
				written);
		return session_fail(&why, err);
	}
	*colon = '\0';
	return bestow_request_add_san(request, (char *)text.data, colon + 1, err);
}

static bool set_binding(const struct options *options, struct bestow_request *request,
			struct bestow_error *err)
{
	static const struct {
		const char *name;
		enum bestow_binding binding;
	} words[] = {
		{ "auto", BESTOW_BINDING_AUTO },
		{ "none", BESTOW_BINDING_NONE },
		{ "challenge", BESTOW_BINDING_CHALLENGE },
		{ "linking", BESTOW_BINDING_LINKING },
	};
	struct error why = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!options->binding || strcmp(words[i].name, options->binding) == 0) {
			bestow_request_set_binding(request, words[i].binding);
			return true;
		}
	(void)error_set(&why, REASON_INVALID, "binding = %s: auto, none, challenge or linking",
			options->binding);
	return session_fail(&why, err);
}

static bool set_challenge(const struct options *options, struct bestow_request *request,
			  struct bestow_error *err)
{
	CLEANUP(buffer_wipe) struct buffer secret = { 0 };
	struct error why = { 0 };

	if (!options->challenge_file)
		return true;
	if (!option_secret(options->challenge_file, &secret, &why))
		return session_fail(&why, err);
	return bestow_request_set_challenge(request, (const char *)secret.data, err);
}

/* For the key of the TLS certificate, which servers know. */
static bool set_decrypt_key(const struct options *options, const struct session *session,
			    struct bestow_request *request, struct bestow_error *err)
{
	struct error why = { 0 };

	if (!options->new_key || strcmp(options->new_key, KEY_BY_SERVER_ENCRYPTED) != 0)
		return true;
	for (size_t i = 0; session->certs && i < bestow_certs_count(session->certs); i++)
		if (bestow_cert_has_key(session->certs, i, session->key))
			return bestow_request_set_decrypt_key(request, session->certs, i,
							      session->key, err);
	(void)error_set(&why, REASON_INVALID,
			"a key can be encrypted only for that of a TLS certificate: --cert");
	return session_fail(&why, err);
}

bool session_fill_request(const struct options *options, const struct session *session,
			  struct bestow_request *request, struct bestow_error *err)
{
	CLEANUP(buffer_done) struct buffer subject = { 0 };
	struct error why = { 0 };

	if (!names_fill(options->subject ? options->subject : "CN={hostname}", session->certs,
			&subject, &why))
		return session_fail(&why, err);
	if (!bestow_request_set_subject(request, (const char *)subject.data, err))
		return false;
	for (size_t i = 0; i < options->sans.count; i++)
		if (!add_san(request, session, options->sans.items[i], err))
			return false;
	return set_binding(options, request, err) && set_challenge(options, request, err) &&
	       set_decrypt_key(options, session, request, err);
}
