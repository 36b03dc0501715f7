#include "bestowctl/socket_path.h"

#include <string.h>
#include <unistd.h>

#include "config/config.h"

static bool keep(const char *path, char **ret, struct error *err)
{
	*ret = strdup(path);
	return *ret || error_set(err, REASON_NO_MEMORY, "socket path");
}

/* As the node itself reads it, conf.d and relative paths included. */
static bool read_config(const char *path, char **ret, struct error *err)
{
	CLEANUP(config_freep) struct config *config = NULL;
	CLEANUP(config_problems_done) struct config_problems problems = { 0 };

	return config_load(CONFIG_BESTOWD, path, &config, &problems, err) &&
	       keep(config->node.socket, ret, err);
}

bool socket_path_find(const struct global_options *global, char **ret, struct error *err)
{
	const char *config = global->config ? global->config : getenv("BESTOW_CONFIG");

	if (global->socket)
		return keep(global->socket, ret, err);
	if (config)
		return read_config(config, ret, err);
	if (access(CONFIG_PATH_DEFAULT, R_OK) == 0)
		return read_config(CONFIG_PATH_DEFAULT, ret, err);
	return keep(SOCKET_PATH_DEFAULT, ret, err);
}
