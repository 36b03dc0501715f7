#include "config/config.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "config/build.h"

/* -- reading -- */

static void read_file(const char *path, struct settings *settings, struct config_problems *problems)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	const struct config_setting where = { .file = (char *)(uintptr_t)path };
	struct error err;

	if (file_load(path, CONFIG_FILE_MAX, &text, &err))
		settings_read(path, buffer_view(&text), settings, problems);
	else
		problem_add(problems, &where, "%s", err.detail);
}

static int is_config_file(const struct dirent *entry)
{
	const char *ending = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && ending && strcmp(ending, ".conf") == 0;
}

static void read_folder(const char *path, struct settings *settings,
			struct config_problems *problems)
{
	char copy[PATH_MAX], folder[PATH_MAX + 8], file[2 * PATH_MAX];
	struct dirent **entries = NULL;

	snprintf(copy, sizeof copy, "%s", path);
	snprintf(folder, sizeof folder, "%s/conf.d", dirname(copy));
	int count = scandir(folder, &entries, is_config_file, alphasort);
	if (count < 0 && errno != ENOENT && errno != ENOTDIR)
		problem_add(problems, &(struct config_setting){ .file = folder }, "%s",
			    strerror(errno));
	for (int i = 0; i < count; i++) {
		snprintf(file, sizeof file, "%s/%s", folder, entries[i]->d_name);
		read_file(file, settings, problems);
		free(entries[i]);
	}
	free(entries);
}

static bool refuse(const struct config_problems *problems, struct error *err)
{
	const struct config_problem *first = problems->items;

	if (!problems->count)
		return error_set(err, REASON_NO_MEMORY, "configuration");
	return error_set(err, REASON_CONFIG, "%s:%u: %s%s%s", first->file ? first->file : "?",
			 first->line, first->key, first->key[0] ? ": " : "", first->words);
}

static bool finish(const char *path, struct settings *settings, struct config **ret,
		   struct config_problems *problems, struct error *err)
{
	CLEANUP(config_freep) struct config *config = calloc(1, sizeof *config);

	if (!config)
		return error_set(err, REASON_NO_MEMORY, "configuration");
	config->dialect = settings->dialect;
	config_build(settings, path, config, problems);
	if (problems->count || problems->more)
		return refuse(problems, err);
	config->settings = TAKE(settings->items);
	config->setting_count = settings->count;
	settings->count = 0;
	*ret = TAKE(config);
	return true;
}

bool config_load(enum config_dialect dialect, const char *path, struct config **ret,
		 struct config_problems *problems, struct error *err)
{
	CLEANUP(settings_done) struct settings settings = { .dialect = dialect };
	char absolute[PATH_MAX];

	/* what is read again later must not depend on where we stand then */
	if (!realpath(path, absolute))
		snprintf(absolute, sizeof absolute, "%s", path);
	read_file(absolute, &settings, problems);
	read_folder(absolute, &settings, problems);
	return finish(absolute, &settings, ret, problems, err);
}

bool config_parse(enum config_dialect dialect, const char *path, struct bytes text,
		  struct config **ret, struct config_problems *problems, struct error *err)
{
	CLEANUP(settings_done) struct settings settings = { .dialect = dialect };

	settings_read(path, text, &settings, problems);
	return finish(path, &settings, ret, problems, err);
}

/* -- releasing -- */

static void listener_done(struct config_listener *listener)
{
	free(listener->name);
	free(listener->listens);
	address_set_done(&listener->trusted_proxies);
}

static void upstream_done(struct config_upstream *upstream)
{
	free(upstream->name);
	free(upstream->url);
	free(upstream->anchors);
	free(upstream->certificate);
	free(upstream->private_key);
	free(upstream->user);
	free(upstream->passphrase_file);
}

static void profile_done(struct config_profile *profile)
{
	free(profile->name);
	free(profile->upstream);
	free(profile->upstream_label);
	free(profile->client_anchors);
	free(profile->passphrase_file);
	address_set_done(&profile->allow);
	for (size_t i = 0; i < profile->labels.count; i++)
		free(profile->labels.texts[i]);
}

void config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->upstream_count; i++)
		upstream_done(&config->upstreams[i]);
	for (size_t i = 0; i < config->profile_count; i++)
		profile_done(&config->profiles[i]);
	free(config->upstreams);
	free(config->profiles);
	struct settings settings = { config->settings, config->setting_count, config->dialect };
	settings_done(&settings);
	for (size_t i = 0; i < config->listener_count; i++)
		listener_done(&config->listeners[i]);
	free(config->listeners);
	free(config->node.state_dir);
	free(config->node.socket);
	free(config->node.key_passphrase_file);
	free(config->token.module);
	free(config->token.label);
	free(config->token.pin_file);
	free(config->node.user);
	free(config->node.est_url);
	free(config->va.url);
	free(config->admin.url);
	free(config->est.certificate);
	free(config->est.private_key);
	free(config->est.base_path);
	free(config);
}

/* -- printing -- */

static void print_setting(const struct config_setting *setting, struct buffer *to)
{
	buffer_printf(to, "%s = %s", setting->key->name, setting->text);
	if (setting->file)
		buffer_printf(to, "  ; %s:%u\n", setting->file, setting->line);
	else
		buffer_append_text(to, "  ; default\n");
}

static void print_section(const struct config *config, const char *section, struct buffer *to)
{
	bool begun = false;

	for (size_t i = 0; i < key_count; i++)
		for (size_t j = 0; j < config->setting_count; j++) {
			const struct config_setting *setting = &config->settings[j];
			if (setting->key != &keys[i] || strcmp(setting->section, section) != 0)
				continue;
			if (!begun)
				buffer_printf(to, "%s[%s]\n", to->len ? "\n" : "", section);
			begun = true;
			print_setting(setting, to);
		}
}

static void print_named(const struct config *config, const char *kind, const char *name,
			struct buffer *to)
{
	CLEANUP(buffer_done) struct buffer section = { 0 };

	buffer_printf(&section, "%s %s", kind, name);
	const char *text = buffer_cstring(&section);
	if (text)
		print_section(config, text, to);
}

void config_print(const struct config *config, struct buffer *to)
{
	static const char *const sections[] = { "node", "est", "va", "admin", "metrics", "token" };

	for (size_t i = 0; i < ARRAY_LEN(sections); i++)
		print_section(config, sections[i], to);
	for (size_t i = 1; i < config->listener_count; i++)
		if (config->listeners[i].kind == LISTENER_EST)
			print_named(config, "listener", config->listeners[i].name, to);
	for (size_t i = 0; i < config->upstream_count; i++)
		print_named(config, "upstream", config->upstreams[i].name, to);
	for (size_t i = 0; i < config->profile_count; i++)
		print_named(config, "profile", config->profiles[i].name, to);
}
