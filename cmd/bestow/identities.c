#include "bestow/identities.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "bestow/say.h"

#define SUFFIX ".conf"

static int is_identity(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > strlen(SUFFIX) &&
	       len - strlen(SUFFIX) <= IDENTITY_NAME_MAX &&
	       strcmp(entry->d_name + len - strlen(SUFFIX), SUFFIX) == 0;
}

static bool copy_common(const struct options *common, const char *file, struct options *ret)
{
	*ret = (struct options){ .json = common->json, .quiet = common->quiet };
	ret->name = strndup(file, strlen(file) - strlen(SUFFIX));
	ret->config_dir = common->config_dir ? strdup(common->config_dir) : NULL;
	ret->state_dir = common->state_dir ? strdup(common->state_dir) : NULL;
	return ret->name && (ret->config_dir || !common->config_dir) &&
	       (ret->state_dir || !common->state_dir);
}

static void use_one(const struct options *common, const char *file,
		    int (*use)(struct options *options, void *context), void *context)
{
	CLEANUP(options_done) struct options options;
	struct error err = { 0 };

	if (!copy_common(common, file, &options))
		return;
	if (!options_load(&options, &err))
		fail_here(&options, &err);
	else
		use(&options, context);
}

bool identities_each(const struct options *common,
		     int (*use)(struct options *options, void *context), void *context,
		     struct error *err)
{
	const char *folder = common->config_dir ? common->config_dir : CONFIG_DIR_DEFAULT;
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_identity, alphasort);

	if (count < 0)
		return error_set(err, REASON_FILE, "%s: %s", folder, strerror(errno));
	for (int i = 0; i < count; i++) {
		if (i < IDENTITIES_MAX)
			use_one(common, entries[i]->d_name, use, context);
		free(entries[i]);
	}
	free(entries);
	/* those that nobody renews must not go unnoticed */
	return count <= IDENTITIES_MAX ||
	       error_set(err, REASON_CONFIG,
			 "%s: %d identities, and one agent keeps %d: use several folders", folder,
			 count, IDENTITIES_MAX);
}
