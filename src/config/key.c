#include "config/key.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define KIB 1024u
#define MIB (1024u * 1024)
#define HOUR 3600u

static const struct choice auto_count[] = { { "auto", 0 }, { NULL, 0 } };
static const struct choice log_formats[] = {
	{ "auto", LOG_FORMAT_AUTO },
	{ "text", LOG_FORMAT_TEXT },
	{ "json", LOG_FORMAT_JSON },
	{ NULL, 0 },
};
static const struct choice log_levels[] = {
	{ "debug", LOG_LEVEL_DEBUG },
	{ "info", LOG_LEVEL_INFO },
	{ "warning", LOG_LEVEL_WARNING },
	{ "error", LOG_LEVEL_ERROR },
	{ NULL, 0 },
};
static const struct choice tls_versions[] = { { "1.2", 12 }, { "1.3", 13 }, { NULL, 0 } };

static const struct choice forwarded_headers[] = {
	{ "none", CONFIG_FORWARDED_NONE },
	{ "x-forwarded-for", CONFIG_FORWARDED_X_FORWARDED_FOR },
	{ "forwarded", CONFIG_FORWARDED_RFC7239 },
	{ NULL, 0 },
};

static const struct choice auths[] = {
	{ "certificate", CONFIG_AUTH_CERTIFICATE },
	{ "passphrase", CONFIG_AUTH_PASSPHRASE },
	{ "either", CONFIG_AUTH_EITHER },
	{ NULL, 0 },
};
static const struct choice challenges[] = {
	{ "binding", CONFIG_CHALLENGE_BINDING },
	{ "passphrase", CONFIG_CHALLENGE_PASSPHRASE },
	{ "ignored", CONFIG_CHALLENGE_IGNORED },
	{ NULL, 0 },
};

#define NODE(field) HOME_NODE, offsetof(struct config_node, field)
#define AUTHORITY(field) HOME_AUTHORITY, offsetof(struct config_node, field)
#define PROXY(field) HOME_PROXY, offsetof(struct config_node, field)
#define UPSTREAM(field) HOME_UPSTREAM, offsetof(struct config_upstream, field)
#define PROFILE(field) HOME_PROFILE, offsetof(struct config_profile, field)
#define EST(field) HOME_EST, offsetof(struct config_est, field)
#define VA(field) HOME_VA, offsetof(struct config_va, field)
#define ADMIN(field) HOME_ADMIN, offsetof(struct config_admin, field)
#define TOKEN(field) HOME_TOKEN, offsetof(struct config_token, field)
#define LISTENER(field) HOME_LISTENER, offsetof(struct config_listener, field)

