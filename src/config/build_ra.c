#include "config/build_ra.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SECTION_MAX (SECTION_NAME_MAX + 16)

/* -- making sections -- */

static bool copy_name(const char *name, char **ret, struct error *err)
{
	*ret = strdup(name);
	return *ret || error_set(err, REASON_NO_MEMORY, "configuration");
}

bool build_find_upstream(struct config *config, const char *name, void **ret, struct error *err)
{
	struct config_upstream fresh = { 0 };

	for (size_t i = 0; i < config->upstream_count; i++) {
		*ret = &config->upstreams[i];
		if (strcmp(config->upstreams[i].name, name) == 0)
			return true;
	}
	if (config->upstream_count == CONFIG_UPSTREAMS_MAX)
		return error_set(err, REASON_CONFIG, "more than %d upstreams",
				 CONFIG_UPSTREAMS_MAX);
	if (!section_name_check(name, err))
		return false;
	struct config_upstream *grown =
		reallocarray(config->upstreams, config->upstream_count + 1, sizeof *grown);
	if (!grown)
		return error_set(err, REASON_NO_MEMORY, "configuration");
	config->upstreams = grown;
	if (!copy_name(name, &fresh.name, err))
		return false;
	*ret = &config->upstreams[config->upstream_count];
	config->upstreams[config->upstream_count++] = fresh;
	return true;
}

bool build_find_profile(struct config *config, const char *name, void **ret, struct error *err)
{
	struct config_profile fresh = { 0 };

	for (size_t i = 0; i < config->profile_count; i++) {
		*ret = &config->profiles[i];
		if (strcmp(config->profiles[i].name, name) == 0)
			return true;
	}
	if (config->profile_count == CONFIG_PROFILES_MAX)
		return error_set(err, REASON_CONFIG, "more than %d profiles", CONFIG_PROFILES_MAX);
	if (!section_name_check(name, err))
		return false;
	struct config_profile *grown =
		reallocarray(config->profiles, config->profile_count + 1, sizeof *grown);
	if (!grown)
		return error_set(err, REASON_NO_MEMORY, "configuration");
	config->profiles = grown;
	if (!copy_name(name, &fresh.name, err))
		return false;
	*ret = &config->profiles[config->profile_count];
	config->profiles[config->profile_count++] = fresh;
	return true;
}

/* -- what must fit together -- */

/* A demand on a section: the words for who breaks it, told of where `key` stands. */
struct demand {
	bool is_met;
	const char *key, *words;
};

static const struct config_setting *any_of_section(const struct building *building,
						   const char *section)
{
	static const struct config_setting nowhere = { 0 };

	for (size_t i = 0; i < building->settings->count; i++)
		if (building->settings->items[i].file &&
		    strcmp(building->settings->items[i].section, section) == 0)
			return &building->settings->items[i];
	return &nowhere;
}

static void check_demands(const struct building *building, const char *section,
			  const struct demand *demands, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (demands[i].is_met)
			continue;
		const struct config_setting *where = setting_of(building, section, demands[i].key);
		if (!where->file)
			where = any_of_section(building, section);
		problem_add(building->problems, where, "[%s] %s", section, demands[i].words);
	}
}

static void check_upstream(const struct building *building, const struct config_upstream *upstream)
{
	char section[SECTION_MAX];
	const struct demand demands[] = {
		{ upstream->url, "url", "needs url, the server to ask" },
		{ upstream->anchors, "anchors",
		  "needs anchors, the CA certificates that the server is known by" },
		{ !upstream->certificate == !upstream->private_key, "certificate",
		  "needs certificate and private_key, or neither" },
		{ !upstream->user == !upstream->passphrase_file, "user",
		  "needs user and passphrase_file, or neither" },
		{ upstream->certificate || upstream->user, "certificate",
		  "needs certificate and private_key, or user and passphrase_file: nobody lets a "
		  "stranger speak for devices" },
	};

	snprintf(section, sizeof section, "upstream %s", upstream->name);
	check_demands(building, section, demands, ARRAY_LEN(demands));
}

