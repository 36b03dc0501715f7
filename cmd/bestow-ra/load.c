#include "bestow-ra/load.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"

#define PASSPHRASE_FILE_MAX 65536
#define URL_MAX 1024
#define EST_PATH "/.well-known/est"

/* What one [upstream NAME] comes to. */
struct credentials {
	struct bestow_certs *anchors, *chain;
	struct bestow_key *key;
	struct secret passphrase; /* with a NUL behind it */
};

struct loaded {
	struct upstream *upstream;
	struct credentials credentials[CONFIG_UPSTREAMS_MAX];
};

static void credentials_done(struct credentials *credentials)
{
	bestow_certs_free(credentials->anchors);
	bestow_certs_free(credentials->chain);
	bestow_key_free(credentials->key);
	secret_done(&credentials->passphrase);
}

void loaded_free(struct loaded *loaded)
{
	if (!loaded)
		return;
	/* first whoever uses the keys */
	upstream_free(loaded->upstream);
	for (size_t i = 0; i < CONFIG_UPSTREAMS_MAX; i++)
		credentials_done(&loaded->credentials[i]);
	free(loaded);
}

struct upstream *loaded_upstream(struct loaded *loaded)
{
	return loaded->upstream;
}

/* -- an upstream -- */

static bool refuse_file(const char *path, const struct bestow_error *why, struct error *err)
{
	return error_set(err, REASON_CONFIG, "%s: %s", path,
			 *why->detail ? why->detail : why->words);
}

static bool load_certs(const char *path, struct bestow_certs **ret, struct error *err)
{
	struct bestow_error why = { 0 };

	return !path || bestow_certs_open(path, ret, &why) || refuse_file(path, &why, err);
}

static bool load_key(const char *path, struct bestow_key **ret, struct error *err)
{
	CLEANUP(secret_done) struct secret unread = { 0 };
	struct bestow_error why = { 0 };

	if (!path)
		return true;
	/* only its owner may read it */
	if (!secret_load(path, PASSPHRASE_FILE_MAX, &unread, err))
		return false;
	return bestow_key_open(path, NULL, ret, &why) || refuse_file(path, &why, err);
}

static bool load_passphrase(const char *path, struct secret *ret, struct error *err)
{
	CLEANUP(secret_done) struct secret text = { 0 };
	CLEANUP(buffer_wipe) struct buffer ended = { 0 };

	if (!path)
		return true;
	if (!secret_load(path, PASSPHRASE_FILE_MAX, &text, err))
		return false;
	buffer_append(&ended, secret_view(&text));
	buffer_append_byte(&ended, '\0');
	return buffer_ok(&ended) ? secret_copy(buffer_view(&ended), ret, err)
				 : error_set(err, REASON_NO_MEMORY, "passphrase");
}

static bool load_credentials(const struct config_upstream *from, struct credentials *ret,
			     struct error *err)
{
	return load_certs(from->anchors, &ret->anchors, err) &&
	       load_certs(from->certificate, &ret->chain, err) &&
	       load_key(from->private_key, &ret->key, err) &&
	       load_passphrase(from->passphrase_file, &ret->passphrase, err);
}

/* -- a profile -- */

static const enum auth_method methods[] = {
	[CONFIG_AUTH_CERTIFICATE] = AUTH_TLS_CERTIFICATE,
	[CONFIG_AUTH_PASSPHRASE] = AUTH_PASSPHRASE,
	[CONFIG_AUTH_EITHER] = AUTH_EITHER,
};

static const enum challenge_meaning meanings[] = {
	[CONFIG_CHALLENGE_BINDING] = CHALLENGE_IS_BINDING,
	[CONFIG_CHALLENGE_PASSPHRASE] = CHALLENGE_IS_PASSPHRASE,
	[CONFIG_CHALLENGE_IGNORED] = CHALLENGE_IGNORED,
};

static bool make_profile(const struct config_profile *from, int64_t id, struct profile **ret,
			 struct error *err)
{
	CLEANUP(profile_freep) struct profile *profile = NULL;

	if (!profile_new(TEMPLATE_GENERIC_DEVICE, &profile, err))
		return false;
	free(profile->name);
	profile->name = strdup(from->name);
	if (!profile->name)
		return error_set(err, REASON_NO_MEMORY, "profile");
	profile->id = profile->account_id = id;
	profile->auth = methods[from->auth];
	profile->challenge = meanings[from->challenge];
	profile->binding = from->require_binding ? BINDING_REQUIRED : BINDING_OPTIONAL;
	profile->identity = from->any_name ? IDENTITY_ANY : IDENTITY_MUST_MATCH;
	profile->own_certificate = OWN_CERTIFICATE_ENROLLS;
	profile->strict_encoding = from->strict_encoding;
	profile->serverkeygen = from->serverkeygen;
	*ret = TAKE(profile);
	return true;
}