/* clang-format off */
const struct key keys[] = {
	{ "state_dir", AUTHORITY(state_dir), parse_path, "/var/lib/bestowd", { 0 }, false, NULL },
	{ "socket", AUTHORITY(socket), parse_path, "/run/bestowd/admin.sock", { 0 }, false, NULL },
	{ "edges", NODE(edges), parse_count, "auto", { auto_count, 1, CONFIG_EDGES_MAX }, false, NULL },
	{ "workers", PROXY(workers), parse_count, "16", { NULL, 1, CONFIG_WORKERS_MAX }, false, NULL },
	{ "workers", AUTHORITY(workers), parse_count, "4", { NULL, 1, CONFIG_WORKERS_MAX }, false, NULL },
	{ "key_passphrase_file", AUTHORITY(key_passphrase_file), parse_secret_path, "", { 0 }, false, NULL },
	{ "user", NODE(user), parse_user, "", { 0 }, false, NULL },
	{ "est_url", AUTHORITY(est_url), parse_url, "", { 0 }, false, NULL },
	{ "log_format", NODE(log_format), parse_choice, "auto", { log_formats, 0, 0 }, false, NULL },
	{ "log_level", NODE(log_level), parse_choice, "info", { log_levels, 0, 0 }, false, NULL },
	{ "require_lockdown", NODE(require_lockdown), parse_flag, "yes", { 0 }, false, NULL },

	{ "certificate", EST(certificate), parse_auto_path, "auto", { 0 }, false, NULL },
	{ "private_key", EST(private_key), parse_auto_path, "auto", { 0 }, false, NULL },
	{ "tls_min", EST(tls_min), parse_choice, "1.2", { tls_versions, 0, 0 }, false, NULL },
	{ "base_path", EST(base_path), parse_base_path, "", { NULL, 0, 128 }, false, NULL },
	{ "drop_unlisted", EST(drop_unlisted), parse_flag, "no", { 0 }, false, NULL },
	{ "head_max", EST(head_max), parse_size, "8k", { NULL, KIB, 64 * KIB }, false, NULL },
	{ "body_max", EST(body_max), parse_size, "64k", { NULL, 4 * KIB, MIB }, false, NULL },
	{ "handshake_timeout", EST(handshake_ms), parse_ms, "10s", { NULL, 1, HOUR }, false, NULL },
	{ "request_timeout", EST(request_ms), parse_ms, "30s", { NULL, 1, HOUR }, false, NULL },
	{ "idle_timeout", EST(idle_ms), parse_ms, "60s", { NULL, 1, 24 * HOUR }, false, NULL },
	{ "answer_timeout", EST(answer_ms), parse_ms, "30s", { NULL, 1, HOUR }, false, NULL },
	{ "connections_max", EST(connections_max), parse_count, "10000", { NULL, 1, 1000000 }, false, NULL },
	{ "connections_per_address", EST(connections_per_address), parse_count, "200", { NULL, 1, 1000000 }, false, NULL },

	{ "url", VA(url), parse_va_url, "", { 0 }, false, NULL },
	{ "crl_validity", VA(crl_validity_ms), parse_ms, "7d", { NULL, 600, 40 * 24 * HOUR }, false, NULL },
	{ "crl_interval", VA(crl_interval_ms), parse_ms, "1d", { NULL, 60, 40 * 24 * HOUR }, false, NULL },
	{ "crl_after_revocation", VA(crl_after_revocation_ms), parse_ms, "30s", { NULL, 1, 24 * HOUR }, false, NULL },
	{ "crl_delta_interval", VA(crl_delta_interval_ms), parse_ms, "0s", { NULL, 0, 40 * 24 * HOUR }, false, NULL },
	{ "ocsp_validity", VA(ocsp_validity_ms), parse_ms, "1h", { NULL, 60, 40 * 24 * HOUR }, false, NULL },
	{ "ocsp_responder_validity", VA(ocsp_responder_validity_ms), parse_ms, "30d", { NULL, 60, 40 * 24 * HOUR }, false, NULL },

	{ "url", ADMIN(url), parse_url, "", { 0 }, false, NULL },

	{ "module", TOKEN(module), parse_auto_path, "", { 0 }, false, NULL },
	{ "label", TOKEN(label), parse_label, "", { NULL, 0, 32 }, false, NULL },
	{ "pin_file", TOKEN(pin_file), parse_secret_path, "", { 0 }, false, NULL },
	{ "sessions", TOKEN(sessions), parse_count, "4", { NULL, 1, 64 }, false, NULL },
	{ "network", TOKEN(network), parse_flag, "no", { 0 }, false, NULL },

	{ "listen", HOME_LISTENER, 0, parse_listens, "0.0.0.0:8443", { 0 }, true, "[::]:8443" },
	{ "proxy_protocol", LISTENER(proxy_protocol), parse_flag, "no", { 0 }, false, NULL },
	{ "forwarded_header", LISTENER(forwarded_header), parse_choice, "none", { forwarded_headers, 0, 0 }, false, NULL },
	{ "trusted_proxies", LISTENER(trusted_proxies), parse_proxies, NULL, { 0 }, true, NULL },

	{ "url", UPSTREAM(url), parse_url, "", { 0 }, false, NULL },
	{ "anchors", UPSTREAM(anchors), parse_auto_path, "", { 0 }, false, NULL },
	{ "certificate", UPSTREAM(certificate), parse_auto_path, "", { 0 }, false, NULL },
	{ "private_key", UPSTREAM(private_key), parse_auto_path, "", { 0 }, false, NULL },
	{ "user", UPSTREAM(user), parse_label, "", { NULL, 0, 128 }, false, NULL },
	{ "passphrase_file", UPSTREAM(passphrase_file), parse_auto_path, "", { 0 }, false, NULL },
	{ "timeout", UPSTREAM(timeout_ms), parse_ms, "20s", { NULL, 1, 28 }, false, NULL },
	{ "refresh", UPSTREAM(refresh_ms), parse_ms, "5m", { NULL, 1, 24 * HOUR }, false, NULL },

	{ "upstream", PROFILE(upstream), parse_name, "", { NULL, 0, SECTION_NAME_MAX }, false, NULL },
	{ "upstream_label", PROFILE(upstream_label), parse_est_label, "", { NULL, 0, CONFIG_LABEL_MAX }, false, NULL },
	{ "label", PROFILE(labels), parse_est_labels, NULL, { NULL, 0, CONFIG_LABEL_MAX }, true, NULL },
	{ "default", PROFILE(is_default), parse_flag, "no", { 0 }, false, NULL },
	{ "allow", PROFILE(allow), parse_proxies, NULL, { 0 }, true, NULL },
	{ "auth", PROFILE(auth), parse_choice, "certificate", { auths, 0, 0 }, false, NULL },
	{ "client_anchors", PROFILE(client_anchors), parse_auto_path, "", { 0 }, false, NULL },
	{ "passphrase_file", PROFILE(passphrase_file), parse_auto_path, "", { 0 }, false, NULL },
	{ "any_name", PROFILE(any_name), parse_flag, "no", { 0 }, false, NULL },
	{ "accept_ra", PROFILE(accept_ra), parse_flag, "no", { 0 }, false, NULL },
	{ "require_binding", PROFILE(require_binding), parse_flag, "no", { 0 }, false, NULL },
	{ "challenge", PROFILE(challenge), parse_choice, "binding", { challenges, 0, 0 }, false, NULL },
	{ "strict_encoding", PROFILE(strict_encoding), parse_flag, "no", { 0 }, false, NULL },
	{ "serverkeygen", PROFILE(serverkeygen), parse_flag, "no", { 0 }, false, NULL },
};
/* clang-format on */
const size_t key_count = ARRAY_LEN(keys);

