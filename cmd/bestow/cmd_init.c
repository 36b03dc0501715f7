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
	if (!write_file(options, path, &err))
		return fail_here(options, &err);
	return say_result(options, json_pack("{s:s, s:s}", "identity", options->name, "file", path),
			  "%s written. Next: bestow doctor %s, then bestow enroll %s", path,
			  options->name, options->name);
}