static bool load_anchors(const char *path, struct gate *gate, struct error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct error why = { 0 };

	if (!path)
		return true;
	return (file_load(path, BUNDLE_BYTES_MAX, &text, &why) &&
		gate_add_anchors(gate, buffer_view(&text), &why)) ||
	       error_set(err, REASON_CONFIG, "%s: %s", path, why.detail);
}

static bool load_passphrases(const char *path, struct gate *gate, struct error *err)
{
	CLEANUP(secret_done) struct secret text = { 0 };
	struct error why = { 0 };

	if (!path)
		return true;
	if (!secret_load(path, PASSPHRASE_FILE_MAX, &text, err))
		return false;
	return gate_add_passphrases(gate, secret_view(&text), &why) ||
	       error_set(err, why.reason, "%s: %s", path, why.detail);
}

static bool make_gate(const struct config_profile *from, int64_t id, struct gate *ret,
		      struct error *err)
{
	ret->accept_ra = from->accept_ra;
	return make_profile(from, id, &ret->profile, err) &&
	       address_set_make(from->allow.ranges, from->allow.count, &ret->allowed, err) &&
	       load_anchors(from->client_anchors, ret, err) &&
	       load_passphrases(from->passphrase_file, ret, err);
}

static size_t find_upstream(const struct config *config, const char *name)
{
	size_t at = 0;

	while (strcmp(config->upstreams[at].name, name) != 0)
		at++;
	return at;
}

static bool write_url(const struct config_upstream *upstream, const char *label, char url[URL_MAX],
		      struct error *err)
{
	int len = snprintf(url, URL_MAX, "%s" EST_PATH "%s%s", upstream->url, label ? "/" : "",
			   label ? label : "");

	return len < URL_MAX || error_set(err, REASON_CONFIG, "url: too long");
}

static bool add_profile(const struct config *config, size_t index, struct loaded *loaded,
			struct error *err)
{
	const struct config_profile *from = &config->profiles[index];
	size_t at = find_upstream(config, from->upstream);
	const struct config_upstream *upstream = &config->upstreams[at];
	const struct credentials *credentials = &loaded->credentials[at];
	CLEANUP(gate_done) struct gate gate = { 0 };
	struct error why = { 0 };
	char url[URL_MAX];
	struct upstream_profile_options options = {
		.remote = { .url = url,
			    .anchors = credentials->anchors,
			    .chain = credentials->chain,
			    .key = credentials->key,
			    .user = upstream->user,
			    .passphrase = (const char *)credentials->passphrase.data,
			    .timeout_s = upstream->timeout_ms / 1000,
			    /* one more looks for what has changed */
			    .clients_max = config->node.workers + 1 },
		.gate = &gate,
		.label_count = from->labels.count,
		.is_default = from->is_default,
		.refresh_ms = upstream->refresh_ms,
	};

	for (size_t i = 0; i < from->labels.count; i++)
		options.labels[i] = from->labels.texts[i];
	return (write_url(upstream, from->upstream_label, url, &why) &&
		make_gate(from, (int64_t)index + 1, &gate, &why) &&
		upstream_add(loaded->upstream, &options, &why)) ||
	       error_set(err, why.reason, "[profile %s] %s", from->name, why.detail);
}

bool load_upstream(const struct config *config, const struct upstream_options *options,
		   struct loaded **ret, struct error *err)
{
	CLEANUP(loaded_freep) struct loaded *loaded = calloc(1, sizeof *loaded);
	struct error why = { 0 };

	if (!loaded)
		return error_set(err, REASON_NO_MEMORY, "configuration");
	if (!upstream_new(options, &loaded->upstream, err))
		return false;
	for (size_t i = 0; i < config->upstream_count; i++)
		if (!load_credentials(&config->upstreams[i], &loaded->credentials[i], &why))
			return error_set(err, why.reason, "[upstream %s] %s",
					 config->upstreams[i].name, why.detail);
	for (size_t i = 0; i < config->profile_count; i++)
		if (!add_profile(config, i, loaded, err))
			return false;
	*ret = TAKE(loaded);
	return true;
}