/* -- which sections there are, and whose -- */

#define IN(dialect) (1u << (dialect))
#define IN_BOTH (IN(CONFIG_BESTOWD) | IN(CONFIG_RA))

static const struct home {
	const char *section;
	const char *prefix; /* of "PREFIX NAME", where there may be many; NULL: there is one */
	const char *words;  /* where else a key of this home may stand, for a person */
	unsigned int dialects;
} homes[] = {
	[HOME_NODE] = { "node", NULL, "node", IN_BOTH },
	[HOME_AUTHORITY] = { "node", NULL, "node", IN(CONFIG_BESTOWD) },
	[HOME_PROXY] = { "node", NULL, "node", IN(CONFIG_RA) },
	[HOME_EST] = { "est", NULL, "est", IN_BOTH },
	[HOME_VA] = { "va", NULL, "va", IN(CONFIG_BESTOWD) },
	[HOME_ADMIN] = { "admin", NULL, "admin", IN(CONFIG_BESTOWD) },
	[HOME_TOKEN] = { "token", NULL, "token", IN(CONFIG_BESTOWD) },
	[HOME_LISTENER] = { "est", "listener ", "est], [va], [admin], [metrics] and [listener NAME",
			    IN_BOTH },
	[HOME_UPSTREAM] = { "", "upstream ", "upstream NAME", IN(CONFIG_RA) },
	[HOME_PROFILE] = { "", "profile ", "profile NAME", IN(CONFIG_RA) },
};

