#include "node/user.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool user_find(const struct config *config, struct lockdown_options *ret, struct error *err)
{
	struct lockdown_options options = {
		.uid = geteuid(),
		.gid = getegid(),
		.required = config->node.require_lockdown,
	};

	if (!config->node.user) {
		*ret = options;
		return true;
	}
	const struct passwd *user = getpwnam(config->node.user);
	if (!user)
		return error_set(err, REASON_CONFIG, "user: there is no user %s",
				 config->node.user);
	if (user->pw_uid != options.uid && options.uid != 0)
		return error_set(err, REASON_CONFIG,
				 "user: only root can become %s; start as root, or as %s",
				 config->node.user, config->node.user);
	options.switch_user = user->pw_uid != options.uid;
	options.uid = user->pw_uid;
	options.gid = options.switch_user ? user->pw_gid : options.gid;
	*ret = options;
	return true;
}

static bool check_state_dir(const char *path, struct error *err)
{
	struct stat folder;

	if (!path)
		return true;
	if (stat(path, &folder) != 0)
		return error_set(err, REASON_FILE, "state_dir %s: %s%s", path, strerror(errno),
				 errno == ENOENT ? "; make it: install -d -m 0700 -o USER PATH"
						 : "");
	if (!S_ISDIR(folder.st_mode))
		return error_set(err, REASON_FILE, "state_dir %s: is not a folder", path);
	return true;
}

static bool check_readable(const char *key, const char *path, struct error *err)
{
	if (path && strcmp(path, SECRET_PROMPT) != 0 && access(path, R_OK) != 0)
		return error_set(err, REASON_FILE, "%s %s: %s", key, path, strerror(errno));
	return true;
}

static bool check_upstreams(const struct config *config, struct error *err)
{
	for (size_t i = 0; i < config->upstream_count; i++) {
		const struct config_upstream *upstream = &config->upstreams[i];

		if (!check_readable("anchors", upstream->anchors, err) ||
		    !check_readable("certificate", upstream->certificate, err) ||
		    !check_readable("private_key", upstream->private_key, err) ||
		    !check_readable("passphrase_file", upstream->passphrase_file, err))
			return false;
	}
	return true;
}

static bool check_profiles(const struct config *config, struct error *err)
{
	for (size_t i = 0; i < config->profile_count; i++) {
		const struct config_profile *profile = &config->profiles[i];

		if (!check_readable("client_anchors", profile->client_anchors, err) ||
		    !check_readable("passphrase_file", profile->passphrase_file, err))
			return false;
	}
	return true;
}

bool preflight(const struct config *config, struct error *err)
{
	struct lockdown_options ignored;

	return user_find(config, &ignored, err) && check_state_dir(config->node.state_dir, err) &&
	       check_readable("key_passphrase_file", config->node.key_passphrase_file, err) &&
	       check_readable("pin_file", config->token.pin_file, err) &&
	       check_readable("certificate", config->est.certificate, err) &&
	       check_readable("private_key", config->est.private_key, err) &&
	       check_upstreams(config, err) && check_profiles(config, err);
}
