#include "config/build.h"

#include <ctype.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "config/build_ra.h"

/* -- where a value belongs -- */

/* Sections with a listener of their own kind. No name that could be given holds a bracket. */
static const struct {
	const char *section, *name;
	enum listener_kind kind;
} own_listeners[] = {
	{ "va", "[va]", LISTENER_VA },
	{ "admin", "[admin]", LISTENER_ADMIN },
	{ "metrics", "[metrics]", LISTENER_METRICS },
};

static const char *listener_name(const char *section)
{
	for (size_t i = 0; i < ARRAY_LEN(own_listeners); i++)
		if (strcmp(section, own_listeners[i].section) == 0)
			return own_listeners[i].name;
	return section_is_listener(section) ? strchr(section, ' ') + 1 : "";
}

static enum listener_kind kind_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(own_listeners); i++)
		if (strcmp(name, own_listeners[i].name) == 0)
			return own_listeners[i].kind;
	return LISTENER_EST;
}

static bool add_listener(struct config *config, const char *name, struct error *err)
{
	if (kind_of(name) == LISTENER_EST && !section_name_check(name, err))
		return false;
	if (config->listener_count == CONFIG_LISTENERS_MAX)
		return error_set(err, REASON_CONFIG, "more than %d listeners",
				 CONFIG_LISTENERS_MAX);
	struct config_listener *grown =
		reallocarray(config->listeners, config->listener_count + 1, sizeof *grown);
	if (!grown)
		return error_set(err, REASON_NO_MEMORY, "configuration");
	config->listeners = grown;
	char *copy = strdup(name);
	if (!copy)
		return error_set(err, REASON_NO_MEMORY, "configuration");
	config->listeners[config->listener_count++] = (struct config_listener){
		.name = copy,
		.kind = kind_of(name),
	};
	return true;
}

static bool find_listener(struct config *config, const char *section, struct config_listener **ret,
			  struct error *err)
{
	const char *name = listener_name(section);

	for (size_t i = 0; i < config->listener_count; i++) {
		*ret = &config->listeners[i];
		if (strcmp((*ret)->name, name) == 0)
			return true;
	}
	if (!add_listener(config, name, err))
		return false;
	*ret = &config->listeners[config->listener_count - 1];
	return true;
}

static bool find_home(struct config *config, const struct config_setting *setting, void **ret,
		      struct error *err)
{
	struct config_listener *listener = NULL;

	switch (setting->key->home) {
	case HOME_UPSTREAM:
		return build_find_upstream(config, section_name(HOME_UPSTREAM, setting->section),
					   ret, err);
	case HOME_PROFILE:
		return build_find_profile(config, section_name(HOME_PROFILE, setting->section), ret,
					  err);
	case HOME_NODE:
	case HOME_AUTHORITY:
	case HOME_PROXY:
		*ret = &config->node;
		return true;
	case HOME_EST:
		*ret = &config->est;
		return true;
	case HOME_VA:
		*ret = &config->va;
		return true;
	case HOME_ADMIN:
		*ret = &config->admin;
		return true;
	case HOME_TOKEN:
		*ret = &config->token;
		return true;
	case HOME_LISTENER:
		if (!find_listener(config, setting->section, &listener, err))
			return false;
		*ret = listener;
		return true;
	}
	return false;
}

/* -- values -- */

static bool apply(const struct building *building, const struct config_setting *setting,
		  struct error *err)
{
	const char *file = setting->file ? setting->file : building->path;
	char path[PATH_MAX];
	void *home;

	snprintf(path, sizeof path, "%s", file);
	const struct value value = {
		.rule = &setting->key->rule,
		.text = setting->text,
		.folder = dirname(path),
	};
	if (!find_home(building->config, setting, &home, err))
		return false;
	return setting->key->parse(&value, (char *)home + setting->key->offset, err);
}

static void apply_all(const struct building *building)
{
	for (size_t i = 0; i < building->settings->count; i++) {
		const struct config_setting *setting = &building->settings->items[i];
		struct error err;

		if (!apply(building, setting, &err))
			problem_add(building->problems, setting, "%s", err.detail);
	}
}

static void add_default(const struct building *building, const struct key *key, const char *section,
			const char *text)
{
	const struct config_setting setting = {
		.key = key,
		.section = (char *)(uintptr_t)section,
		.text = (char *)(uintptr_t)text,
	};
	struct error err;

	if (text && !settings_add(building->settings, &setting, &err))
		problem_add(building->problems, &setting, "%s", err.detail);
}

/* What a section that may be there many times does not say. */
static void add_defaults_of_named(const struct building *building, const struct key *key)
{
	struct settings *settings = building->settings;

	for (size_t i = 0, count = settings->count; i < count; i++) {
		const char *section = settings->items[i].section;

		if (section_name(key->home, section) && !settings_find(settings, section, key))
			add_default(building, key, section, key->fallback);
	}
}

/* Further listeners have no defaults: without addresses of their own they would be [est]'s twins.
 */
