/* Where the node listens for bestowctl. */
#pragma once

#include "base/error.h"
#include "bestowctl/command.h"

#define CONFIG_PATH_DEFAULT "/etc/bestowd/bestowd.conf"
#define SOCKET_PATH_DEFAULT "/run/bestowd/admin.sock"

/* --socket, else [node] socket of the configuration named by --config or BESTOW_CONFIG or of the
 * default one, else the default socket. *ret is the caller's. A configuration that was named and
 * cannot be read fails; a missing default one does not. */
MUST_CHECK bool socket_path_find(const struct global_options *global, char **ret,
				 struct error *err);
