#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "bestow/command.h"
#include "bestow/identity.h"
#include "bestow/say.h"
#include "bestow/session.h"

#define FILE_HEAD "# An identity of bestow; bestow-agent(5) explains the keys.\n\n"

static bool make_folder(const struct options *options, struct error *err)
{
	const char *folder = options->config_dir ? options->config_dir : CONFIG_DIR_DEFAULT;

	return mkdir(folder, 0755) == 0 || errno == EEXIST ||
	       error_set(err, REASON_FILE, "%s: %s", folder, strerror(errno));
}

/* -- paths: the agent runs in another folder than the one where they were typed -- */

static bool is_one_of(const char *text, const char *const words[])
{
	for (size_t i = 0; words[i]; i++)
		if (strcmp(words[i], text) == 0)
			return true;
	return false;
}

/* Neither the system's anchors, nor a descriptor, nor a key's URI or kind. */
static bool is_path(const struct options *options, const struct option *row, const char *text)
{
	static const char *const paths[] = { "FILE", "DIR", NULL };
	static const char *const keys[] = { "KEY", "KIND", NULL };
	static const char *const others[] = { "system", "-", NULL };

	if (is_one_of(text, others) || strncmp(text, "fd:", 3) == 0)
		return false;
	if (text == options->new_key && !session_keeps_key(options))
		return false;
	return is_one_of(row->placeholder, paths) ||
	       (is_one_of(row->placeholder, keys) && access(text, F_OK) == 0);
}

static bool begin_at_root(struct options *options, const struct option *row, struct error *err)
{
	CLEANUP(buffer_done) struct buffer path = { 0 };
	char folder[PATH_MAX];

	if (!getcwd(folder, sizeof folder))
		return error_set(err, REASON_FILE, "this folder: %s", strerror(errno));
	buffer_printf(&path, "%s/%s", folder, option_text(options, row));
	return (buffer_cstring(&path) && option_replace(options, row, (char *)path.data)) ||
	       error_set(err, REASON_NO_MEMORY, "path");
}

static bool fix_paths(struct options *options, struct error *err)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option *row = &option_rows[i];
		const char *text = row->section ? option_text(options, row) : NULL;

		if (text && *text != '/' && is_path(options, row, text) &&
		    !begin_at_root(options, row, err))
			return false;
	}
	return true;
}

/* -- the file -- */

static bool write_file(const struct options *options, const char *path, struct error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };

	if (access(path, F_OK) == 0 && !options->force)
		return error_set(err, REASON_CONFLICT, "%s is there; --force replaces it", path);
	buffer_append_text(&text, FILE_HEAD);
	options_print(options, &text);
	if (!buffer_ok(&text))
		return error_set(err, REASON_NO_MEMORY, "file");
	return file_save(path, buffer_view(&text), 0644, err);
}

/* What can be found wrong before anything is asked. */
static bool try_options(const struct options *options, struct bestow_error *err)
{
	const struct memory memory = { 0 };
	struct session session = { 0 };
	bool sound = session_open(options, &memory, &session, err);

	session_close(&session);
	return sound;
}

int cmd_init(struct options *options)
{
	char path[PATH_MAX];
	struct error err = { 0 };
	struct bestow_error why = { 0 };

	if (!options->name || !options->url)
		return fail_usage("init needs a NAME and --url; bestow init --help shows how");
	if (!options->ca && !options->fingerprint)
		return fail_usage(
			"init needs --ca FILE, --ca system or --fingerprint: whom to trust");
	if (!identity_config_path(options, path, &err) || !make_folder(options, &err))
		return fail_here(options, &err);
	if (!try_options(options, &why))
		return fail_client(options, &why);
	if (!fix_paths(options, &err) || !write_file(options, path, &err))
		return fail_here(options, &err);
	return say_result(options, json_pack("{s:s, s:s}", "identity", options->name, "file", path),
			  "%s written. Next: bestow doctor %s, then bestow enroll %s", path,
			  options->name, options->name);
}