static void add_defaults(const struct building *building)
{
	for (size_t i = 0; i < key_count; i++) {
		const char *section = key_section(&keys[i]);

		if (!key_is_of(building->settings->dialect, &keys[i]))
			continue;
		if (!key_has_defaults(&keys[i])) {
			add_defaults_of_named(building, &keys[i]);
			continue;
		}
		if (settings_find(building->settings, section, &keys[i]))
			continue;
		add_default(building, &keys[i], section, keys[i].fallback);
		add_default(building, &keys[i], section, keys[i].also);
	}
}

/* -- what must fit together -- */

const struct config_setting *setting_of(const struct building *building, const char *section,
					const char *name)
{
	static const struct config_setting nowhere = { 0 };
	const struct config_setting *setting = settings_find(
		building->settings, section, key_find(building->settings->dialect, section, name));

	return setting ? setting : &nowhere;
}

static void check_identity(const struct building *building)
{
	const struct config_est *est = &building->config->est;

	if (est->certificate && !est->private_key)
		problem_add(building->problems, setting_of(building, "est", "certificate"),
			    "is a file, so private_key must be one");
	if (est->private_key && !est->certificate)
		problem_add(building->problems, setting_of(building, "est", "private_key"),
			    "is a file, so certificate must be one");
}

static void check_token(const struct building *building)
{
	const struct config_token *token = &building->config->token;

	if (token->module && !token->label)
		problem_add(building->problems, setting_of(building, "token", "module"),
			    "needs label, the token's name: slots get other numbers");
	if (token->module && !token->pin_file)
		problem_add(building->problems, setting_of(building, "token", "module"),
			    "needs pin_file");
	if (!token->module && (token->label || token->pin_file || token->network))
		problem_add(building->problems, setting_of(building, "token", "label"),
			    "has no effect without module");
}

static void section_of(const struct config_listener *listener, char *into, size_t size)
{
	for (size_t i = 0; i < ARRAY_LEN(own_listeners); i++)
		if (listener->kind == own_listeners[i].kind) {
			snprintf(into, size, "%s", own_listeners[i].section);
			return;
		}
	snprintf(into, size, "%s%s", *listener->name ? "listener " : "est", listener->name);
}

static void check_listener(const struct building *building, const struct config_listener *listener)
{
	char section[SECTION_NAME_MAX + 16];

	section_of(listener, section, sizeof section);
	const struct config_setting *proxy_protocol =
		setting_of(building, section, "proxy_protocol");
	const struct config_setting *header = setting_of(building, section, "forwarded_header");
	const struct config_setting *trusted = setting_of(building, section, "trusted_proxies");
	bool by_field = listener->forwarded_header != CONFIG_FORWARDED_NONE;
	if (!listener->listen_count && !building->problems->count)
		problem_add(building->problems, proxy_protocol->key ? proxy_protocol : trusted,
			    "[%s] has no listen", section);
	if (listener->proxy_protocol && !listener->trusted_proxies.count)
		problem_add(building->problems, proxy_protocol,
			    "needs trusted_proxies: whoever may speak for others is named");
	if (by_field && !listener->trusted_proxies.count)
		problem_add(building->problems, header,
			    "needs trusted_proxies: anybody can write such a field");
	if (by_field && listener->proxy_protocol)
		problem_add(
			building->problems, header,
			"cannot stand beside proxy_protocol = yes: one of them names the client");
	if (!listener->proxy_protocol && !by_field && listener->trusted_proxies.count)
		problem_add(building->problems, trusted,
			    "has no effect without proxy_protocol = yes or forwarded_header");
}

static bool listens_on(const struct config *config, size_t listeners, size_t listens,
		       const char *text)
{
	for (size_t i = 0; i <= listeners; i++) {
		const struct config_listener *listener = &config->listeners[i];
		size_t count = i == listeners ? listens : listener->listen_count;
		for (size_t j = 0; j < count; j++)
			if (strcmp(listener->listens[j].text, text) == 0)
				return true;
	}
	return false;
}

static void check_twins(const struct building *building)
{
	const struct config *config = building->config;
	char section[SECTION_NAME_MAX + 16];

	for (size_t i = 0; i < config->listener_count; i++) {
		section_of(&config->listeners[i], section, sizeof section);
		for (size_t j = 0; j < config->listeners[i].listen_count; j++) {
			const char *text = config->listeners[i].listens[j].text;
			if (listens_on(config, i, j, text))
				problem_add(building->problems,
					    setting_of(building, section, "listen"),
					    "%s is listed twice", text);
		}
	}
}

void config_build(struct settings *settings, const char *path, struct config *config,
		  struct config_problems *problems)
{
	const struct building building = { settings, path, config, problems };
	struct error err;

	/* [est]'s own listener comes first, whatever stands first in the file */
	if (!add_listener(config, "", &err)) {
		problem_add(problems, &(struct config_setting){ 0 }, "%s", err.detail);
		return;
	}
	add_defaults(&building);
	config->listeners[0].listens_by_default = !setting_of(&building, "est", "listen")->file;
	apply_all(&building);
	check_identity(&building);
	check_token(&building);
	for (size_t i = 0; i < config->listener_count; i++)
		check_listener(&building, &config->listeners[i]);
	check_twins(&building);
	if (config->dialect == CONFIG_RA)
		build_check_ra(&building);
}
