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

#define NODE(field) HOME_NODE, offsetof(struct config_node, field)
#define EST(field) HOME_EST, offsetof(struct config_est, field)
#define VA(field) HOME_VA, offsetof(struct config_va, field)
#define ADMIN(field) HOME_ADMIN, offsetof(struct config_admin, field)
#define TOKEN(field) HOME_TOKEN, offsetof(struct config_token, field)
#define LISTENER(field) HOME_LISTENER, offsetof(struct config_listener, field)

/* clang-format off */
const struct key keys[] = {
	{ "state_dir", NODE(state_dir), parse_path, "/var/lib/bestowd", { 0 }, false, NULL },
	{ "socket", NODE(socket), parse_path, "/run/bestowd/admin.sock", { 0 }, false, NULL },
	{ "edges", NODE(edges), parse_count, "auto", { auto_count, 1, CONFIG_EDGES_MAX }, false, NULL },
	{ "workers", NODE(workers), parse_count, "4", { NULL, 1, CONFIG_WORKERS_MAX }, false, NULL },
	{ "key_passphrase_file", NODE(key_passphrase_file), parse_secret_path, "", { 0 }, false, NULL },
	{ "user", NODE(user), parse_user, "", { 0 }, false, NULL },
	{ "est_url", NODE(est_url), parse_url, "", { 0 }, false, NULL },
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
	{ "trusted_proxies", LISTENER(trusted_proxies), parse_proxies, NULL, { 0 }, true, NULL },
};
/* clang-format on */
const size_t key_count = ARRAY_LEN(keys);

static const char listener_prefix[] = "listener ";

bool section_is_listener(const char *section)
{
	return strncmp(section, listener_prefix, strlen(listener_prefix)) == 0 &&
	       !strchr(" \t", section[strlen(listener_prefix)]);
}

bool section_exists(const char *section)
{
	return strcmp(section, "node") == 0 || strcmp(section, "est") == 0 ||
	       strcmp(section, "va") == 0 || strcmp(section, "admin") == 0 ||
	       strcmp(section, "token") == 0 || section_is_listener(section);
}

/* [est] has a listener of its own. */
static bool may_stand_in(const struct key *key, const char *section)
{
	switch (key->home) {
	case HOME_NODE:
		return strcmp(section, "node") == 0;
	case HOME_EST:
		return strcmp(section, "est") == 0;
	case HOME_VA:
		return strcmp(section, "va") == 0;
	case HOME_ADMIN:
		return strcmp(section, "admin") == 0;
	case HOME_TOKEN:
		return strcmp(section, "token") == 0;
	case HOME_LISTENER:
		return strcmp(section, "est") == 0 || strcmp(section, "va") == 0 ||
		       strcmp(section, "admin") == 0 || section_is_listener(section);
	}
	return false;
}

const struct key *key_find(const char *section, const char *name)
{
	for (size_t i = 0; i < key_count; i++)
		if (strcmp(keys[i].name, name) == 0 && may_stand_in(&keys[i], section))
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

static const struct key *nearest_in(const char *section, const char *name)
{
	const struct key *nearest = NULL;
	unsigned int best = 4; /* further than this is another word */

	for (size_t i = 0; i < key_count; i++) {
		unsigned int distance = spelling_distance(keys[i].name, name);
		if (!may_stand_in(&keys[i], section) || distance >= best ||
		    distance >= strlen(keys[i].name))
			continue;
		best = distance;
		nearest = &keys[i];
	}
	return nearest;
}

static const char *home_name(const struct key *key)
{
	switch (key->home) {
	case HOME_NODE:
		return "node";
	case HOME_EST:
		return "est";
	case HOME_VA:
		return "va";
	case HOME_ADMIN:
		return "admin";
	case HOME_TOKEN:
		return "token";
	case HOME_LISTENER:
		return "est], [va], [admin] and [listener NAME";
	}
	return "";
}

void key_suggest(const char *section, const char *name, char *into, size_t size)
{
	const struct key *nearest = nearest_in(section, name);

	into[0] = '\0';
	if (nearest) {
		snprintf(into, size, "; did you mean %s?", nearest->name);
		return;
	}
	for (size_t i = 0; i < key_count; i++)
		if (strcmp(keys[i].name, name) == 0)
			snprintf(into, size, "; it belongs to [%s]", home_name(&keys[i]));
}