static bool has_upstream(const struct config *config, const char *name)
{
	for (size_t i = 0; name && i < config->upstream_count; i++)
		if (strcmp(config->upstreams[i].name, name) == 0)
			return true;
	return false;
}

static bool label_is_taken(const struct config *config, size_t before, const char *label)
{
	for (size_t i = 0; i < before; i++)
		for (size_t j = 0; j < config->profiles[i].labels.count; j++)
			if (strcmp(config->profiles[i].labels.texts[j], label) == 0)
				return true;
	return false;
}

static bool labels_are_free(const struct config *config, size_t index)
{
	const struct config_labels *labels = &config->profiles[index].labels;

	for (size_t i = 0; i < labels->count; i++) {
		if (label_is_taken(config, index, labels->texts[i]))
			return false;
		for (size_t j = 0; j < i; j++)
			if (strcmp(labels->texts[i], labels->texts[j]) == 0)
				return false;
	}
	return true;
}

static bool is_only_default(const struct config *config, size_t index)
{
	for (size_t i = 0; config->profiles[index].is_default && i < index; i++)
		if (config->profiles[i].is_default)
			return false;
	return true;
}

static void check_profile(const struct building *building, size_t index)
{
	const struct config *config = building->config;
	const struct config_profile *profile = &config->profiles[index];
	char section[SECTION_MAX];
	const struct demand demands[] = {
		{ has_upstream(config, profile->upstream), "upstream",
		  "needs upstream, the name of an [upstream NAME]" },
		{ profile->labels.count || profile->is_default, "label",
		  "needs a label, or default = yes" },
		{ labels_are_free(config, index), "label", "has a label that is listed twice" },
		{ is_only_default(config, index), "default",
		  "is the second profile with default = yes" },
		{ profile->allow.count, "allow",
		  "needs allow, the addresses that devices come from; 0.0.0.0/0 and ::/0 are all" },
		{ profile->auth == CONFIG_AUTH_PASSPHRASE || profile->client_anchors,
		  "client_anchors", "needs client_anchors, who issues the devices' certificates" },
		{ profile->auth == CONFIG_AUTH_CERTIFICATE || profile->passphrase_file,
		  "passphrase_file", "needs passphrase_file" },
	};

	snprintf(section, sizeof section, "profile %s", profile->name);
	check_demands(building, section, demands, ARRAY_LEN(demands));
}

/* A proxy that asks itself would never answer. A name that leads here is found by the Via field. */
static bool is_own_address(const struct config *config, const char *url)
{
	for (size_t i = 0; url && i < config->listener_count; i++)
		for (size_t j = 0; j < config->listeners[i].listen_count; j++) {
			const char *own = config->listeners[i].listens[j].text;
			const char *host = url + strlen("https://");
			size_t len = strlen(own);

			if (strncmp(host, own, len) == 0 && (host[len] == '\0' || host[len] == '/'))
				return true;
		}
	return false;
}

static void check_loop(const struct building *building, const struct config_upstream *upstream)
{
	char section[SECTION_MAX];

	snprintf(section, sizeof section, "upstream %s", upstream->name);
	if (is_own_address(building->config, upstream->url))
		problem_add(building->problems, setting_of(building, section, "url"),
			    "%s is this proxy's own address", upstream->url);
}

void build_check_ra(const struct building *building)
{
	const struct config *config = building->config;

	/* what could not be read would only be missed again */
	if (building->problems->count)
		return;
	if (!config->est.certificate)
		problem_add(building->problems, setting_of(building, "est", "certificate"),
			    "[est] needs certificate and private_key: a proxy makes no identity");
	if (!config->profile_count)
		problem_add(building->problems, &(struct config_setting){ 0 },
			    "there is no [profile NAME], so nobody could ask for anything");
	for (size_t i = 0; i < config->upstream_count; i++) {
		check_upstream(building, &config->upstreams[i]);
		check_loop(building, &config->upstreams[i]);
	}
	for (size_t i = 0; i < config->profile_count; i++)
		check_profile(building, i);
}
