#include "config/setting.h"

#include <string.h>

#include "config/ini_reader.h"

static void setting_done(struct config_setting *setting)
{
	free(setting->section);
	free(setting->text);
	free(setting->file);
}

bool settings_add(struct settings *settings, const struct config_setting *borrowed,
		  struct error *err)
{
	struct config_setting setting = *borrowed;

	if (settings->count == SETTINGS_MAX)
		return error_set(err, REASON_CONFIG, "more than %d settings", SETTINGS_MAX);
	struct config_setting *grown =
		reallocarray(settings->items, settings->count + 1, sizeof *grown);
	if (!grown)
		return error_set(err, REASON_NO_MEMORY, "configuration");
	settings->items = grown;
	setting.section = strdup(borrowed->section);
	setting.text = strdup(borrowed->text);
	setting.file = borrowed->file ? strdup(borrowed->file) : NULL;
	if (!setting.section || !setting.text || (borrowed->file && !setting.file)) {
		setting_done(&setting);
		return error_set(err, REASON_NO_MEMORY, "configuration");
	}
	settings->items[settings->count++] = setting;
	return true;
}

struct config_setting *settings_find(const struct settings *settings, const char *section,
				     const struct key *key)
{
	for (size_t i = 0; i < settings->count; i++)
		if (settings->items[i].key == key &&
		    strcmp(settings->items[i].section, section) == 0)
			return &settings->items[i];
	return NULL;
}

void settings_done(struct settings *settings)
{
	for (size_t i = 0; i < settings->count; i++)
		setting_done(&settings->items[i]);
	free(settings->items);
	*settings = (struct settings){ .dialect = settings->dialect };
}

struct reading {
	const char *file;
	struct settings *settings;
	struct config_problems *problems;
};

static void override(const struct reading *reading, struct config_setting *earlier,
		     const struct config_setting *setting)
{
	if (strcmp(earlier->file, setting->file) == 0) {
		problem_add(reading->problems, setting, "is already set in line %u", earlier->line);
		return;
	}
	char *text = strdup(setting->text), *file = strdup(setting->file);
	if (!text || !file) {
		problem_add(reading->problems, setting, "memory is out");
		free(text);
		free(file);
		return;
	}
	free(earlier->text);
	free(earlier->file);
	earlier->text = text;
	earlier->file = file;
	earlier->line = setting->line;
	earlier->column = setting->column;
}

static void refuse_unknown(const struct reading *reading, const struct config_setting *where,
			   const char *section, const char *name)
{
	enum config_dialect dialect = reading->settings->dialect;
	struct config_setting named = *where;
	char suggestion[96];

	named.text = (char *)(uintptr_t)name;
	if (!*section) {
		problem_add(reading->problems, &named, "stands before the first [section]");
		return;
	}
	if (!section_exists(dialect, section)) {
		problem_add(reading->problems, &named, "stands in [%s]; there are %s", section,
			    sections_text(dialect));
		return;
	}
	key_suggest(dialect, section, name, suggestion, sizeof suggestion);
	problem_add(reading->problems, &named, "there is no such key in [%s]%s", section,
		    suggestion);
}

static void on_value(void *context, const struct ini_place *place, const char *section,
		     const char *name, const char *text)
{
	const struct reading *reading = context;
	const struct key *key = key_find(reading->settings->dialect, section, name);
	struct config_setting setting = {
		.key = key,
		.section = (char *)(uintptr_t)section,
		.text = (char *)(uintptr_t)text,
		.file = (char *)(uintptr_t)reading->file,
		.line = place->line,
		.column = key ? place->value_column : place->key_column,
	};
	struct config_setting *earlier =
		key && !key->repeatable ? settings_find(reading->settings, section, key) : NULL;
	struct error err;

	if (!key)
		refuse_unknown(reading, &setting, section, name);
	else if (earlier)
		override(reading, earlier, &setting);
	else if (!settings_add(reading->settings, &setting, &err))
		problem_add(reading->problems, &setting, "%s", err.detail);
}

static void on_problem(void *context, const struct ini_place *place, const char *words)
{
	const struct reading *reading = context;
	const struct config_setting where = {
		.file = (char *)(uintptr_t)reading->file,
		.line = place->line,
		.column = place->key_column,
	};

	problem_add(reading->problems, &where, "%s", words);
}

void settings_read(const char *file, struct bytes text, struct settings *settings,
		   struct config_problems *problems)
{
	struct reading reading = { .file = file, .settings = settings, .problems = problems };
	const struct ini_reader reader = {
		.context = &reading,
		.on_value = on_value,
		.on_problem = on_problem,
	};

	ini_read(text, &reader);
}