bool key_is_of(enum config_dialect dialect, const struct key *key)
{
	return homes[key->home].dialects & IN(dialect);
}

bool key_has_defaults(const struct key *key)
{
	return homes[key->home].section[0];
}

const char *key_section(const struct key *key)
{
	return homes[key->home].section;
}

const char *section_name(enum key_home home, const char *section)
{
	const char *prefix = homes[home].prefix;
	size_t len = prefix ? strlen(prefix) : 0;

	if (!prefix || strncmp(section, prefix, len) != 0 || strchr(" \t", section[len]))
		return NULL;
	return section + len;
}

bool section_is_listener(const char *section)
{
	return section_name(HOME_LISTENER, section) != NULL;
}

bool section_exists(enum config_dialect dialect, const char *section)
{
	for (size_t i = 0; i < ARRAY_LEN(homes); i++)
		if ((homes[i].dialects & IN(dialect)) &&
		    ((*homes[i].section && strcmp(section, homes[i].section) == 0) ||
		     section_name((enum key_home)i, section)))
			return true;
	return strcmp(section, "metrics") == 0;
}

const char *sections_text(enum config_dialect dialect)
{
	return dialect == CONFIG_RA
		       ? "[node], [est], [metrics], [listener NAME], [upstream NAME] and [profile "
			 "NAME]"
		       : "[node], [est], [va], [admin], [metrics], [token] and [listener NAME]";
}

/* Sections with listeners of their own, beside [est]. */
static bool has_listener(const char *section)
{
	static const char *const sections[] = { "va", "admin", "metrics" };

	for (size_t i = 0; i < ARRAY_LEN(sections); i++)
		if (strcmp(section, sections[i]) == 0)
			return true;
	return false;
}

static bool may_stand_in(const struct key *key, const char *section)
{
	const struct home *home = &homes[key->home];

	if (section_name(key->home, section))
		return true;
	if (key->home == HOME_LISTENER && has_listener(section))
		return true;
	return *home->section && strcmp(section, home->section) == 0;
}

const struct key *key_find(enum config_dialect dialect, const char *section, const char *name)
{
	for (size_t i = 0; i < key_count; i++)
		if (key_is_of(dialect, &keys[i]) && strcmp(keys[i].name, name) == 0 &&
		    section_exists(dialect, section) && may_stand_in(&keys[i], section))
			return &keys[i];
	return NULL;
}

#define SPELLING_MAX 48

static unsigned int least(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int smaller = a < b ? a : b;

	return smaller < c ? smaller : c;
}

/* How many characters must be added, removed or changed. */
static unsigned int spelling_distance(const char *a, const char *b)
{
	unsigned int row[SPELLING_MAX + 1];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > SPELLING_MAX || b_len > SPELLING_MAX)
		return SPELLING_MAX;
	for (unsigned int j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned int diagonal = row[0];
		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned int above = row[j];
			row[j] =
				least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_len];
}

static const struct key *nearest_in(enum config_dialect dialect, const char *section,
				    const char *name)
{
	const struct key *nearest = NULL;
	unsigned int best = 4; /* further than this is another word */

	for (size_t i = 0; i < key_count; i++) {
		unsigned int distance = spelling_distance(keys[i].name, name);
		if (!key_is_of(dialect, &keys[i]) || !may_stand_in(&keys[i], section) ||
		    distance >= best || distance >= strlen(keys[i].name))
			continue;
		best = distance;
		nearest = &keys[i];
	}
	return nearest;
}

void key_suggest(enum config_dialect dialect, const char *section, const char *name, char *into,
		 size_t size)
{
	const struct key *nearest = nearest_in(dialect, section, name);

	into[0] = '\0';
	if (nearest) {
		snprintf(into, size, "; did you mean %s?", nearest->name);
		return;
	}
	for (size_t i = 0; i < key_count; i++)
		if (key_is_of(dialect, &keys[i]) && strcmp(keys[i].name, name) == 0)
			snprintf(into, size, "; it belongs to [%s]", homes[keys[i].home].words);
}
